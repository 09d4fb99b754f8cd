"""What the tables must hold, recomputed from the events, against what they do hold."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Connection, inspect

from rig.record import projection, spelling
from rig.record.chain import Fault
from rig.record.journal import Event
from rig.record.projection import BODY, KIND, RUN, SEQ, UTC, Row, measurement_values, waveform_values
from rig.record.store import PROJECTIONS
from rig.record.writer import Cursor

Values = tuple[Any, ...]
# one row for each event of that kind: compared as the walk goes on, however long the journal is
ONE_EACH: Mapping[str, tuple[str, Callable[[Event, Row], Values], Callable[[Values, str], bool]]] = MappingProxyType(
    {
        projection.MEASURED: ("measurement", measurement_values, spelling.measured),
        projection.WAVEFORM: ("waveform", waveform_values, lambda _row, _body: False),
    }
)
# rows that later events change, or several for one event: few, compared at the end
KEYED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(column.name for column in PROJECTIONS[name].primary_key)
        for name in ("run", "test", "report_file", "disposition")
    }
)
_RUNS = frozenset((projection.RUN_BEGUN, projection.RUN_ENDED))
_TESTS = frozenset((projection.TEST_STARTED, projection.TEST_ENDED))
_CHANGING = projection.SHOWN - ONE_EACH.keys() - _RUNS - _TESTS


class Tables:
    """Compares the tables with the events that are shown to it; `fault` is the first difference.

    `tail` says that tables show events beyond the journal's end: where that was cut off, rows that its last events
    changed differ, too, and `ends` is the first of those.
    """

    def __init__(self, connection: Connection, cursor: Cursor) -> None:
        self._cursor = cursor
        self._columns = {name: tuple(column.name for column in table.columns) for name, table in PROJECTIONS.items()}
        self.absent = tuple(name for name in PROJECTIONS if not _stands(connection, name))
        self.fault: Fault | None = None
        self.tail: Fault | None = None
        self.ends: Fault | None = None
        self._differs = False
        self.expected: dict[str, dict[Values, Row]] = {name: {} for name in KEYED}
        self.files: dict[str, int] = {}  # waveform files by hash, with the first event that names each
        self._first: dict[str, int] = {}
        self._runs: list[Event] = []
        self._tests: list[Event] = []

    @property
    def runs(self) -> int:
        """How many runs were seen to begin."""
        return sum(event[KIND] == projection.RUN_BEGUN for event in self._runs)

    @property
    def hold(self) -> bool:
        """Whether no difference was found."""
        return self.fault is None and self.tail is None and self.ends is None

    @property
    def only_missing(self) -> bool:
        """Whether tables that stand hold what the events say."""
        return bool(self.absent) and not self._differs

    def see(self, events: Sequence[Event]) -> None:
        """Take in the next events, whose chain holds."""
        if not events:
            return
        self._apply([Event(*event) for event in events if event[KIND] in _CHANGING])
        self._runs += [event for event in events if event[KIND] in _RUNS]
        self._tests += [event for event in events if event[KIND] in _TESTS]
        for kind, (name, values, spelled) in ONE_EACH.items():
            of_kind = [event for event in events if event[KIND] == kind]
            if of_kind:
                self._first.setdefault(name, of_kind[0][SEQ])
            if name not in self.absent:
                self._compare(name, of_kind, values, spelled, events[0][SEQ], events[-1][SEQ])
            if kind == projection.WAVEFORM:
                for event, body in zip(of_kind, projection.bodies(of_kind), strict=True):
                    self.files.setdefault(body["sha256"], event[SEQ])

    def finish(self, last: int) -> None:
        """Compare what could only be compared at the end, after the event with that number."""
        self._expect_runs()
        if "test" in self.absent or not self._tests_spelled():
            self._apply([Event(*event) for event in self._tests])
            self._tests.clear()
        for name in KEYED:
            rows = self.expected[name]
            if rows:
                self._first.setdefault(name, min(row["event"] for row in rows.values()))
            if name not in self.absent and not (name == "test" and self._tests):
                self._compare_keyed(name, dict(rows), last)
        for name, _, _ in ONE_EACH.values():
            if name not in self.absent:
                self._cursor.execute(f'select min(event) from "{name}" where event < 1 or event > {last:d}')  # noqa: S608
                (at,) = self._cursor.fetchone()
                if at is not None:
                    self._extra(name, at, last)
        self._differs = not self.hold
        for name in self.absent:
            self._note(self._first.get(name, 1), f"table {name} is missing; `rig verify --rebuild` makes it again")

    def _apply(self, events: Sequence[Event]) -> None:
        changed = projection.changes(events)
        for name, keys in KEYED.items():
            for row in changed.rows[name]:
                self.expected[name][tuple(row[key] for key in keys)] = row
        for ended in changed.ended_tests:
            self.expected["test"].get((ended.pop("of_run"), ended.pop("of_nodeid")), {}).update(ended)
        for ended in changed.ended_runs:
            self.expected["run"].get((ended.pop("of_run"),), {}).update(ended)

    def _compare(
        self,
        name: str,
        events: Sequence[Event],
        values: Callable[[Event, Row], Values],
        spelled: Callable[[Values, str], bool],
        first: int,
        last: int,
    ) -> None:
        def holds(row: Values, event: Event) -> bool:
            if row[0] != event[SEQ] or row[1] != event[RUN]:
                return False
            return spelled(row, event[BODY]) or row == values(event, json.loads(event[BODY]))

        found = list(self._select(name, f"where event between {first:d} and {last:d} order by event"))
        if len(found) == len(events) and all(map(holds, found, events)):
            return
        wanted = map(values, events, projection.bodies(events))
        rows = {row[0]: row for row in found}
        for row in wanted:
            there = rows.pop(row[0], None)
            if there != row:
                self._note(row[0], self._difference(name, row, there))
                break
        if rows:
            self._extra(name, min(rows), last)

    def _expect_runs(self) -> None:
        """Work out the rows of runs; where a row spells the event that began it, that needn't be read."""
        columns = self._columns["run"]
        rows = () if "run" in self.absent else (dict(zip(columns, row, strict=True)) for row in self._select("run"))
        there = {row["event"]: row for row in rows}
        for event in self._runs:
            row = there.get(event[SEQ])
            if (
                event[KIND] == projection.RUN_BEGUN
                and row is not None
                and (row["run"], row["started_utc"]) == (event[RUN], event[UTC])
                and spelling.run_begun(row) == event[BODY]
            ):
                self.expected["run"][event[RUN],] = row | projection.NOT_ENDED
            else:
                self._apply([Event(*event)])

    def _tests_spelled(self) -> bool:
        """Whether the table of tests spells the events that began and ended them."""
        begun = {event[SEQ]: event for event in self._tests if event[KIND] == projection.TEST_STARTED}
        ended: set[Values] = {
            (event[RUN], event[UTC], event[BODY]) for event in self._tests if event[KIND] == projection.TEST_ENDED
        }
        for at, run, nodeid, outcome, message, started_s, ended_s, started_utc, ended_utc in self._select("test"):
            event = begun.pop(at, None)
            if event is None or (run, started_utc) != (event[RUN], event[UTC]):
                return False
            if event[BODY] != spelling.begun(nodeid, started_s):
                return False
            if (outcome, message, ended_s, ended_utc) != (None, "", None, None):
                end = run, ended_utc, spelling.ended(nodeid, outcome, message, ended_s)
                if end not in ended:
                    return False
                ended.remove(end)
        return not begun and not ended

    def _compare_keyed(self, name: str, unseen: dict[Values, Row], last: int) -> None:
        columns, keys = self._columns[name], KEYED[name]
        values_of = cast("Callable[[Row], Values]", itemgetter(*columns))
        places = [columns.index(key) for key in keys]
        for there in self._select(name):
            row = unseen.pop(tuple([there[place] for place in places]), None)
            if row is None:
                self._extra(name, there[columns.index("event")], last)
                continue
            values = values_of(row)
            if values != there:
                self.ends = _first(self.ends, row["event"], self._difference(name, values, there))
        for row in unseen.values():
            self._note(row["event"], self._difference(name, values_of(row), None))

    def _select(self, name: str, rest: str = "") -> Iterator[Values]:
        columns = ", ".join(f'"{column}"' for column in self._columns[name])
        # as the database holds it: a converted column could hide a change
        self._cursor.execute(f'select {columns} from "{name}" {rest}')  # noqa: S608
        return iter(self._cursor.fetchall())

    def _difference(self, name: str, wanted: Values, found: Values | None) -> str:
        event = wanted[self._columns[name].index("event")]
        if found is None:
            return f"{name} of event {event} is missing"
        pairs = zip(self._columns[name], wanted, found, strict=True)
        column = next(column for column, one, other in pairs if one != other)
        return f"{name} of event {event}: column {column} was changed"

    def _extra(self, name: str, event: object, last: int) -> None:
        if isinstance(event, int) and 0 < event <= last:
            self._note(event, f"{name} row without an event")
        else:
            self.tail = _first(self.tail, last + 1, f"event {last + 1} is missing: {name} shows event {event}")

    def _note(self, at: int, reason: str) -> None:
        self.fault = _first(self.fault, at, reason)


def _first(known: Fault | None, at: int, reason: str) -> Fault:
    return min(known or Fault(at, reason), Fault(at, reason))


def _stands(connection: Connection, name: str) -> bool:
    """Whether the table is there with all its columns."""
    inspector = inspect(connection)
    if not inspector.has_table(name):
        return False
    there = {column["name"] for column in inspector.get_columns(name)}
    return there >= {column.name for column in PROJECTIONS[name].columns}
