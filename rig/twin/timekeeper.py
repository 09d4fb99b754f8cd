"""The clock's service: who takes part in bench time, who waits, and when time may move.

Protocol: JSON lines over TCP, described in docs/reference/bench-clock.md. Each participant is one connection.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, cast

from rig.twin.kernel import Kernel, Timer
from rig.twin.links import TcpLink
from rig.twin.serial_links import SerialLink

Answer = dict[str, Any]


class Participant:
    """One connection to the clock: runs until it waits, here or for an instrument's reply."""

    def __init__(self, keeper: "Timekeeper", send: Callable[[bytes], None]) -> None:
        self._keeper = keeper
        self._send = send
        self._received = bytearray()
        self.name = ""
        self.joined = False
        self.lines: dict[str, SerialLink] = {}
        self._ports: list[int] = []
        self._wait: Answer | None = None
        self._timer: Timer | None = None

    @property
    def owes_reply(self) -> bool:
        """The clock's own answers aren't instrument replies."""
        return False

    @property
    def runs(self) -> bool:
        """True while it neither waits on the clock nor for an instrument."""
        if not self.joined:
            return False
        if self._timer is not None:
            return False
        return not any(self._keeper.owes_reply(port) for port in self._ports)

    def receive(self, data: bytes) -> None:
        """Bytes of requests, one JSON object a line."""
        self._received += data
        while b"\n" in self._received:
            text, _, rest = self._received.partition(b"\n")
            self._received = bytearray(rest)
            self._answer(bytes(text))

    def close(self) -> None:
        """The connection ended: it takes part no more."""
        self._leave()

    def fenced(self) -> None:
        """Bytes were consumed somewhere: perhaps what our pending wait spoke of has now been taken."""
        wait = self._wait
        if wait is None or self._timer is not None:
            return
        if any(self.lines[name].received < count for name, count in wait["sent"].items() if name in self.lines):
            return
        if wait["data"] and any(
            self.lines[name].delivered > count for name, count in wait["received"].items() if name in self.lines
        ):
            self._wake()
            return
        now_ns = self._keeper.kernel.now_ns
        until_ns = wait["until_ns"] if "until_ns" in wait else now_ns + wait["for_ns"]
        if until_ns <= now_ns:
            self._wake()
        else:
            self._timer = self._keeper.kernel.at(until_ns, self._wake)

    def delivered(self) -> None:
        """Something was delivered on a line of ours: who waits for data wakes."""
        wait = self._wait
        if wait is None or self._timer is None or not wait["data"]:
            return
        if any(self.lines[name].delivered > count for name, count in wait["received"].items() if name in self.lines):
            self._wake()

    def _wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._wait = None
        self._keeper.touched()
        self._reply(
            {
                "now_ns": self._keeper.kernel.now_ns,
                "delivered": {name: line.delivered for name, line in self.lines.items()},
            }
        )

    def _reply(self, answer: Answer) -> None:
        self._send(json.dumps(answer).encode() + b"\n")

    def _answer(self, text: bytes) -> None:
        try:
            request = cast("Answer", json.loads(text))
            operation = request["op"]
            answer = self._operate(str(operation), request)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            answer = {"error": f"clock request not understood: {error!r}"}
        if answer is not None:
            self._reply(answer)

    def _operate(self, operation: str, request: Answer) -> Answer | None:
        now: Answer = {"now_ns": self._keeper.kernel.now_ns}
        match operation:
            case "now":
                return now
            case "join":
                self.name = str(request["name"])
                self.joined = True
                self._keeper.joined(self)
                return now
            case "wait":
                self._wait = {"sent": {}, "received": {}, "data": False, **request}
                if "until_ns" not in self._wait:
                    int(self._wait["for_ns"])
                self.fenced()
                return None
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
                self._leave()
                return now
            case _:
                return {"error": f"unknown clock operation {operation!r}"}

    def _leave(self) -> None:
        for line in self.lines.values():
            line.detach()
        self.lines.clear()
        self._ports.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._wait = None
        if self.joined:
            self.joined = False
            self._keeper.left(self)


class Timekeeper:
    """Knows the participants and says whether time may move."""

    def __init__(self, kernel: Kernel, touched: Callable[[], None]) -> None:
        self.kernel = kernel
        self.touched = touched
        self.participants: list[Participant] = []
        self.ever_joined = False
        self.left_at_ns: int | None = None
        self._tcp: list[TcpLink] = []
        self._lines: dict[str, SerialLink] = {}

    def connect(self, send: Callable[[bytes], None]) -> Participant:
        """A new connection to the clock."""
        return Participant(self, send)

    def serve(self, tcp: Iterable[TcpLink], lines: Iterable[SerialLink]) -> None:
        """Learn the cables that participants may speak of."""
        self._tcp = list(tcp)
        self._lines = {line.endpoint: line for line in lines}

    def line(self, endpoint: str) -> SerialLink | None:
        """The serial cable with that name."""
        return self._lines.get(endpoint)

    def joined(self, participant: Participant) -> None:
        """Somebody takes part from now on."""
        self.ever_joined = True
        self.left_at_ns = None
        self.participants.append(participant)
        self.touched()

    def left(self, participant: Participant) -> None:
        """Somebody takes part no more."""
        self.participants.remove(participant)
        if not self.participants:
            self.left_at_ns = self.kernel.now_ns
        self.touched()

    def owes_reply(self, peer_port: int) -> bool:
        """Whether an instrument owes the session from that local port a reply."""
        return any(
            connection.owes_reply
            for link in self._tcp
            for connection in link.connections
            if connection.peer_port == peer_port
        )

    def settle(self) -> None:
        """After bytes moved: look at pending waits again."""
        for participant in self.participants:
            participant.fenced()
            participant.delivered()

    @property
    def somebody_runs(self) -> bool:
        """True while a participant neither waits nor is owed a reply: time must stand."""
        return any(participant.runs for participant in self.participants)

    @property
    def backlog(self) -> bool:
        """True while delivered bytes of a fenced line haven't left: time must stand."""
        return any(line.backlog for one in self.participants for line in one.lines.values())

    @property
    def stranger_waits(self) -> bool:
        """True while any instrument owes anybody a reply."""
        return any(connection.owes_reply for link in self._tcp for connection in link.connections)
