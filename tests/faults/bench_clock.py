"""The clock's side of the fault proxy: requests pass with ports and byte counts as the twin knows them."""

import contextlib
import json
import selectors
import socket
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.proxy import Cable, Proxy

NANOSECONDS = 1_000_000_000


class Participant:
    """One client of the clock, and our own connection to the twin for it."""

    def __init__(self, door: "ClockDoor", client: socket.socket) -> None:
        self._door = door
        self._client = client
        self._twin = socket.create_connection(door.upstream)
        self._asked = bytearray()
        self._answered = bytearray()
        self.lines: dict[str, Cable] = {}
        self._requests: deque[dict[str, Any]] = deque()
        self._now_ns = 0
        self._wait_from_ns = 0
        self._until_ns: int | None = None  # of a wait that was cut
        self._answer: dict[str, Any] | None = None
        self._wait_request: dict[str, Any] = {}
        for end, ready in ((client, self._hear_client), (self._twin, self._hear_twin)):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            door.proxy.selector.register(end, selectors.EVENT_READ, (ready, ""))

    @property
    def now(self) -> float:
        """Bench time as this participant knows it; it stands while it runs."""
        return self._now_ns / NANOSECONDS

    @property
    def waiting(self) -> bool:
        """True while bytes that were announced are still on their way to us."""
        return bool(self._requests) or self._answer is not None

    def _close(self) -> None:
        if self not in self._door.participants:
            return
        for end in (self._client, self._twin):
            self._door.proxy.selector.unregister(end)
            end.close()
        self._requests.clear()
        self._answer = None
        self._door.participants.remove(self)

    def _read(self, end: socket.socket, buffer: bytearray) -> list[dict[str, Any]]:
        try:
            data = end.recv(1 << 16)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self._close()
            return []
        buffer += data
        *lines, rest = bytes(buffer).split(b"\n")
        buffer[:] = rest
        return [json.loads(line) for line in lines]

    def _send(self, end: socket.socket, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            end.sendall(json.dumps(message).encode() + b"\n")

    def _hear_client(self, _: str) -> None:
        for request in self._read(self._client, self._asked):
            self._requests.append(request)
        self.settle()

    def _hear_twin(self, _: str) -> None:
        for answer in self._read(self._twin, self._answered):
            if "still" in answer:
                self._send(self._client, answer)  # no answer: nothing waits for it, and it may replace none
                continue
            self._answer = answer
            self.settle()

    def settle(self) -> None:
        """Pass on what may be passed on by now."""
        while self._requests and self._ready(self._requests[0]):
            self._send(self._twin, self._translated(self._requests.popleft()))
        if self._answer is not None and self._all_taken(self._answer):
            answer, self._answer = self._answer, None
            self._deliver(answer)

    def _cable(self, endpoint: str) -> "Cable | None":
        return next((one for one in self._door.proxy.cables.values() if one.address == endpoint), None)

    def _ready(self, request: dict[str, Any]) -> bool:
        self._door.proxy.pump()
        for name, count in request.get("sent", {}).items():
            session = self.lines[name].session if name in self.lines else None
            if session is not None and session.open and session.streams["to_device"].taken < count:
                return False
        return True

    def _translated(self, request: dict[str, Any]) -> dict[str, Any]:
        changed = dict(request)
        match request["op"]:
            case "attach_instrument":
                changed["port"] = next(
                    (
                        session.device_port
                        for cable in self._door.proxy.cables.values()
                        for session in cable.sessions
                        if session.client_port == request["port"]
                    ),
                    request["port"],
                )
            case "attach" | "detach":
                cable = self._cable(str(request["line"]))
                if cable is not None:
                    changed["line"] = cable.original
                    if request["op"] == "attach":
                        self.lines[cable.address] = cable
                        self._door.attached.add(cable.role)
                        for stream in cable.session.streams.values() if cable.session else ():
                            stream.taken = stream.given = 0
                    else:
                        self.lines.pop(cable.address, None)
                        self._door.attached.discard(cable.role)
            case "wait" | "attend" | "hand_over":
                self._translate_wait(request, changed)
            case _:
                pass
        return changed

    def _translate_wait(self, request: dict[str, Any], changed: dict[str, Any]) -> None:
        sent, received = dict(request.get("sent", {})), dict(request.get("received", {}))
        held: list[float] = []
        for name, cable in self.lines.items():
            session = cable.session
            sent.pop(name, None)
            seen = received.pop(name, 0)
            if session is None or not session.open:
                continue
            up, down = session.streams["to_device"], session.streams["to_host"]
            sent[cable.original] = up.given
            # what it hasn't seen yet wakes it; what we hold or dropped doesn't
            received[cable.original] = down.taken if seen >= down.given else max(0, down.taken - 1)
            held += [stream.next_seconds for stream in (up, down) if stream.next_seconds is not None]
        changed["sent"], changed["received"] = sent, received
        self._wait_request = request
        self._wait_from_ns, self._until_ns = self._now_ns, None
        if held and request["op"] != "hand_over":
            # two serial cables at once would need one wait each; only one cable is ever faulty
            free_ns = self._now_ns + max(1, round(min(held) * NANOSECONDS))
            wanted_ns = request.get("until_ns")
            if wanted_ns is None and "for_ns" in request:
                wanted_ns = self._now_ns + request["for_ns"]
            if wanted_ns is None or free_ns < wanted_ns:
                changed.pop("for_ns", None)
                changed["until_ns"] = free_ns
                # who attends looks around and attends again; who waits for a time must not wake before it
                self._until_ns = wanted_ns if request["op"] == "wait" else None

    def _all_taken(self, answer: dict[str, Any]) -> bool:
        self._door.proxy.pump()
        for name, count in answer.get("delivered", {}).items():
            cable = next((one for one in self.lines.values() if one.original == name), None)
            session = cable.session if cable is not None else None
            if session is not None and session.open and session.streams["to_host"].taken < count:
                return False
        return True

    def _deliver(self, answer: dict[str, Any]) -> None:
        self._now_ns = max(self._now_ns, int(answer.get("now_ns", 0)))
        if "delivered" not in answer:
            self._send(self._client, answer)
            return
        elapsed = (self._now_ns - self._wait_from_ns) / NANOSECONDS
        self._wait_from_ns = self._now_ns
        delivered = dict(answer["delivered"])
        news = False
        for name, cable in self.lines.items():
            session = cable.session
            delivered.pop(cable.original, None)
            if session is None or not session.open:
                continue
            for stream in session.streams.values():
                stream.release(elapsed)
            given = session.streams["to_host"].given
            delivered[name] = given
            news = news or given > self._wait_request.get("received", {}).get(name, 0)
        wakes = self._wait_request.get("data", False) and news
        if self._until_ns is not None and self._now_ns < self._until_ns and not wakes:
            # it was cut for bytes that concern nobody: wait on
            again = {key: value for key, value in self._wait_request.items() if key != "for_ns"}
            self._send(self._twin, self._translated({**again, "until_ns": self._until_ns}))
            return
        self._until_ns = None
        self._send(self._client, {**answer, "delivered": delivered})


class ClockDoor:
    """Where participants find the clock."""

    def __init__(self, proxy: "Proxy", address: str) -> None:
        self.proxy = proxy
        host, _, port = address.rpartition(":")
        self.upstream = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.participants: list[Participant] = []
        self.attached: set[str] = set()
        proxy.selector.register(self._listener, selectors.EVENT_READ, (self._accept, ""))

    @property
    def waiting(self) -> bool:
        """True while somebody's message waits for bytes."""
        return any(one.waiting for one in self.participants)

    def now(self, cable: "Cable") -> float:
        """Bench time as the participant knows it that has this cable."""
        return max((one.now for one in self.participants if cable.address in one.lines), default=0.0)

    def fences(self, cable: "Cable") -> bool:
        """Whether a participant has this cable's bytes counted."""
        return cable.role in self.attached

    def settle(self) -> None:
        """Look at all waiting messages anew."""
        for one in list(self.participants):
            one.settle()

    def _accept(self, _: str) -> None:
        with contextlib.suppress(BlockingIOError):
            client, _address = self._listener.accept()
            self.participants.append(Participant(self, client))
