"""The bench clock: every wait of the rig goes through it.

On a real bench it is wall time (`WallClock`). On the twin it is bench time (`BenchClock`), which moves only while
everybody who takes part waits; the protocol is in docs/reference/bench-clock.md.
"""

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

from rig.errors import ConnectionLost

NANOSECONDS = 1_000_000_000
WALL_LIMIT_SECONDS = 60.0  # a twin that doesn't answer for this long of wall time is gone


class Line(Protocol):
    """A byte stream whose traffic a clock can fence: a serial port with its reader."""

    @property
    def endpoint(self) -> str:
        """What the other end knows it by: the device path, or `socket://host:port`."""
        ...

    @property
    def sent_bytes(self) -> int:
        """How many bytes were written since it was attached."""
        ...

    @property
    def received_bytes(self) -> int:
        """How many bytes its reader has taken since it was attached."""
        ...

    def await_received(self, count: int, wall_seconds: float) -> bool:
        """Block until `received_bytes` has reached count; false when the wall limit passed first."""
        ...


class Clock(Protocol):
    """Time as the bench counts it, in seconds."""

    def now(self) -> float:
        """Seconds since the clock's own start."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that much bench time pass."""
        ...

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        """Wait until the predicate holds, at most that long; false when time ran out.

        The predicate is asked at once, after each arrival of serial data, and each `every` seconds where given.
        """
        ...

    def attach(self, line: Line) -> None:
        """Fence this serial line: call between opening the port and starting its reader."""
        ...

    def detach(self, line: Line) -> None:
        """Forget the line."""
        ...

    def attach_instrument(self, local_port: int) -> None:
        """Say that the TCP session from this local port is ours, so that its waits are our waits."""
        ...

    def instrument_answered(self) -> None:
        """Called after each exchange with an instrument, which may have taken bench time."""
        ...

    def data_arrived(self) -> None:
        """Called by a line's reader thread after each chunk."""
        ...

    def close(self) -> None:
        """Leave; nothing waits for us any more."""
        ...


class WallClock:
    """Bench time on a real bench: the computer's monotonic clock."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._arrival = threading.Condition()

    def now(self) -> float:
        """Seconds since this clock was made."""
        return time.monotonic() - self._start

    def sleep(self, seconds: float) -> None:
        """Sleep in wall time."""
        time.sleep(max(0.0, seconds))  # noqa: TID251 - the one place where waiting is wall time

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        """See `Clock.wait_until`."""
        deadline = time.monotonic() + seconds
        with self._arrival:
            while not predicate():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                # 0.5 s bounds the harm of an arrival between predicate and wait by a reader without the lock
                self._arrival.wait(min(left, every or 0.5))
        return True

    def attach(self, line: Line) -> None:
        """Nothing to do: readers announce data by themselves."""

    def detach(self, line: Line) -> None:
        """Nothing to do."""

    def attach_instrument(self, local_port: int) -> None:
        """Nothing to do: wall time passes by itself."""

    def instrument_answered(self) -> None:
        """Nothing to do."""

    def data_arrived(self) -> None:
        """Wake whoever waits for data."""
        with self._arrival:
            self._arrival.notify_all()

    def close(self) -> None:
        """Nothing to do."""


class BenchClock:
    """Bench time of a twin: a participant's end of the clock protocol (JSON lines over TCP)."""

    def __init__(self, address: str, name: str = "run", priority: int = 10) -> None:
        """Join the clock at `host:port`; lower priorities run first at equal times.

        Raises ConnectionLost when nobody answers there.
        """
        host, _, port = address.rpartition(":")
        try:
            self._socket = socket.create_connection((host, int(port)), timeout=WALL_LIMIT_SECONDS)
        except (OSError, ValueError) as error:
            raise ConnectionLost(f"bench clock at {address}: {error}; is the twin running?") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._address = address
        self._received = bytearray()
        self._lines: dict[str, Line] = {}
        self._now_ns: int | None = None
        self._ask({"op": "join", "name": name, "priority": priority})

    def now(self) -> float:
        """Seconds of bench time since the twin's start."""
        now_ns = self._now_ns
        if now_ns is None:
            now_ns = self._ask({"op": "now"})["now_ns"]
        return now_ns / NANOSECONDS

    def sleep(self, seconds: float) -> None:
        """Let bench time pass; other participants and the unit go on meanwhile."""
        self._wait({"for_ns": round(max(0.0, seconds) * NANOSECONDS)}, wake_on_data=False)

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        """See `Clock.wait_until`; the deadline is computed by the twin."""
        # a wait of no length fences the lines, so that the predicate sees all that was delivered by now
        answer = self._wait({"for_ns": 0}, wake_on_data=False)
        deadline_ns = answer["now_ns"] + round(max(0.0, seconds) * NANOSECONDS)
        while not predicate():
            if answer["now_ns"] >= deadline_ns:
                return False
            until_ns = deadline_ns
            if every is not None:
                until_ns = min(until_ns, answer["now_ns"] + max(1, round(every * NANOSECONDS)))
            answer = self._wait({"until_ns": until_ns}, wake_on_data=True)
        return True

    def attach(self, line: Line) -> None:
        """Fence a serial line; what was left unread in it is dropped by the twin."""
        self._ask({"op": "attach", "line": line.endpoint})
        self._lines[line.endpoint] = line

    def detach(self, line: Line) -> None:
        """Forget the line."""
        if self._lines.pop(line.endpoint, None) is not None:
            self._ask({"op": "detach", "line": line.endpoint})

    def attach_instrument(self, local_port: int) -> None:
        """Tie a TCP instrument session, known by our end's port, to this participant."""
        self._ask({"op": "attach_instrument", "port": local_port})

    def instrument_answered(self) -> None:
        """Forget what time it was: it stands while we run, but not while an instrument keeps us waiting."""
        self._now_ns = None

    def data_arrived(self) -> None:
        """Nothing to do: the twin says in each wake-up what was delivered."""

    def close(self) -> None:
        """Leave, acknowledged, so that the others' time goes on without us."""
        try:
            self._ask({"op": "leave"})
        except ConnectionLost:
            return  # the twin is gone: nobody waits for us
        finally:
            self._socket.close()

    def _wait(self, how_long: dict[str, int], *, wake_on_data: bool) -> dict[str, Any]:
        answer = self._ask(
            {
                "op": "wait",
                "data": wake_on_data,
                "sent": {name: line.sent_bytes for name, line in self._lines.items()},
                "received": {name: line.received_bytes for name, line in self._lines.items()},
                **how_long,
            }
        )
        for name, count in answer["delivered"].items():
            line = self._lines.get(name)
            if line is not None:
                line.await_received(count, wall_seconds=5.0)
        return answer

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            while b"\n" not in self._received:
                chunk = self._socket.recv(65536)
                if not chunk:
                    raise ConnectionLost(f"bench clock at {self._address}: the twin went away")
                self._received += chunk
        except OSError as error:
            raise ConnectionLost(f"bench clock at {self._address}: {error}") from error
        text, _, rest = self._received.partition(b"\n")
        self._received = bytearray(rest)
        answer = cast("dict[str, Any]", json.loads(text))
        if "error" in answer:
            raise ConnectionLost(f"bench clock at {self._address}: {answer['error']}")
        self._now_ns = answer["now_ns"]
        return answer
