"""The one writing end of the database: whole transactions on a connection kept open.

A measurement's cost is paid hundreds of times a run, so SQLAlchemy compiles the statements once, and the
driver's own cursor executes them.
"""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import ClauseElement, Engine, bindparam, func, insert, select

from rig.record.journal import GENESIS, Draft, Event, seal
from rig.record.projection import END_RUN, END_TEST, changes
from rig.record.store import BEGIN_WRITING, PROJECTIONS, blobs, events, runs

_LAST = select(func.max(events.c.seq)).scalar_subquery()


class Cursor(Protocol):
    """The part of a DB-API cursor that writing needs."""

    def execute(self, operation: str, parameters: Mapping[str, object] = ..., /) -> object:
        """Execute one statement with named parameters."""
        ...

    def executemany(self, operation: str, rows: Sequence[Mapping[str, object]], /) -> object:
        """Execute one statement for each row of named parameters."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...


class Writer:
    """Appends events and what the tables show of them, all or nothing."""

    def __init__(self, engine: Engine) -> None:
        self.commit_seconds = 0.0  # all commits: what the disk took
        self._connection = engine.raw_connection()
        tables = (events, blobs, *PROJECTIONS.values())

        def compiled(statement: ClauseElement) -> str:
            return str(statement.compile(dialect=engine.dialect))

        self._inserts = {table.name: compiled(insert(table)) for table in tables}
        self._head = compiled(select(events.c.seq, events.c.hash).where(events.c.seq == _LAST))
        self._end_test, self._end_run = compiled(END_TEST), compiled(END_RUN)
        self._blob = compiled(select(blobs.c.sha256).where(blobs.c.sha256 == bindparam("sha256")))
        of_unit = (runs.c.serial == bindparam("serial"), runs.c.plan == bindparam("plan"))
        self._latest_attempt = compiled(select(func.max(runs.c.attempt)).where(*of_unit))

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[Cursor]:
        """Hold the write lock; commit at the end, durably, or roll back."""
        cursor = self._connection.cursor()
        cursor.execute(BEGIN_WRITING)
        try:
            yield cursor
            started = time.perf_counter()
            self._connection.commit()
            self.commit_seconds += time.perf_counter() - started
        except BaseException:
            self._connection.rollback()
            raise
        finally:
            cursor.close()

    def append(self, cursor: Cursor, drafts: Sequence[Draft]) -> None:
        """Append events inside a transaction; the head is read there, so that the chain never forks."""
        cursor.execute(self._head)
        seq, previous = cursor.fetchone() or (0, GENESIS)
        appended: list[Event] = []
        for utc, run, kind, body in drafts:
            seq += 1
            sealed = seal(previous, seq, utc, run, kind, body)
            appended.append(Event(seq, utc, run, kind, body, previous, sealed))
            previous = sealed
        self.insert(cursor, events.name, [event._asdict() for event in appended])
        changed = changes(appended)
        for name, rows in changed.rows.items():
            self.insert(cursor, name, rows)
        if changed.ended_tests:
            cursor.executemany(self._end_test, changed.ended_tests)
        if changed.ended_runs:
            cursor.executemany(self._end_run, changed.ended_runs)

    def insert(self, cursor: Cursor, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, each with all columns."""
        if rows:
            cursor.executemany(self._inserts[table], rows)

    def known_blobs(self, cursor: Cursor, hashes: Sequence[str]) -> set[str]:
        """Return those of the hashes whose content is stored already."""
        known: set[str] = set()
        for sha256 in hashes:
            cursor.execute(self._blob, {"sha256": sha256})
            known |= {sha256} if cursor.fetchone() else set()
        return known

    def next_attempt(self, cursor: Cursor, serial: str, plan: str) -> int:
        """Return the number of this unit's next attempt with this plan, from 1."""
        cursor.execute(self._latest_attempt, {"serial": serial, "plan": plan})
        return (cursor.fetchone()[0] or 0) + 1
