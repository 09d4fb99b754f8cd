"""Network cables: TCP listeners between the simulated bench and whoever drives it."""

import contextlib
import selectors
import socket
from collections.abc import Callable
from typing import Protocol

from rig.doorstep import Doorstep

CHUNK_BYTES = 65536
MOST_CONNECTIONS = 32  # of one instrument; real ones serve fewer


class Conversation(Protocol):
    """One client's talk with one instrument."""

    def receive(self, data: bytes) -> None:
        """Bytes from the client, now."""
        ...

    @property
    def owes_reply(self) -> bool:
        """True while a query from this client waits for its reply."""
        ...

    def close(self) -> None:
        """The client has gone."""
        ...


class Instrument(Protocol):
    """Anything that talks: a bench instrument, or the unit's debug port."""

    def connect(self, send: Callable[[bytes], None]) -> Conversation:
        """Begin a conversation; `send` delivers a reply to this client, now."""
        ...


class Pump(Protocol):
    """The loop that watches file descriptors for the links."""

    def watch(self, channel: int | socket.socket, events: int, ready: Callable[[int], None]) -> None:
        """Call `ready(events)` when the channel can be read or written."""
        ...

    def forget(self, channel: int | socket.socket) -> None:
        """Stop watching."""
        ...

    def touched(self) -> None:
        """Somebody received something: who waits must be looked at anew."""
        ...

    def attend_door(self, doorstep: Doorstep) -> None:
        """See that nobody stays there for too long."""
        ...


class TcpConnection:
    """One accepted client: bytes in to a conversation, bytes out without Nagle and without blocking."""

    def __init__(self, pump: Pump, accepted: socket.socket, instrument: Instrument) -> None:
        self._pump = pump
        self._socket = accepted
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer_port: int = accepted.getpeername()[1]
        self.open = True
        self.received = 0
        self.delivered = 0
        self._out = bytearray()
        self.conversation = instrument.connect(self.send)
        pump.watch(accepted, selectors.EVENT_READ, self._ready)

    @property
    def owes_reply(self) -> bool:
        """True while this client waits for a reply, or hasn't been able to take one yet."""
        return self.open and (self.conversation.owes_reply or bool(self._out))

    @property
    def backlog(self) -> bool:
        """True while delivered bytes haven't left us."""
        return self.open and bool(self._out)

    def send(self, data: bytes) -> None:
        """Deliver bytes to the client, in one call where the kernel takes them."""
        if not self.open:
            return
        self.delivered += len(data)
        self._out += data
        self._flush()
        self._pump.touched()

    def read_pending(self) -> None:
        """Take what has arrived."""
        try:
            data = self._socket.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.take(data)
        else:
            self.close()

    def take(self, data: bytes) -> None:
        """Bytes that have arrived."""
        self.received += len(data)
        self._pump.touched()
        self.conversation.receive(data)

    def begin_count(self) -> None:
        """Count received and delivered bytes from here."""
        self.received = 0
        self.delivered = 0

    def close(self) -> None:
        """End this connection."""
        if not self.open:
            return
        self.open = False
        self._pump.forget(self._socket)
        self._socket.close()
        self.conversation.close()
        self._pump.touched()

    def _ready(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._flush()
        if events & selectors.EVENT_READ and self.open:
            self.read_pending()

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self._socket.send(self._out)
                del self._out[:sent]
        except BlockingIOError:
            self._pump.watch(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self._ready)
            return
        except OSError:
            self.close()
            return
        self._pump.watch(self._socket, selectors.EVENT_READ, self._ready)


class TcpLink:
    """A listening socket on loopback that serves one instrument to any number of clients."""

    def __init__(self, pump: Pump, instrument: Instrument, port: int = 0) -> None:
        self._pump = pump
        self._instrument = instrument
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.connections: list[TcpConnection] = []
        self.held = False  # by who is connected: nobody else is let in until that one has gone
        pump.watch(self._listener, selectors.EVENT_READ, lambda _events: self.accept_pending())

    def accept_pending(self) -> None:
        """Take the clients that wait at the door."""
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:  # nobody any more
                break
            if self.held:
                for known in self.connections:
                    known.read_pending()  # who has gone may not have been noticed yet
            self.connections = [known for known in self.connections if known.open]
            if len(self.connections) >= (1 if self.held else MOST_CONNECTIONS):
                accepted.close()
                continue
            with contextlib.suppress(OSError):  # a client that went away between connect and accept
                self.connections.append(TcpConnection(self._pump, accepted, self._instrument))

    def close(self) -> None:
        """Stop listening and drop the clients."""
        self._pump.forget(self._listener)
        self._listener.close()
        for connection in self.connections:
            connection.close()


class PrivateLink:
    """A listening socket on loopback that serves those alone who show the token."""

    def __init__(self, pump: Pump, instrument: Instrument, token: str) -> None:
        self._pump = pump
        self._instrument = instrument
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._doorstep = Doorstep(self._listener, token, self._watch, pump.forget)
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[TcpConnection] = []
        pump.attend_door(self._doorstep)

    def close(self) -> None:
        """Stop listening and drop the clients."""
        self._doorstep.close()
        self._pump.forget(self._listener)
        self._listener.close()
        for connection in self._connections:
            connection.close()

    def _watch(self, source: socket.socket) -> None:
        self._pump.watch(source, selectors.EVENT_READ, lambda _events: self._ready(source))

    def _ready(self, source: socket.socket) -> None:
        said = self._doorstep.ready(source)
        if said is None:
            return
        self._connections = [known for known in self._connections if known.open]
        with contextlib.suppress(OSError):  # a client that went away at once
            connection = TcpConnection(self._pump, source, self._instrument)
            self._connections.append(connection)
            connection.take(said)
