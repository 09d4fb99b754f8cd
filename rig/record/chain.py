"""A walk along the journal: each event whole and in its place, each verdict signed, by a key that counts."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from rig.errors import RecordError
from rig.record.heads import SIGNED, Head, parse
from rig.record.journal import GENESIS, Event
from rig.record.projection import RUN_ENDED
from rig.record.writer import Cursor

BATCH = 1000
_ALL = "select seq, utc, run, kind, body, previous, hash from event order by seq"
_UNSIGNED = "select seq, run from event where seq > {} order by seq"


class Fault(NamedTuple):
    """Something that doesn't hold: the first event it is about, and what is wrong."""

    at: int
    reason: str


class Chain:
    """The events up to the first that doesn't hold; `fault` is then set, and says why.

    `unsigned` is the first at the end that a head should vouch for.

    With `trusted` keys (hex, or their first digits) only their heads count; without, any head with a signature
    that holds. `hashes` are those of the events in `marks`, as far as the walk came.
    """

    def __init__(self, trusted: Collection[str] = (), marks: Collection[int] = ()) -> None:
        self.seq, self.hash = 0, GENESIS
        self.fault: Fault | None = None
        self.unsigned: Fault | None = None
        self.heads: list[Head] = []
        self.hashes: dict[int, str] = {}
        self._trusted = tuple(trusted)
        self._marks = frozenset(marks)
        self._ended: set[str] = set()
        self._verdict = 0  # the event with a verdict that waits for its head

    @property
    def signed_to(self) -> int:
        """The last event that a signed head vouches for; 0 when there is none."""
        return self.heads[-1].seq if self.heads else 0

    def batches(self, cursor: Cursor) -> Iterator[Sequence[Event]]:
        """Yield the events that hold, in order, as plain rows, many at a time."""
        cursor.execute(_ALL)
        while rows := cursor.fetchmany(BATCH):
            good = self._checked(rows)
            yield rows[:good]
            if self.fault is not None:
                return
        if self._verdict:
            self.fault = Fault(self.seq + 1, f"event {self.seq + 1} is missing: the head of event {self.seq}'s verdict")
            return
        cursor.execute(_UNSIGNED.format(self.signed_to + 1))
        for seq, run in iter(cursor.fetchone, None):
            if run in self._ended:
                text = f"event {seq}: its run had ended, and no head vouches for it; it was added, or its head removed"
                self.unsigned = Fault(seq, text)
                return

    def why_not(self, head: Head) -> str | None:
        """Return why a head doesn't count; None when it does."""
        if self._trusted and not head.key.startswith(self._trusted):
            return f"signed by key {head.key[:16]}, which isn't known here; if it may sign, name it with --key"
        return None if head.holds() else "its signature doesn't hold"

    def _checked(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """Return how many of the rows hold."""
        last, previous, marks = self.seq, self.hash, self._marks
        sha256 = hashlib.sha256
        for index, (seq, utc, run, kind, body, before, sealed) in enumerate(rows):
            text = f"{before}\n{seq}\n{utc}\n{run}\n{kind}\n{body}"
            if (
                seq != last + 1
                or before != previous
                or sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != sealed
            ):
                event = Event(seq, utc, run, kind, body, before, sealed)
                self.fault = Fault(last + 1, event.broken_after(last, previous) or "")
            elif kind == SIGNED or self._verdict:
                self.fault = self._head_fault(kind, body, utc, last, previous)
            if self.fault is not None:
                self.seq, self.hash = last, previous
                return index
            if kind == RUN_ENDED:
                self._verdict = seq
                self._ended.add(run)
            last, previous = seq, sealed
            if seq in marks:
                self.hashes[seq] = sealed
        self.seq, self.hash = last, previous
        return len(rows)

    def _head_fault(self, kind: str, body: str, utc: str, last: int, previous: str) -> Fault | None:
        """Take in a signed head, or say what is wrong where one must stand."""
        if kind != SIGNED:
            return Fault(last + 1, f"event {last + 1} should be the head that signs the verdict before it")
        self._verdict = 0
        try:
            head = parse(body, utc=utc)
        except ValueError:
            return Fault(last + 1, f"event {last + 1} is no head")
        if (head.seq, head.hash) != (last, previous):
            return Fault(last + 1, f"event {last + 1} signs another chain")
        reason = self.why_not(head)
        self.heads.append(head)
        return None if reason is None else Fault(last + 1, f"head at event {last + 1}: {reason}")


def trusted_key(text: str) -> str:
    """Return a public key in hex, or at least its first 16 digits; raises RecordError for anything else."""
    key = text.strip().lower()
    if not 16 <= len(key) <= 64 or any(digit not in "0123456789abcdef" for digit in key):
        raise RecordError(f"key {text!r}: give the 64 hexadecimal digits that `rig verify` shows, or the first 16")
    return key
