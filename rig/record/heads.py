"""Signed heads of the chain: what shows that events were lost from its end, or that all of it was written anew.

A head stands in the journal right after the verdict that it seals, and as a line of JSON in files that may lie
where nobody who can change the record can change them.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from rig.errors import RecordError
from rig.record.signing import SigningKey, holds
from rig.record.text import canonical

SIGNED = "head.signed"  # the kind of event
FILE_NAME = "heads.jsonl"  # the record's own copy, beside the database
_LONGEST = 4096  # bytes, of any line with room to spare


class Head(NamedTuple):
    """The last event of the chain at that time, signed; key and signature in hex."""

    seq: int
    hash: str
    utc: str
    key: str
    signature: str

    def holds(self) -> bool:
        """Return whether the signature is this key's; who holds the key is another question."""
        return holds(self.key, self.signature, _message(self.seq, self.hash, self.utc))

    def body(self) -> str:
        """Return the body of the event; the time is the event's own."""
        return canonical({"seq": self.seq, "hash": self.hash, "key": self.key, "signature": self.signature})

    def line(self) -> str:
        """Return it as it stands in files."""
        return canonical(self._asdict()) + "\n"


def sign(key: SigningKey, seq: int, sealed: str, utc: str) -> Head:
    """Sign the event with that number and hash as the head of the chain; raises RecordError."""
    return Head(seq, sealed, utc, key.public, key.sign(_message(seq, sealed, utc)))


def parse(text: str | bytes, **more: object) -> Head:
    """Return the head that a JSON object (with these keys besides) spells; raises ValueError."""
    found: object = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    fields = cast("dict[str, object]", found) | more
    seq, *texts = (fields.get(name) for name in Head._fields)
    if not isinstance(seq, int) or not all(isinstance(part, str) for part in texts):
        raise ValueError("not a head")
    return Head(seq, *cast("list[str]", texts))


def append(path: Path, heads: Iterable[Head], *, durably: bool) -> None:
    """Add lines at the end of that file, made where missing; raises OSError."""
    text = "".join(head.line() for head in heads)
    if not text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        _drop_torn_line(descriptor)
        os.write(descriptor, text.encode("ascii"))  # one write: lines of several runs at a time don't mix
        if durably:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(directory: Path, head: Head | None) -> None:
    """Add a head to the record's own copy; it stands in the journal, too, and holds without."""
    with contextlib.suppress(OSError):
        append(directory / FILE_NAME, [] if head is None else [head], durably=False)


def read(path: Path) -> list[Head]:
    """Return the heads of a file, in its order; a line torn by a power failure at its end isn't one.

    Raises RecordError when it can't be read or holds something else.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError as error:
        raise RecordError(f"heads {path}: {error.strerror}; name a file that `rig verify --heads-to` wrote") from error
    heads: list[Head] = []
    for number, line in enumerate(lines, 1):
        try:
            heads.append(parse(line))
        except ValueError as error:
            text = f"heads {path}: line {number} is no signed head"
            raise RecordError(f"{text}; the file was changed, or is another") from error
    return heads


def missing(path: Path, heads: Sequence[Head]) -> list[Head]:
    """Return those that a file doesn't hold yet; raises RecordError."""
    known = set(read(path)) if path.exists() else set[Head]()
    return [head for head in heads if head not in known]


def _drop_torn_line(descriptor: int) -> None:
    """Cut off what a power failure left of a line, so that the next one stands alone."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    os.lseek(descriptor, max(0, size - _LONGEST), os.SEEK_SET)
    end = os.read(descriptor, _LONGEST)
    torn = len(end) - (end.rfind(b"\n") + 1)
    if torn:
        os.ftruncate(descriptor, size - torn)


def _message(seq: int, sealed: str, utc: str) -> bytes:
    return f"vibrosculpt-rig: head of the journal\n{seq}\n{sealed}\n{utc}\n".encode("utf-8", "surrogatepass")
