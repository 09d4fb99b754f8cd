"""The doorstep of a local service: whoever hasn't shown the token is heard briefly, and nothing of it is parsed.

The first line on a connection is `{"op":"hello","token":...}`, compared as text. Anything that doesn't begin like that,
is too long or too slow is hung up on without a word.
"""

import errno
import hmac
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_STRANGERS = 16
MOST_BYTES = 256  # of a greeting, blanks and line end included
GREETING_SECONDS = 2.0  # of wall time, for all of a greeting
CROWDED_SECONDS = 0.25  # that is left to the eldest while the doorstep is full: who knows the token speaks at once
ATTEMPTS = 3  # of a client of ours, whom a crowd may have pushed off the step
BEGINNING = b'{"op":"hello","token":"'
BLANKS = b" \t\r\n"


def greeting(token: str) -> bytes:
    """The line that shows the token."""
    return json.dumps({"op": "hello", "token": token}, separators=(",", ":")).encode() + b"\n"


def enter(host: str, port: int, token: str, wall_seconds: float) -> tuple[socket.socket, bytes]:
    """Connect and show the token; the connection, and the line that the service answered.

    Raises OSError when nobody answers there, or hangs up.
    """
    for attempt in range(ATTEMPTS):
        connection = socket.create_connection((host, port), timeout=wall_seconds)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(greeting(token))
            return connection, _line(connection)
        except OSError as error:
            connection.close()
            if attempt == ATTEMPTS - 1 or not isinstance(error, ConnectionError):
                raise
    raise ConnectionResetError("hung up")


def _line(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\n"):
        data = connection.recv(4096)
        if not data:
            raise ConnectionResetError("it hung up; is the token that of this service?")
        received += data
    return received


@dataclass(slots=True)
class _Stranger:
    """Somebody on the doorstep; `since` is wall time."""

    since: float
    said: bytearray = field(default_factory=bytearray)


class Doorstep:
    """Where connections wait until they have shown the token; never more than a few of them."""

    def __init__(
        self,
        listener: socket.socket,
        token: str,
        watch: Callable[[socket.socket], None],
        forget: Callable[[socket.socket], None],
    ) -> None:
        """Call `watch` with what to read from, whose readiness is for `ready`, and `forget` when no longer."""
        listener.setblocking(False)
        self._listener = listener
        self._wanted = greeting(token).strip()
        self._watch = watch
        self._forget = forget
        self._strangers: dict[socket.socket, _Stranger] = {}
        self._no_room_until = 0.0
        watch(listener)

    @property
    def wall_left(self) -> float | None:
        """Wall seconds until `see_off` has something to do; None while it has nothing."""
        eldest = next(iter(self._strangers.values()), None)
        dues = [self._no_room_until] if self._no_room_until else []
        if eldest is not None:
            dues.append(eldest.since + (CROWDED_SECONDS if self._crowded else GREETING_SECONDS))
        return max(0.0, min(dues) - time.monotonic()) if dues else None

    def is_here(self, source: socket.socket) -> bool:
        """Whether that is the listener, or somebody who waits."""
        return source is self._listener or source in self._strangers

    def ready(self, source: socket.socket) -> bytes | None:
        """Attend to what can be read; all that a stranger has said, once that has shown the token: it is ours then."""
        if source is not self._listener:
            return self._hear(source)
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):  # whoever wants in must wait outside
                self._no_room_until = time.monotonic() + CROWDED_SECONDS
                self._forget(self._listener)
            return None
        connection.setblocking(False)
        self._strangers[connection] = _Stranger(time.monotonic())
        self._watch(connection)
        if self._crowded:
            self._forget(self._listener)
        return None

    def see_off(self) -> None:
        """Hang up on those whose time is up."""
        now = time.monotonic()
        if self._no_room_until and now >= self._no_room_until:
            self._no_room_until = 0.0
            self._let_in()
        for connection, stranger in tuple(self._strangers.items()):
            if now < stranger.since + (CROWDED_SECONDS if self._crowded else GREETING_SECONDS):
                break
            self._hang_up(connection)

    def close(self) -> None:
        """Hang up on everybody who waits."""
        for connection in tuple(self._strangers):
            self._hang_up(connection)

    @property
    def _crowded(self) -> bool:
        return len(self._strangers) >= MOST_STRANGERS

    def _hear(self, connection: socket.socket) -> bytes | None:
        said = self._strangers[connection].said
        try:
            data = connection.recv(MOST_BYTES - len(said))
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        said += data
        line, end, _ = bytes(said).lstrip(BLANKS).partition(b"\n")
        shown = line.translate(None, BLANKS)
        if data and end and hmac.compare_digest(shown, self._wanted):
            self._leave(connection)
            return bytes(said)
        begins = shown[: len(BEGINNING)] == BEGINNING[: len(shown)]
        if end or not data or not begins or len(said) >= MOST_BYTES:
            self._hang_up(connection)
        return None

    def _hang_up(self, connection: socket.socket) -> None:
        self._leave(connection)
        connection.close()

    def _leave(self, connection: socket.socket) -> None:
        self._forget(connection)
        del self._strangers[connection]
        self._let_in()

    def _let_in(self) -> None:
        if not self._crowded and not self._no_room_until:
            self._watch(self._listener)
