"""One client of the guard: its connection, its token, its requests as JSON lines."""

import hmac
import json
import socket
from typing import Any, cast

from rig.errors import RigError
from rig.lines import CHUNK_BYTES, LineBuffer

MOST_BYTES = 1 << 20  # a line longer than this is no request


class Client:
    """A connection; nothing it says counts before it has shown the token."""

    def __init__(self, connection: socket.socket, token: str) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self.who = "a stranger"
        self.gone = False
        self.beat = False  # since it was last looked at
        self.requests: list[dict[str, Any]] = []
        self._token = token
        self.known = False
        self._received = LineBuffer()

    def read(self) -> None:
        """Take what has arrived: beats and greetings at once, requests into the queue."""
        try:
            data = self.connection.recv(CHUNK_BYTES)
        except OSError:
            data = b""
        if not data:
            self.gone = True
            return
        self._received.add(data)
        while (text := self._received.take()) is not None:
            self._take(text)
        if len(self._received) > MOST_BYTES:
            self.gone = True

    def answer(self, request: dict[str, Any], value: object) -> None:
        """Reply to a request."""
        self._say({"ticket": request.get("ticket"), "value": value})

    def refuse(self, request: dict[str, Any], error: RigError) -> None:
        """Reply to a request with what is wrong."""
        self._say({"ticket": request.get("ticket"), "error": type(error).__name__, "message": str(error)})

    def tell_end(self, reason: str) -> None:
        """Say unasked that its lease has ended: what it measures now counts for nothing."""
        self._say({"ended": reason})

    def close(self) -> None:
        """Hang up."""
        self.gone = True
        self.connection.close()

    def _take(self, text: bytes) -> None:
        try:
            request = cast("dict[str, Any]", json.loads(text))
            operation = request["op"]
        except (ValueError, KeyError, TypeError):
            self.gone = True  # no client of ours speaks like that
            return
        if operation == "hello":
            self._greet(request)
        elif not self.known:
            self.gone = True
        elif operation == "beat":
            self.beat = True
        else:
            self.requests.append(request)

    def _greet(self, request: dict[str, Any]) -> None:
        shown = str(request.get("token", ""))
        if not hmac.compare_digest(shown.encode("utf-8", "backslashreplace"), self._token.encode()):
            self.gone = True
            return
        self.known = True
        self.who = str(request.get("who", ""))[:200]
        self.answer(request, {"station": str(request.get("station", ""))})

    def _say(self, answer: dict[str, Any]) -> None:
        try:
            self.connection.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            self.gone = True
