"""Statements as a driver wants them; that SQLite takes them is shown by every test of the record."""

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from rig.record.projection import END_TEST
from rig.record.statements import Statements
from rig.record.store import blobs


@pytest.mark.parametrize(
    ("dialect", "insert", "update"),
    [
        (
            sqlite.dialect(paramstyle="named"),
            'insert into "blob" ("sha256", "content") values (?, ?)',
            'where "run" = :of_run and "nodeid" = :of_nodeid',
        ),
        (
            postgresql.dialect(paramstyle="pyformat"),
            'insert into "blob" ("sha256", "content") values (%s, %s)',
            'where "run" = %(of_run)s and "nodeid" = %(of_nodeid)s',
        ),
    ],
    ids=["sqlite", "postgresql"],
)
def test_parameters_are_named_as_the_driver_wants_them(dialect, insert, update):
    statements = Statements(dialect)
    assert statements.insert(blobs) == insert
    assert statements.update(END_TEST).endswith(update)
