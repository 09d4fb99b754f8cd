"""What stands outside one run: the fault proxy on its wires, and a witness who sees what really happened.

A process of its own, so that guard and run, forked later, inherit no end of its connections.
"""

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from selectors import EVENT_READ
from typing import Any

from tests.doors import opened
from tests.faults.fault import Fault
from tests.faults.proxy import Proxy

LOOK_SECONDS = 0.02  # wall time between looks at what feeds the unit
WATCHDOG_WALL_SECONDS = 5.0  # the watchdog's 2 s of bench time, on a loaded machine


@dataclass(slots=True)
class Testimony:
    """What was seen from outside; times are monotonic wall time, None for what never happened.

    `told` is every line that the run acknowledged; `broken_at` when it first told of a test that ended broken;
    `fed_at` when something last fed the unit after the strike.
    """

    __test__ = False

    chunks: dict[str, dict[str, int]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    struck_at: float | None = None
    broken_at: float | None = None
    fed_at: float | None = None
    left_energised: bool = False


class Outside:
    """Started for one run with the twin's addresses; `addresses` are those that lead through the proxy."""

    def __init__(self, addresses: dict[str, str], told: Path, fault: tuple[str, Fault] | None) -> None:
        order_read, self._order = os.pipe()
        self._said, say = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            try:
                os.close(self._order)
                os.close(self._said)
                with os.fdopen(say, "w") as out:
                    _Witness(addresses, told, fault, order_read).serve(out)
                status = 0
            finally:
                os._exit(status)
        os.close(order_read)
        os.close(say)
        self._lines = os.fdopen(self._said)
        self.addresses: dict[str, str] = json.loads(self._lines.readline())

    def testify(self) -> Testimony:
        """Let it look until nothing feeds the unit any more, and end it."""
        os.close(self._order)
        found = json.loads(self._lines.readline())
        self._lines.close()
        os.waitpid(self._pid, 0)
        return Testimony(**found)


class _Witness:
    def __init__(self, addresses: dict[str, str], told: Path, fault: tuple[str, Fault] | None, order: int) -> None:
        self._proxy = Proxy(addresses)
        self._fault = None if fault is None else fault[1]
        if fault is not None:
            self._proxy.arm(*fault)
        self._control = opened(addresses)
        self._answers = self._control.makefile("r")
        self._order = order
        self._told = os.open(told, os.O_RDWR | os.O_NONBLOCK)  # a named pipe; writing, too, so that it never ends
        self._text = b""
        self._seen = Testimony()
        self._ending_at: float | None = None
        self._look_at = 0.0
        self._proxy.selector.register(self._order, EVENT_READ, (self._ordered, ""))
        self._proxy.selector.register(self._told, EVENT_READ, (self._hear, ""))
        self._proxy.watch = self._watch

    def serve(self, out: Any) -> None:
        out.write(json.dumps(self._proxy.addresses) + "\n")
        out.flush()
        self._proxy.run()
        self._hear()
        if self._fault is not None and self._fault.struck:
            self._seen.struck_at = self._fault.struck_at
        self._seen.chunks = {role: dict(cable.chunks) for role, cable in self._proxy.cables.items()}
        out.write(json.dumps(asdict(self._seen)) + "\n")
        out.flush()

    def _ordered(self, _: str = "") -> None:
        self._proxy.selector.unregister(self._order)
        self._ending_at = time.monotonic()

    def _hear(self, _: str = "") -> None:
        try:
            while data := os.read(self._told, 65536):
                self._text += data
        except BlockingIOError:
            pass
        *lines, self._text = self._text.split(b"\n")
        for line in lines:
            one = json.loads(line)
            self._seen.told.append(one)
            if one.get("outcome") == "broken" and self._seen.broken_at is None:
                self._seen.broken_at = time.monotonic()

    def _watch(self) -> float | None:
        """Look at what feeds the unit, from the strike on; how soon to look again."""
        now = time.monotonic()
        if self._ending_at is None and not (self._fault is not None and self._fault.struck):
            return None
        if now < self._look_at:
            return self._look_at - now
        self._control.sendall(b'{"op": "state"}\n')
        state = json.loads(self._answers.readline())
        fed = bool(state["contactor"] and (state["battery_on"] or state["charger_on"]))
        now = time.monotonic()
        if fed:
            self._seen.fed_at = now
        if self._ending_at is not None:
            self._seen.left_energised = fed
            if not fed or now - self._ending_at > WATCHDOG_WALL_SECONDS:
                self._proxy.end()
        self._look_at = now + LOOK_SECONDS
        return LOOK_SECONDS
