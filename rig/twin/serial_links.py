"""Serial cables: pseudo-terminals, or sockets for systems without them, with byte counts that a clock can fence."""

import os
import selectors
import termios
import tty
from pathlib import Path
from typing import Protocol

from rig.twin.links import CHUNK_BYTES, Instrument, Pump, TcpConnection, TcpLink


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
    """A serial cable as `socket://host:port`, for systems without pseudo-terminals; the last client has it.

    One that a participant has attached is nobody else's until its client has gone.
    """

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
            for other in self._tcp.connections[:-1]:
                other.close()
            connection.begin_count()
            self._tcp.held = True

    def detach(self) -> None:
        """The connection ends by itself; the next client may have the cable."""
        self._tcp.held = False

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
