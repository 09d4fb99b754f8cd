"""Is the record what was written? The chain, the tables against it, and every stored file."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from rig.record import journal, projection
from rig.record.models import VerifyReport
from rig.record.queries import unpacked
from rig.record.store import PROJECTIONS, blobs
from rig.record.waveforms import why_broken

_BATCH = 1000
_Rows = dict[tuple[Any, ...], dict[str, Any]]


def verify(connection: Connection, waveform_directory: Path) -> VerifyReport:
    """Check everything; the report names the first event that doesn't hold, in the journal's order."""
    expected: dict[str, _Rows] = {name: {} for name in PROJECTIONS}
    seq, previous, broken = 0, journal.GENESIS, None
    chain = journal.read(connection)
    for batch in iter(lambda: list(itertools.islice(chain, _BATCH)), []):
        for event in batch:
            reason = event.broken_after(seq, previous)
            if reason is not None:
                return VerifyReport(False, seq, len(expected["run"]), seq + 1, reason)
            seq, previous = event.seq, event.hash
        _apply(projection.changes(batch), expected)
    for at, reason in _table_faults(connection, expected):
        broken = min(broken or (at, reason), (at, reason))
    for at, reason in _file_faults(connection, expected, waveform_directory):
        broken = min(broken or (at, reason), (at, reason))
    at, reason = broken or (None, None)
    return VerifyReport(broken is None, seq, len(expected["run"]), at, reason)


def _key_columns(name: str) -> tuple[str, ...]:
    return tuple(column.name for column in PROJECTIONS[name].primary_key)


def _apply(changes: projection.Changes, expected: dict[str, _Rows]) -> None:
    for name, rows in changes.rows.items():
        keys = _key_columns(name)
        for row in rows:
            expected[name][tuple(row[key] for key in keys)] = row
    for ended in changes.ended_tests:
        row = expected["test"][ended.pop("of_run"), ended.pop("of_nodeid")]
        row.update(ended)
    for ended in changes.ended_runs:
        expected["run"][(ended.pop("of_run"),)].update(ended)


def _table_faults(connection: Connection, expected: dict[str, _Rows]) -> Iterator[tuple[int, str]]:
    for name, table in PROJECTIONS.items():
        keys = _key_columns(name)
        unseen = dict(expected[name])
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        names = [column.name for column in table.columns]
        # read as the database holds it: a converted column could hide a change
        for values in connection.exec_driver_sql(f'select {columns} from "{name}"'):  # noqa: S608
            row = dict(zip(names, values, strict=True))
            wanted = unseen.pop(tuple(row[key] for key in keys), None)
            if wanted is None:
                yield _number(row["event"]), f"{name} row without an event"
            elif wanted != row:
                differing = next(column for column in names if wanted[column] != row[column])
                yield wanted["event"], f"{name} of event {wanted['event']}: column {differing} was changed"
        for row in unseen.values():
            yield row["event"], f"{name} of event {row['event']} is missing"


def _file_faults(
    connection: Connection, expected: dict[str, _Rows], waveform_directory: Path
) -> Iterator[tuple[int, str]]:
    for row in _first_uses(expected["waveform"].values()):
        reason = why_broken(waveform_directory, row["sha256"])
        if reason is not None:
            yield row["event"], f"{reason}: {row['sha256']}"
    stored = {row.sha256: row.content for row in connection.execute(select(blobs))}
    for row in _first_uses(expected["report_file"].values()):
        content = stored.get(row["sha256"])
        if content is None or unpacked(content, row["sha256"]) is None:
            yield row["event"], f"report file {row['name']} is missing or was changed"


def _first_uses(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["sha256"], row)
    return first.values()


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
