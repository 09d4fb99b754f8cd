"""One client of the guard, who has shown its token: its connection, and its requests as JSON lines."""

import json
import socket
from collections.abc import Collection
from typing import Any

from rig.errors import RigError, blamed
from rig.lines import CHUNK_BYTES, LineBuffer, request_of

MOST_REQUESTS = 100  # that wait: a run has one at a time, and its beats
SEND_WALL_SECONDS = 0.5  # who doesn't read our answers for so long is gone: nobody else waits for it


class Client:
    """A connection that may ask for something; whatever is wrong with what it says ends it, and nothing else."""

    def __init__(self, connection: socket.socket, said: bytes) -> None:
        """`said` is what came with its token, a greeting first."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(SEND_WALL_SECONDS)
        self.connection = connection
        self.who = "somebody"
        self.gone = False
        self.beat = False  # since it was last looked at
        self.requests: list[dict[str, Any]] = []
        self._received = LineBuffer()
        self._take_all(said)

    def read(self) -> None:
        """Take what has arrived: beats and greetings at once, requests into the queue."""
        try:
            data = self.connection.recv(CHUNK_BYTES)
        except OSError:
            data = b""
        if data:
            self._take_all(data)
        else:
            self.gone = True

    def answer(self, request: dict[str, Any], value: object) -> None:
        """Reply to a request."""
        self._say({"ticket": request.get("ticket"), "value": value})

    def refuse(self, request: dict[str, Any], error: RigError) -> None:
        """Reply to a request with what is wrong."""
        said = {"error": type(error).__name__, "message": str(error), "blames": sorted(blamed(error))}
        self._say({"ticket": request.get("ticket"), **said})

    def tell_end(self, reason: str, blames: Collection[str]) -> None:
        """Say unasked that its lease has ended, and by which devices: what it measures now counts for nothing."""
        self._say({"ended": reason, "blames": sorted(blames)})

    def close(self) -> None:
        """Hang up."""
        self.gone = True
        self.connection.close()

    def _take_all(self, data: bytes) -> None:
        self._received.add(data)
        while not self.gone and (text := self._received.take()) is not None:
            self._take(text)
        if self._received.overlong or len(self.requests) > MOST_REQUESTS:
            self.gone = True

    def _take(self, text: bytes) -> None:
        try:
            request = request_of(text)
        except ValueError:
            self.gone = True  # no client of ours speaks like that
            return
        match request["op"]:
            case "hello":
                self.answer(request, None)
            case "beat":
                self.beat = True
            case _:
                self.requests.append(request)

    def _say(self, answer: dict[str, Any]) -> None:
        try:
            self.connection.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            self.gone = True
