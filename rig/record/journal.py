"""The journal: an append-only chain of events, each sealed with the hash of the one before."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from rig.record.store import events

GENESIS = "0" * 64
_APPEND = insert(events)
_HEAD = select(events.c.seq, events.c.hash).order_by(events.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has its place in the chain; `body` is canonical JSON."""

    utc: str
    run: str
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Event:
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
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seal(previous: str, seq: int, utc: str, run: str, kind: str, body: str) -> str:
    """Return the SHA-256 over the hash before and this event's columns; none of them holds a newline."""
    text = f"{previous}\n{seq}\n{utc}\n{run}\n{kind}\n{body}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def append(connection: Connection, drafts: Iterable[Draft]) -> Sequence[Event]:
    """Append the drafts; the transaction must hold the write lock, as the head is read inside it."""
    head = connection.execute(_HEAD).one_or_none()
    seq, previous = (0, GENESIS) if head is None else (head.seq, head.hash)
    appended: list[Event] = []
    rows: list[dict[str, object]] = []
    for draft in drafts:
        seq += 1
        sealed = seal(previous, seq, draft.utc, draft.run, draft.kind, draft.body)
        appended.append(Event(seq, draft.utc, draft.run, draft.kind, draft.body, previous, sealed))
        rows.append(
            {
                "seq": seq,
                "utc": draft.utc,
                "run": draft.run,
                "kind": draft.kind,
                "body": draft.body,
                "previous": previous,
                "hash": sealed,
            }
        )
        previous = sealed
    if rows:
        connection.execute(_APPEND, rows)
    return appended


def read(connection: Connection) -> Iterator[Event]:
    """Yield all events in the order of their numbers."""
    # text columns as SQLite holds them; a changed column may hold anything
    statement = "select seq, utc, run, kind, body, previous, hash from event order by seq"
    for row in connection.exec_driver_sql(statement):
        yield Event(*row)
