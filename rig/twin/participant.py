"""One who takes part in bench time: a connection to the clock, and what it waits for.

Protocol: JSON lines over TCP, described in docs/reference/bench-clock.md.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rig.lines import LineBuffer, request_of
from rig.twin.kernel import Kernel, Timer
from rig.twin.serial_links import SerialLink

Answer = dict[str, Any]
EXPELLED: Answer = {"error": "you held time up for too long and take part no more"}
STILL = b'{"still":true}\n'
FIRST_RANK = 1  # at equal times the bench itself comes before any participant, and these by their priority


class Keeper(Protocol):
    """What a participant needs of the clock's service."""

    kernel: Kernel

    @property
    def now(self) -> Answer:
        """What each answer says of the time."""
        ...

    def touched(self) -> None:
        """Who waits must be looked at anew."""
        ...

    def line(self, endpoint: str) -> SerialLink | None:
        """The serial cable with that name."""
        ...

    def owes_reply(self, peer_port: int) -> bool:
        """Whether an instrument owes the session from that local port a reply."""
        ...

    def joined(self, participant: "Participant") -> None:
        """Somebody takes part from now on."""
        ...

    def left(self, participant: "Participant") -> None:
        """Somebody takes part no more."""
        ...

    def knock(self, name: str, ticket: str) -> bool:
        """Wake the participant of that name to serve a ticket; false when nobody has to serve it any more."""
        ...

    def served(self, tickets: Sequence[str]) -> None:
        """Give their time back to those who handed over with these tickets."""
        ...

    def expel_others(self, participant: "Participant") -> None:
        """Let everybody else take part no more."""
        ...


class Participant:
    """Runs until it waits, here or for an instrument's reply."""

    def __init__(self, keeper: Keeper, send: Callable[[bytes], None]) -> None:
        self._keeper = keeper
        self._send = send
        self._received = LineBuffer()
        self.name = ""
        self.priority = 0
        self.joined = False
        self.lines: dict[str, SerialLink] = {}
        self._ports: list[int] = []
        self._wait: Answer | None = None
        self._timer: Timer | None = None
        self._resting = False  # waits without a deadline: for a knock, or for whom it handed over to
        self._knocks: list[str] = []
        self._served: list[str] = []
        self._expelled = False

    @property
    def owes_reply(self) -> bool:
        """The clock's own answers aren't instrument replies."""
        return False

    @property
    def runs(self) -> bool:
        """True while it neither waits on the clock nor for an instrument."""
        if not self.joined or self._timer is not None or self._resting:
            return False
        return not self._is_owed

    @property
    def drives(self) -> bool:
        """True while its waiting can only end by time moving on."""
        return self.joined and (self._timer is not None or self._is_owed)

    @property
    def _is_owed(self) -> bool:
        return any(self._keeper.owes_reply(port) for port in self._ports)

    def receive(self, data: bytes) -> None:
        """Bytes of requests, one JSON object a line."""
        self._received.add(data)
        while (text := self._received.take()) is not None:
            self._answer(text)
        if self._received.overlong:
            self._received = LineBuffer()
            self._reply({"error": "clock request not understood: too long"})

    def say_still(self) -> None:
        """Where it waits on the clock: tell it that the twin is there, so that a long wait is no dead twin."""
        if self._wait is not None:
            self._send(STILL)

    def close(self) -> None:
        """The connection ended: it takes part no more."""
        self.leave()

    def fenced(self) -> None:
        """Bytes were consumed somewhere: perhaps what our pending wait spoke of has now been taken."""
        wait = self._wait
        if wait is None or self._timer is not None or self._resting:
            return
        if any(self.lines[name].received < count for name, count in wait["sent"].items() if name in self.lines):
            return
        match wait["op"]:
            case "hand_over":
                self._resting = True
                if not self._keeper.knock(wait["to"], wait["ticket"]):
                    self.wake()
            case "attend":
                self._attend(wait)
            case _:
                if wait["data"] and self._was_delivered(wait):
                    self.wake()
                else:
                    self._wait_for_time(wait)

    def delivered(self) -> None:
        """Something was delivered on a line of ours: who waits for data wakes."""
        wait = self._wait
        if wait is not None and self._timer is not None and wait["data"] and self._was_delivered(wait):
            self.wake()

    def knock(self, ticket: str) -> None:
        """Somebody wants something: wake from attending, now or when it next attends."""
        if self._wait is not None and self._wait["op"] == "attend" and (self._resting or self._timer is not None):
            self.wake()
        else:
            self._knocks.append(ticket)

    def handed_over(self, ticket: str) -> bool:
        """Whether it waits for that ticket to be served."""
        return self._resting and self._wait is not None and self._wait.get("ticket") == ticket

    def waits_for(self, name: str) -> bool:
        """Whether it handed over to the participant of that name."""
        return self._resting and self._wait is not None and self._wait.get("to") == name

    def wake(self) -> None:
        """End its waiting."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._wait = None
        self._resting = False
        self._keeper.touched()
        self._reply(
            {
                **self._keeper.now,
                "delivered": {name: line.delivered for name, line in self.lines.items()},
            }
        )

    def expel(self) -> None:
        """Take part no more, and be told, now or at the next request."""
        waited = self._wait is not None
        self.leave()
        self._expelled = True
        if waited:
            self._reply(EXPELLED)

    def leave(self) -> None:
        """Take part no more."""
        for line in self.lines.values():
            line.detach()
        self.lines.clear()
        self._ports.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._wait = None
        self._resting = False
        if self.joined:
            self.joined = False
            self._keeper.left(self)

    def _was_delivered(self, wait: Answer) -> bool:
        return any(self.lines[name].delivered > count for name, count in wait["received"].items() if name in self.lines)

    def _wait_for_time(self, wait: Answer) -> None:
        now_ns = self._keeper.kernel.now_ns
        until_ns = wait["until_ns"] if "until_ns" in wait else now_ns + wait["for_ns"]
        if until_ns <= now_ns:
            self.wake()
        else:
            self._timer = self._keeper.kernel.at(until_ns, self.wake, FIRST_RANK + self.priority)

    def _attend(self, wait: Answer) -> None:
        """Wait for a knock or a time; those whose tickets were served go on once it really waits."""
        self._served += wait["served"]
        wait["served"] = []
        self._knocks = [ticket for ticket in self._knocks if ticket not in self._served]
        if self._knocks:
            self._knocks.clear()
            self.wake()
            return
        if "until_ns" in wait:
            self._wait_for_time(wait)
        else:
            self._resting = True
        if self._wait is not None:
            tickets, self._served = self._served, []
            self._keeper.served(tickets)

    def _reply(self, answer: Answer) -> None:
        self._send(json.dumps(answer).encode() + b"\n")

    def _answer(self, text: bytes) -> None:
        try:
            request = request_of(text)
            answer = self._operate(request["op"], request)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            answer = {"error": f"clock request not understood: {error!r}"}
        if answer is not None:
            self._reply(answer)

    def _operate(self, operation: str, request: Answer) -> Answer | None:
        now = self._keeper.now
        if self._expelled and operation != "leave":
            return EXPELLED
        match operation:
            case "now" | "hello":
                return now
            case "join":
                self.name = str(request["name"])
                self.priority = max(0, int(request.get("priority", 10)))
                self.joined = True
                self._keeper.joined(self)
                return now
            case "wait" | "attend" | "hand_over":
                self._begin_wait(operation, request)
                return None
            case "cancel":
                if self._wait is not None and self._wait["op"] == "attend":
                    self.wake()
                return None  # the attending is what is answered
            case "expel":
                self._keeper.expel_others(self)
                return now
            case "attach":
                line = self._keeper.line(str(request["line"]))
                if line is None:
                    return {"error": f"no serial line {request['line']!r} on this twin"}
                line.attach()
                self.lines[str(request["line"])] = line
                return now
            case "detach":
                line = self.lines.pop(str(request["line"]), None)
                if line is not None:
                    line.detach()
                return now
            case "attach_instrument":
                self._ports.append(int(request["port"]))
                return now
            case "leave":
                self.leave()
                return now
            case _:
                return {"error": f"unknown clock operation {operation!r}"}

    def _begin_wait(self, operation: str, request: Answer) -> None:
        wait: Answer = {"sent": {}, "received": {}, "data": False, "served": [], **request}
        # refused here, not in the middle of waiting
        for name in ("until_ns", "for_ns"):
            if name in wait:
                wait[name] = int(wait[name])
        for name in ("sent", "received"):
            wait[name] = {str(line): int(count) for line, count in wait[name].items()}
        wait["served"] = [str(ticket) for ticket in wait["served"]]
        if operation == "wait" and "until_ns" not in wait and "for_ns" not in wait:
            raise ValueError("neither until_ns nor for_ns")
        if operation == "hand_over":
            wait["to"] = str(wait["to"])
            wait["ticket"] = str(wait["ticket"])
        self._wait = wait
        self.fenced()
