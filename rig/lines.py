"""Lines out of a stream of bytes: what our own processes say to each other, one JSON object a line."""

import json
import os
import selectors
import time
from typing import IO, Any, cast

CHUNK_BYTES = 65536
MOST_BYTES = 1 << 20  # a line longer than this is no request


class LineBuffer:
    """Bytes as they arrive, taken out line by line."""

    def __init__(self) -> None:
        self._received = bytearray()

    def __len__(self) -> int:
        """Bytes that wait to be taken."""
        return len(self._received)

    @property
    def overlong(self) -> bool:
        """Whether more waits without a line's end than any request has."""
        return len(self._received) > MOST_BYTES and not self.has_line

    @property
    def has_line(self) -> bool:
        """Whether a whole line waits to be taken."""
        return b"\n" in self._received

    def starts_with(self, text: bytes) -> bool:
        """Whether the oldest line begins like that."""
        return self._received.startswith(text)

    def add(self, data: bytes) -> None:
        """What has arrived, wherever it was cut."""
        self._received += data

    def take(self) -> bytes | None:
        """Take the oldest whole line, without its end; None when there is none yet."""
        text, end, rest = self._received.partition(b"\n")
        if not end:
            return None
        self._received = bytearray(rest)
        return bytes(text)


def request_of(line: bytes) -> dict[str, Any]:
    """Read a line as a request, an object with its `op`; raises ValueError for anything else, however it is wrong."""
    try:
        found = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    request = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if not isinstance(request.get("op"), str):
        raise ValueError("no object with an op")
    return request


def first_line(pipe: IO[bytes] | None, wall_seconds: float) -> bytes:
    """Read a child's pipe until its first line is whole, it ends, or that long has passed; give what came."""
    received = bytearray()
    if pipe is None:
        return b""
    deadline = time.monotonic() + wall_seconds
    with selectors.DefaultSelector() as selector:
        selector.register(pipe.fileno(), selectors.EVENT_READ)
        while b"\n" not in received and selector.select(max(0.0, deadline - time.monotonic())):
            chunk = os.read(pipe.fileno(), CHUNK_BYTES)
            if not chunk:
                break
            received += chunk
    return bytes(received)
