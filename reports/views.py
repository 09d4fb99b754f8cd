"""What `rig show` shows: units, attempts, the uncertainty budget of a measurement, or a run's critical path."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from reports.marks import marks_of
from reports.standing import all_lines, all_units, standing_lines, standing_of
from rig.errors import UsageError
from rig.record import Record


def view(
    data: Path, serial: str | None, budget: str | None, *, critical_path: bool
) -> tuple[dict[str, Any], Iterator[str]]:
    """Return what was asked for as JSON holds it, and as lines for people; without a serial, all units.

    Raises UsageError for a serial or a measurement that isn't there, RecordError when the record can't be read.
    """
    if serial is None and (budget is not None or critical_path):
        raise UsageError("SERIAL: say which unit's")
    with Record.read(data) as record:
        if serial is None:
            units = {**all_units(record), **marks_of(record)}
            return units, chain(record.birth.marks, all_lines(units))
        if budget is not None:
            from reports.budgets import budget_of, lines_of_budget

            found = budget_of(record, serial, budget)
            return found, lines_of_budget(found)
        if critical_path:
            from reports.critical_path import lines_of_path, path_of

            found = path_of(record, serial)
            return found, lines_of_path(found)
        from reports.attempts import attempts_of, lines_of

        attempts, history = attempts_of(record, serial), record.history(serial)
        marks = record.birth.marks
        marked = marks_of(record)
    shown = {"serial": serial, "attempts": attempts, **standing_of(history), **marked}
    return shown, chain(marks, lines_of(attempts), standing_lines(history))
