"""Cables: TCP listeners and pseudo-terminals between the simulated bench and whoever drives it."""

import contextlib
import os
import selectors
import socket
import termios
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

CHUNK_BYTES = 65536


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
        if not data:
            self.close()
            return
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
        pump.watch(self._listener, selectors.EVENT_READ, lambda _events: self.accept_pending())

    def accept_pending(self) -> None:
        """Take the clients that wait at the door."""
        while True:
            try:
                accepted, _ = self._listener.accept()
            except (BlockingIOError, ConnectionError):
                break
            self.connections = [known for known in self.connections if known.open]
            with contextlib.suppress(OSError):  # a client that went away between connect and accept
                self.connections.append(TcpConnection(self._pump, accepted, self._instrument))

    def close(self) -> None:
        """Stop listening and drop the clients."""
        self._pump.forget(self._listener)
        self._listener.close()
        for connection in self.connections:
            connection.close()


class SerialLink(Protocol):
    """A serial cable as the clock sees it: fenced byte counts from the moment it was attached."""

    endpoint: str

    @property
    def received(self) -> int:
        """Bytes taken from the client since it attached."""
        ...

    @property
    def delivered(self) -> int:
        """Bytes given to the client since it attached."""
        ...

    @property
    def backlog(self) -> bool:
        """True while delivered bytes haven't left us."""
        ...

    def attach(self) -> None:
        """Drop what is left in the cable and count from here."""
        ...

    def detach(self) -> None:
        """Nobody counts any more."""
        ...

    def read_pending(self) -> None:
        """Take what has arrived."""
        ...

    def drop_backlog(self) -> int:
        """Throw away what the client doesn't read; how many bytes it was."""
        ...

    def close(self) -> None:
        """Unplug."""
        ...


class PtyLink:
    """A serial cable as a pseudo-terminal with a stable name (a symbolic link)."""

    def __init__(self, pump: Pump, instrument: Instrument, path: Path) -> None:
        self._pump = pump
        self._master, self._slave = os.openpty()  # our slave descriptor keeps the line up between clients
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(self._slave))
        self.endpoint = str(path)
        self._path = path
        self._received = 0
        self._delivered = 0
        self._attached = False
        self._out = bytearray()
        self.conversation = instrument.connect(self.send)
        pump.watch(self._master, selectors.EVENT_READ, self._ready)

    @property
    def received(self) -> int:
        """Bytes taken from the host side since it attached."""
        return self._received

    @property
    def delivered(self) -> int:
        """Bytes given to the host side since it attached."""
        return self._delivered

    @property
    def backlog(self) -> bool:
        """True while delivered bytes haven't left us."""
        return bool(self._out)

    def attach(self) -> None:
        """Drop what is left in the cable, both ways, and count from here."""
        self.read_pending()
        termios.tcflush(self._slave, termios.TCIFLUSH)
        self._out.clear()
        self._received = 0
        self._delivered = 0
        self._attached = True

    def detach(self) -> None:
        """Nobody counts any more: what isn't read may be lost."""
        self._attached = False

    def send(self, data: bytes) -> None:
        """Deliver bytes to the host side."""
        self._delivered += len(data)
        self._out += data
        self._flush()
        if self._out and not self._attached:
            self._out.clear()  # nobody listens: a real line forgets, too
        self._pump.touched()

    def read_pending(self) -> None:
        """Take what has arrived."""
        try:
            data = os.read(self._master, CHUNK_BYTES)
        except (BlockingIOError, OSError):
            return
        if data:
            self._received += len(data)
            self._pump.touched()
            self.conversation.receive(data)

    def drop_backlog(self) -> int:
        """Throw away what the client doesn't read; how many bytes it was."""
        dropped = len(self._out)
        self._out.clear()
        self._delivered -= dropped
        return dropped

    def close(self) -> None:
        """Unplug the cable."""
        self._pump.forget(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._path.unlink(missing_ok=True)

    def _ready(self, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._flush()
        if events & selectors.EVENT_READ:
            self.read_pending()

    def _flush(self) -> None:
        try:
            while self._out:
                sent = os.write(self._master, self._out)
                del self._out[:sent]
        except BlockingIOError:
            self._pump.watch(self._master, selectors.EVENT_READ | selectors.EVENT_WRITE, self._ready)
            return
        self._pump.watch(self._master, selectors.EVENT_READ, self._ready)


class SocketSerialLink:
    """A serial cable as `socket://host:port`, for systems without pseudo-terminals; the last client has it."""

    def __init__(self, pump: Pump, instrument: Instrument) -> None:
        self._tcp = TcpLink(pump, instrument)
        self.endpoint = f"socket://127.0.0.1:{self._tcp.port}"

    @property
    def _connection(self) -> TcpConnection | None:
        return self._tcp.connections[-1] if self._tcp.connections else None

    @property
    def received(self) -> int:
        """Bytes from the client since it attached."""
        connection = self._connection
        return connection.received if connection else 0

    @property
    def delivered(self) -> int:
        """Bytes to the client since it attached."""
        connection = self._connection
        return connection.delivered if connection else 0

    @property
    def backlog(self) -> bool:
        """True while delivered bytes haven't left us."""
        connection = self._connection
        return connection.backlog if connection else False

    def attach(self) -> None:
        """Count from here; a new connection carries nothing old."""
        self._tcp.accept_pending()
        if (connection := self._connection) is not None:
            connection.begin_count()

    def detach(self) -> None:
        """Nothing to do: the connection ends by itself."""

    def read_pending(self) -> None:
        """Take what has arrived."""
        if (connection := self._connection) is not None and connection.open:
            connection.read_pending()

    def drop_backlog(self) -> int:
        """A client that doesn't read is cut off; how many bytes it missed isn't known."""
        if (connection := self._connection) is not None:
            connection.close()
        return 0

    def close(self) -> None:
        """Unplug the cable."""
        self._tcp.close()
