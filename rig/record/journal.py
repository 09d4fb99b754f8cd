"""The journal: an append-only chain of events, each sealed with the hash of the one before."""

import hashlib
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

GENESIS = "0" * 64


class Draft(NamedTuple):
    """An event before it has its place in the chain; `body` is canonical JSON."""

    utc: str
    run: str
    kind: str
    body: str


class Event(NamedTuple):
    """An event in its place."""

    seq: int
    utc: str
    run: str
    kind: str
    body: str
    previous: str
    hash: str

    def broken_after(self, seq: int, previous: str) -> str | None:
        """Return why this event can't follow the one with that number and hash; None when it does."""
        if self.seq != seq + 1:
            return f"event {seq + 1} is missing"
        if self.previous != previous:
            return f"event {self.seq} doesn't follow the one before it"
        if self.hash != seal(self.previous, self.seq, self.utc, self.run, self.kind, self.body):
            return f"event {self.seq} was changed"
        return None


def utc_now() -> str:
    """Return the wall time as ISO 8601 with microseconds, UTC."""
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{_second(seconds)}.{microseconds:06d}Z"


@lru_cache(maxsize=1)  # many events fall into each second, and writing a date takes longer than an event
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[: -len("+00:00")]


def seal(previous: str, seq: int, utc: str, run: str, kind: str, body: str) -> str:
    """Return the SHA-256 over the hash before and this event's columns; none of them holds a newline."""
    text = f"{previous}\n{seq}\n{utc}\n{run}\n{kind}\n{body}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
