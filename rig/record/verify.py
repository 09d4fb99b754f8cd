"""Is the record what was written? The chain, its signed heads, the tables against it, and every stored file."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from rig.record import heads
from rig.record.chain import Chain, Fault
from rig.record.heads import Head
from rig.record.models import VerifyReport
from rig.record.queries import unpacked
from rig.record.tables import Tables
from rig.record.waveforms import why_broken

WAVEFORMS = "waveforms"
_BLOBS = "select sha256, content from blob"


@dataclass(frozen=True, slots=True)
class Verified:
    """The report, the heads found in the chain, and what of chain and tables holds.

    `only_missing`: where a table stands, it holds what the events say.
    """

    report: VerifyReport
    heads: tuple[Head, ...]
    chain_holds: bool
    tables_hold: bool
    only_missing: bool


def known_heads(directory: Path, against: Sequence[Path]) -> dict[Path, list[Head]]:
    """Read the record's own copy of its heads, and those kept elsewhere; raises RecordError.

    Before the database is looked at: a run that ends meanwhile adds to both.
    """
    own = directory / heads.FILE_NAME
    return {path: heads.read(path) for path in (*([own] if own.exists() else []), *against)}


def verify(
    connection: Connection, directory: Path, known: Mapping[Path, Sequence[Head]], trusted: Collection[str]
) -> Verified:
    """Check everything; the report names the first event that doesn't hold, in the journal's order."""
    try:
        return _verify(connection, directory, known, trusted)
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        # a text that isn't UTF-8 can't be ours: read on in a way that shows where it stands
        connection.connection.driver_connection.text_factory = _tolerant  # pyright: ignore
        return _verify(connection, directory, known, trusted)


def _verify(
    connection: Connection, directory: Path, known: Mapping[Path, Sequence[Head]], trusted: Collection[str]
) -> Verified:
    # the driver's own cursors: SQLAlchemy's rows cost more than the hashes
    cursors: Any = connection.connection
    chain = Chain(trusted, {head.seq for found in known.values() for head in found})
    tables = Tables(connection, cursors.cursor())
    for events in chain.batches(cursors.cursor()):
        tables.see(events)
    faults = [chain.fault]
    if chain.fault is None:
        tables.finish(chain.seq)
        faults = [tables.tail, *_head_faults(chain, known)]
        if not any(fault and fault.at > chain.seq for fault in faults):
            faults.append(tables.ends)
        faults += _waveform_faults(tables, directory / WAVEFORMS)
        faults += _blob_faults(tables, cursors.cursor(), chain.seq)
    first = min((fault for fault in (tables.fault, *faults) if fault is not None), default=None)
    report = VerifyReport(
        ok=first is None,
        events=chain.seq,
        runs=tables.runs,
        broken_at=None if first is None else first.at,
        reason=None if first is None else first.reason,
        signed_to=chain.signed_to,
        keys=tuple(dict.fromkeys(head.key for head in chain.heads)),
        strays=_strays(directory / WAVEFORMS, tables.files),
    )
    return Verified(report, tuple(chain.heads), chain.fault is None, tables.hold, tables.only_missing)


def _head_faults(chain: Chain, known: Mapping[Path, Sequence[Head]]) -> Iterator[Fault]:
    in_chain, unsigned = set(chain.heads), chain.unsigned
    for path, found in known.items():
        for head in found:
            if head.seq > chain.seq:
                at = chain.seq + 1
                yield Fault(at, f"event {at} is missing: {path} holds a signed head at event {head.seq}")
            elif chain.hashes.get(head.seq) != head.hash:
                text = f"the journal was written anew: event {head.seq} isn't the one that was signed at {head.utc}"
                yield Fault(head.seq, f"{text}, says {path}")
            elif head not in in_chain:
                reason = chain.why_not(head)
                if reason is None:
                    at, unsigned = head.seq + 1, None
                    yield Fault(at, f"event {at} is missing: the head that stands in {path}")
                else:
                    yield Fault(head.seq, f"head of event {head.seq} in {path}: {reason}")
    if unsigned is not None:
        yield unsigned


def _waveform_faults(tables: Tables, waveforms: Path) -> Iterator[Fault]:
    for sha256, at in tables.files.items():
        reason = why_broken(waveforms, sha256)
        if reason is not None:
            yield Fault(at, f"{reason}: {sha256}")


def _blob_faults(tables: Tables, cursor: Any, last: int) -> Iterator[Fault]:
    named: dict[str, tuple[int, str]] = {}
    for row in tables.expected["report_file"].values():
        named.setdefault(row["sha256"], (row["event"], row["name"]))
    cursor.execute(_BLOBS)
    for sha256, content in iter(cursor.fetchone, None):
        at, name = named.pop(sha256, (0, ""))
        if not name:
            yield Fault(last + 1, f"blob {sha256} was added: no event names it")
        elif unpacked(content, sha256) is None:
            yield Fault(at, f"report file {name} was changed")
    for at, name in named.values():
        yield Fault(at, f"report file {name} is missing")


def _strays(waveforms: Path, named: Collection[str]) -> int:
    """Count waveform files that no event names; a death between file and commit leaves one, and it says nothing."""
    try:
        return sum(path.suffix == ".parquet" and path.stem not in named for path in waveforms.iterdir())
    except OSError:
        return 0


def _tolerant(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
