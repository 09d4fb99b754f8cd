"""Bench time of a twin: a participant's end of the clock protocol, JSON lines over TCP.

It moves only while everybody who takes part waits; the protocol is in docs/reference/bench-clock.md.
"""

import json
import math
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from rig.clock import Line
from rig.doorstep import enter
from rig.errors import ConnectionLost
from rig.lines import CHUNK_BYTES, LineBuffer

NANOSECONDS = 1_000_000_000
WALL_LIMIT_SECONDS = 60.0  # a twin that says nothing for this long of wall time is gone
STILL = b'{"still"'  # begins what the twin says now and then to whoever waits, whatever blanks follow


class BenchClock:
    """The clock of one participant."""

    knocks = True

    def __init__(self, address: str, token: str, name: str = "run", priority: int = 10) -> None:
        """Join the clock at `host:port` by the twin's token; lower priorities run first at equal times.

        Raises ConnectionLost when nobody answers there.
        """
        host, _, port = address.rpartition(":")
        try:
            self._socket, _ = enter(host, int(port), token, WALL_LIMIT_SECONDS)
        except (OSError, ValueError) as error:
            raise ConnectionLost(f"bench clock at {address}: {error}; is the twin running?") from error
        self._address = address
        self._received = LineBuffer()
        self._lines: dict[str, Line] = {}
        self._now_ns: int | None = None
        self.while_waiting: Callable[[], None] = lambda: None  # called several times a second of wall time
        self._turn = threading.RLock()  # a supply that is waited for beside others may have to connect anew
        self._start_ns: int = self._ask({"op": "join", "name": name, "priority": priority})["now_ns"]

    def now(self) -> float:
        """Seconds of bench time since this clock joined."""
        return (self._twins_ns() - self._start_ns) / NANOSECONDS

    def _twins_ns(self) -> int:
        """Nanoseconds of bench time since the twin's start."""
        return self._ask({"op": "now"})["now_ns"] if self._now_ns is None else self._now_ns

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

    def hand_over(self, name: str, ticket: str) -> None:
        """See `Clock.hand_over`; raises ConnectionLost when the twin has gone."""
        self._take(self._ask({"op": "hand_over", "to": name, "ticket": ticket, **self._fences()}))

    def attend(
        self,
        until: float | None,
        sources: Sequence[socket.socket],
        concerns: Callable[[socket.socket], bool],
        served: Sequence[str],
        wall_seconds: float | None,
    ) -> None:
        """See `AttendingClock.attend`; raises ConnectionLost when the twin has gone."""
        request: dict[str, Any] = {"op": "attend", "served": list(served), **self._fences()}
        if until is not None:
            # upwards: with less than a nanosecond to go, time would stand still and the moment never come
            now_ns = self._twins_ns()
            least_ns = now_ns + (1 if until > (now_ns - self._start_ns) / NANOSECONDS else 0)
            request["until_ns"] = max(least_ns, self._start_ns + math.ceil(until * NANOSECONDS))
        wall_deadline = None if wall_seconds is None else time.monotonic() + wall_seconds
        with self._turn:
            self._say(request)
            while not self._heard_answer():
                left = None if wall_deadline is None else max(0.0, wall_deadline - time.monotonic())
                ready, _, _ = select.select([self._socket, *sources], [], [], left)
                heard = [concerns(source) for source in ready if source is not self._socket]  # each must be read
                if any(heard) or not ready:
                    self._say({"op": "cancel"})  # if the wait has just ended, this says nothing
                    break
                if self._socket in ready:
                    self._receive()
            answer = self._answer()
        self._take(answer)

    def step_aside(self) -> None:
        """Take part no more, so that time goes on without us; `close` ends the connection."""
        self._ask({"op": "leave"})

    def expel_others(self) -> None:
        """See `AttendingClock.expel_others`."""
        self._ask({"op": "expel"})

    def _wait(self, how_long: dict[str, int], *, wake_on_data: bool) -> dict[str, Any]:
        return self._take(self._ask({"op": "wait", "data": wake_on_data, **self._fences(), **how_long}))

    def _fences(self) -> dict[str, Any]:
        return {
            "sent": {name: line.sent_bytes for name, line in self._lines.items()},
            "received": {name: line.received_bytes for name, line in self._lines.items()},
        }

    def _take(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Let the lines' readers reach what was delivered."""
        for name, count in answer["delivered"].items():
            line = self._lines.get(name)
            if line is not None:
                line.await_received(count, wall_seconds=5.0)
        return answer

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._turn:
            self._say(request)
            return self._answer()

    def _say(self, request: dict[str, Any]) -> None:
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise ConnectionLost(f"bench clock at {self._address}: {error}") from error

    def _answer(self) -> dict[str, Any]:
        while not self._heard_answer():
            self._receive()
        answer = cast("dict[str, Any]", json.loads(self._received.take() or b""))
        if "error" in answer:
            raise ConnectionLost(f"bench clock at {self._address}: {answer['error']}")
        self._now_ns = None if "past" in answer else answer["now_ns"]
        return answer

    def _heard_answer(self) -> bool:
        """Whether an answer is there; what only says that the wait goes on is taken."""
        while self._received.has_line:
            if not self._received.starts_with(STILL):
                return True
            self._received.take()
            self.while_waiting()
        return False

    def _receive(self) -> None:
        """Take what has arrived, or wait for it; raises ConnectionLost when the twin has gone, or says nothing."""
        try:
            chunk = self._socket.recv(CHUNK_BYTES)
        except OSError as error:
            raise ConnectionLost(f"bench clock at {self._address}: {error}") from error
        if not chunk:
            raise ConnectionLost(f"bench clock at {self._address}: the twin went away")
        self._received.add(chunk)
