"""A proxy between drivers and what they drive: TCP on both sides, faults on one cable at a time.

It also stands between the participants and the twin's clock, since that knows instrument sessions by their port and
serial lines by their byte counts: both are the proxy's own there. A delay on a serial cable is bench time (the waits
of its participant are cut where bytes come free); one on an instrument's cable is wall time, as its time-outs are.
"""

import contextlib
import re
import selectors
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from tests.faults.fault import Fault, Piece

LINGER_NOTHING = struct.pack("ii", 1, 0)  # close with a reset


class Stream:
    """One direction of one connection: what came in, what waits, what went out."""

    def __init__(self, session: "Session", name: str, into: socket.socket) -> None:
        self.session = session
        self.name = name
        self.into = into
        self.taken = 0
        self.given = 0
        self.waiting: deque[list[Any]] = deque()  # [seconds or None, bytes]
        self.out = bytearray()

    def push(self, data: bytes) -> None:
        self.taken += len(data)
        cable = self.session.cable
        if cable.comes_too_soon(self.name):
            return
        for piece in self.waiting:
            piece[0] = 0.0 if piece[0] is None else piece[0]  # what came late comes now, before this
        fault = cable.strikes(self.name)
        pieces: list[Piece] = [(0.0, data)]
        if fault is not None and fault.kind == "reset":
            self.session.close(reset=True)
            return
        if cable.silent:
            return
        if fault is not None:
            pieces = fault.pieces(data, serial=cable.serial)
        now = time.monotonic()
        for seconds, part in pieces:
            self.waiting.append([seconds, part])
        if self.waiting:
            self.session.cable.proxy.timed.append((now, self))
        self.release(0.0)

    def release(self, seconds: float) -> None:
        """Let that much time pass for what waits."""
        while self.waiting and self.waiting[0][0] is not None:
            self.waiting[0][0] -= seconds
            if self.waiting[0][0] > 1e-9:
                break
            seconds = -self.waiting[0][0] if seconds else 0.0
            data = self.waiting.popleft()[1]
            self.given += len(data)
            self.out += data
        self.flush()

    @property
    def next_seconds(self) -> float | None:
        return self.waiting[0][0] if self.waiting else None

    def flush(self) -> None:
        try:
            while self.out:
                del self.out[: self.into.send(self.out)]
        except BlockingIOError:
            self.session.cable.proxy.blocked.add(self)
        except OSError:
            self.session.close()


class Session:
    """One client's connection through a cable."""

    def __init__(self, cable: "Cable", client: socket.socket) -> None:
        self.cable = cable
        self.client = client
        self.client_port: int = client.getpeername()[1]
        self.device = socket.create_connection(cable.upstream)
        self.device_port: int = self.device.getsockname()[1]
        self.open = True
        self.streams = {"to_device": Stream(self, "to_device", self.device), "to_host": Stream(self, "to_host", client)}
        for end, name in ((client, "to_device"), (self.device, "to_host")):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            cable.proxy.selector.register(end, selectors.EVENT_READ, (self.pump, name))

    def pump(self, name: str) -> None:
        """Take what came in on one side."""
        source = self.client if name == "to_device" else self.device
        while self.open:
            try:
                data = source.recv(1 << 20)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.close()
                return
            self.streams[name].push(data)

    def close(self, *, reset: bool = False) -> None:
        if not self.open:
            return
        self.open = False
        for end in (self.client, self.device):
            self.cable.proxy.selector.unregister(end)
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOTHING)
            end.close()


class Cable:
    """A listening port in front of one instrument or unit, and the fault that waits for its moment there."""

    def __init__(self, proxy: "Proxy", role: str, address: str) -> None:
        self.proxy = proxy
        self.role = role
        self.serial = not address.startswith("TCPIP")
        found = re.search(r"(\d+(?:\.\d+){3}):+(\d+)", address)
        if found is None:
            raise ValueError(f"no host and port in {address!r}")
        self.original = address
        self.upstream = (found[1], int(found[2]))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        port = self.listener.getsockname()[1]
        self.address = f"socket://127.0.0.1:{port}" if self.serial else f"TCPIP0::127.0.0.1::{port}::SOCKET"
        self.sessions: list[Session] = []
        self.fault: Fault | None = None
        self.silent = False
        self.chunks = {"to_device": 0, "to_host": 0}
        self.gap_seconds = 0.0  # bench time that the device needs between what is written to it
        self.ignored = 0
        self._written_at = -1.0
        proxy.selector.register(self.listener, selectors.EVENT_READ, (self.accept, ""))

    def accept(self, _: str = "") -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                client, _address = self.listener.accept()
                self.sessions = [one for one in self.sessions if one.open]
                self.sessions.append(Session(self, client))

    def comes_too_soon(self, direction: str) -> bool:
        """Whether the device takes no notice, since what was written before has only just ended."""
        if direction != "to_device" or not self.gap_seconds:
            return False
        before, self._written_at = self._written_at, self.proxy.clock.now(self)
        if self._written_at - before >= self.gap_seconds - 1e-9:
            return False
        self.ignored += 1
        return True

    def strikes(self, direction: str) -> Fault | None:
        """Count a chunk; the fault if it is its turn."""
        number = self.chunks[direction]
        self.chunks[direction] += 1
        fault = self.fault
        if fault is None or fault.struck or fault.direction != direction or number < fault.chunk:
            return None
        fault.struck = True
        fault.struck_at = time.monotonic()
        self.silent = fault.kind == "silence"
        return fault

    @property
    def session(self) -> Session | None:
        return self.sessions[-1] if self.sessions else None


class Proxy:
    """All cables of a bench, and its clock; serves in a thread of its own, or wherever `run` is called."""

    def __init__(self, addresses: dict[str, str]) -> None:
        from tests.faults.bench_clock import ClockDoor

        self.selector = selectors.DefaultSelector()
        self.timed: deque[tuple[float, Stream]] = deque()
        self.blocked: set[Stream] = set()
        roles = [role for role in addresses if role not in ("clock", "control", "station", "token")]
        self.cables = {role: Cable(self, role, addresses[role]) for role in roles}
        self.addresses = dict(addresses) | {role: cable.address for role, cable in self.cables.items()}
        self.clock = ClockDoor(self, addresses["clock"])
        self.addresses["clock"] = self.clock.address
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self.selector.register(self._woken, selectors.EVENT_READ, (self._read_wake, ""))
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.watch: Callable[[], float | None] = lambda: None  # called each turn; when it wants to be called again

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="fault proxy", daemon=True)
        self._thread.start()

    def arm(self, role: str, fault: Fault) -> None:
        """Let a fault wait for its chunk, counted from now."""
        cable = self.cables[role]
        cable.chunks = {"to_device": 0, "to_host": 0}
        cable.silent = False
        cable.fault = fault

    def disarm(self) -> None:
        for cable in self.cables.values():
            cable.fault, cable.silent = None, False

    def end(self) -> None:
        """Leave `run` after this turn."""
        self._stopping = True

    def stop(self) -> None:
        self.end()
        self._wake.send(b"x")
        if self._thread is not None:
            self._thread.join(5.0)
        self.close()

    def close(self) -> None:
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._wake.close()
        self.selector.close()

    def run(self) -> None:
        """Serve until stopped."""
        while not self._stopping:
            for key, _ in self.selector.select(self._patience(self.watch())):
                ready, name = key.data
                ready(name)
            for stream in list(self.blocked):
                self.blocked.discard(stream)
                stream.flush()
            self._wall_time_on()
            self.clock.settle()

    def pump(self) -> None:
        """Take all that has arrived on any cable, now."""
        for cable in self.cables.values():
            cable.accept()
            for session in cable.sessions:
                for name in ("to_device", "to_host"):
                    if session.open:
                        session.pump(name)

    def _read_wake(self, _: str) -> None:
        self._woken.recv(64)

    def _patience(self, watching: float | None) -> float | None:
        return 0.001 if self.timed or self.blocked or self.clock.waiting else watching

    def _wall_time_on(self) -> None:
        """Instruments' cables: what waits there waits in wall time."""
        now = time.monotonic()
        for _ in range(len(self.timed)):
            since, stream = self.timed.popleft()
            if stream.session.cable.serial and self.clock.fences(stream.session.cable):
                continue  # the clock lets these go
            stream.release(now - since)
            if stream.waiting and stream.session.open:
                self.timed.append((now, stream))
