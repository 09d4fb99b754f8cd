"""The tables made anew from the events alone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from rig.record import projection
from rig.record.chain import Chain
from rig.record.journal import Event
from rig.record.statements import Statements, in_order
from rig.record.store import PROJECTIONS, metadata
from rig.record.writer import Cursor


def rebuild(connection: Connection) -> None:
    """Replace every table that is made from the events, as far as the chain holds, in this transaction."""
    tables = list(PROJECTIONS.values())
    metadata.drop_all(connection, tables)
    metadata.create_all(connection, tables)
    cursors: Any = connection.connection
    spell, cursor = Statements(connection.dialect), cursors.cursor()
    for events in Chain().batches(cursors.cursor()):
        _write(cursor, spell, [Event(*event) for event in events])


def _write(cursor: Cursor, spell: Statements, events: Sequence[Event]) -> None:
    changed = projection.changes(events)
    for name, rows in changed.rows.items():
        cursor.executemany(spell.insert(PROJECTIONS[name]), list(map(in_order(PROJECTIONS[name]), rows)))
    cursor.executemany(spell.update(projection.END_TEST), changed.ended_tests)
    cursor.executemany(spell.update(projection.END_RUN), changed.ended_runs)
