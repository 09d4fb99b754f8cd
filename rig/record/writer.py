"""The one writing end of the database: whole transactions on a connection kept open.

A measurement's cost is paid hundreds of times a run, so the statements are plain text, made from the tables'
definitions, and the driver's own cursor executes them.
"""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Engine

from rig.errors import RecordError
from rig.record.heads import SIGNED, Head, sign
from rig.record.journal import GENESIS, Draft, Event, seal, utc_now
from rig.record.projection import END_RUN, END_TEST, changes
from rig.record.signing import SigningKey
from rig.record.statements import Statements, in_order
from rig.record.store import BEGIN_WRITING, PROJECTIONS, blobs, events


class Cursor(Protocol):
    """The part of a DB-API cursor that writing needs."""

    def execute(self, operation: str, parameters: Mapping[str, object] = ..., /) -> object:
        """Execute one statement with named parameters."""
        ...

    def executemany(
        self, operation: str, rows: Sequence[Mapping[str, object]] | Sequence[tuple[Any, ...]], /
    ) -> object:
        """Execute one statement for each row of parameters, named or in order."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...

    def fetchmany(self, size: int, /) -> Any:
        """Return that many of the next rows, fewer at the end."""
        ...

    def fetchall(self) -> Any:
        """Return all rows that are left."""
        ...


class Writer:
    """Appends events and what the tables show of them, all or nothing; the key signs heads of the chain."""

    def __init__(self, engine: Engine, key: SigningKey) -> None:
        self.commit_seconds = 0.0  # all commits: what the disk took
        self._key = key
        self._connection = engine.raw_connection()
        spell = Statements(engine.dialect)
        self._insert_event = spell.insert(events)
        self._inserts = {table.name: (spell.insert(table), in_order(table)) for table in (blobs, *PROJECTIONS.values())}
        self._end_test, self._end_run = spell.update(END_TEST), spell.update(END_RUN)
        self._head = "select seq, hash from event order by seq desc limit 1"
        self._blob = spell.text("select sha256 from blob where sha256 = :sha256")
        self._latest_attempt = spell.text("select max(attempt) from run where serial = :serial and plan = :plan")
        self._open_run = spell.text("select run, plan, attempt from run where serial = :serial and verdict is null")
        self._runs = spell.text("select count(*) from run where serial = :serial")
        self._dispositions = spell.text("select count(*) from disposition where serial = :serial")

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

    def append(self, cursor: Cursor, drafts: Sequence[Draft], *, signed: bool = False) -> Head | None:
        """Append events inside a transaction; the head is read there, so that the chain never forks.

        `signed`: seal them with a signed head, as the next event, and return it.
        """
        cursor.execute(self._head)
        seq, previous = cursor.fetchone() or (0, GENESIS)
        appended: list[Event] = []
        for utc, run, kind, body in drafts:
            seq += 1
            sealed = seal(previous, seq, utc, run, kind, body)
            appended.append(Event(seq, utc, run, kind, body, previous, sealed))
            previous = sealed
        head = None
        if signed and drafts:
            head = sign(self._key, seq, previous, utc_now())
            run, body = drafts[-1].run, head.body()
            sealed = seal(previous, seq + 1, head.utc, run, SIGNED, body)
            appended.append(Event(seq + 1, head.utc, run, SIGNED, body, previous, sealed))
        cursor.executemany(self._insert_event, appended)
        changed = changes(appended)
        for name, rows in changed.rows.items():
            self.insert(cursor, name, rows)
        if changed.ended_tests:
            cursor.executemany(self._end_test, changed.ended_tests)
        if changed.ended_runs:
            cursor.executemany(self._end_run, changed.ended_runs)
        return head

    def empty(self, cursor: Cursor) -> bool:
        """Return whether the journal holds nothing yet."""
        cursor.execute(self._head)
        return cursor.fetchone() is None

    def insert(self, cursor: Cursor, table: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, each with all columns."""
        if rows:
            statement, ordered = self._inserts[table]
            cursor.executemany(statement, list(map(ordered, rows)))

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

    def admit(self, cursor: Cursor, serial: str, known: int) -> None:
        """Raise RecordError unless this unit's history still has that many items and none of its runs is going on."""
        cursor.execute(self._open_run, {"serial": serial})
        going_on = cursor.fetchone()
        if going_on is not None:
            run, plan, attempt = going_on
            raise RecordError(
                f"serial {serial}: attempt {attempt} of plan {plan} is going on (run {run}); wait for its end"
            )
        found = 0
        for statement in (self._runs, self._dispositions):
            cursor.execute(statement, {"serial": serial})
            found += cursor.fetchone()[0]
        if found != known:
            raise RecordError(
                f"serial {serial}: its record has changed meanwhile; see `rig show {serial}`, start again"
            )
