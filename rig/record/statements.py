"""SQL as text from the tables' definitions, for a driver's own cursor.

SQLAlchemy would compile the same statements, in 5 ms at the start of every run.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Dialect, Table


@dataclass(frozen=True, slots=True)
class Update:
    """Columns of a table set to the parameters of their names, where others equal the parameters named here."""

    table: Table
    columns: tuple[str, ...]
    where: Mapping[str, str]


class Statements:
    """Spells statements as a driver wants them: with named parameters, or in order where many rows are inserted."""

    def __init__(self, dialect: Dialect) -> None:
        # PEP 249 has ":name" or "?" (SQLite's) and "%(name)s" or "%s" (PostgreSQL's)
        pyformat = dialect.paramstyle == "pyformat"
        self._mark, self._place = (r"%(\1)s", "%s") if pyformat else (r":\1", "?")

    def insert(self, table: Table) -> str:
        """Return the insertion of a row with all columns, its parameters in their order."""
        names = [column.name for column in table.columns]
        columns, values = ", ".join(f'"{name}"' for name in names), ", ".join([self._place] * len(names))
        return f'insert into "{table.name}" ({columns}) values ({values})'  # noqa: S608 - names of ours

    def update(self, update: Update) -> str:
        """Return the change of a row."""
        changed = ", ".join(f'"{name}" = :{name}' for name in update.columns)
        chosen = " and ".join(f'"{name}" = :{given}' for name, given in update.where.items())
        return self.text(f'update "{update.table.name}" set {changed} where {chosen}')  # noqa: S608 - names of ours

    def text(self, statement: str) -> str:
        """Return a statement, its parameters written `:name`, as the driver wants it."""
        return re.sub(r":(\w+)", self._mark, statement)


def in_order(table: Table) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return a function that takes a row with all columns of a table and puts them in order."""
    return cast(
        "Callable[[Mapping[str, Any]], tuple[Any, ...]]", itemgetter(*(column.name for column in table.columns))
    )
