"""What a struck run leaves: the record is opened as the next start opens it, and held against what was told before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig.record import Record
from rig.record.text import canonical
from tests.campaigns.wrong import Value

Line = dict[str, Any]
DIED = "the process of this run died"
AS_JOURNALLED = ("value", "unit", "u", "low", "high", "verdict", "t_s")


@dataclass(slots=True)
class Aftermath:
    """Counts of what was acknowledged, is lost, or reads differently now; and what became of the run.

    `closed`: the next start found it open and closed it as INTERRUPTED; `whole`: each planned measurement is in it,
    and in its limits.
    """

    acknowledged: int = 0
    lost: int = 0
    wrong: int = 0
    verdict: str = ""
    reasons: tuple[str, ...] = ()
    closed: bool = False
    left_open: bool = False
    whole: bool = False
    verified: bool = True
    values: dict[str, Value] = field(default_factory=dict[str, Value])


def look(data: Path, serial: str, acknowledged: Sequence[Line]) -> Aftermath:
    """Open the record as the next start does, and compare; raises RecordError when it can't be opened."""
    found = Aftermath(acknowledged=sum(line["acknowledged"] == "measurement" for line in acknowledged))
    if not (data / "record.sqlite").exists():
        found.lost = len(acknowledged)
        return found
    with Record.open(data) as record:
        attempts = record.attempts(serial)
        for attempt in attempts:  # there is one, or none when it was struck before it began
            rows = record.measurements(attempt.run_id)
            found.verdict, found.reasons = str(attempt.verdict), attempt.reasons
            found.left_open = attempt.verdict is None
            found.closed = attempt.reasons[:1] == (DIED,)  # by us, or by its guard, which opened the record before
            found.whole = not record.missing(attempt.run_id) and all(row.verdict == "PASS" for row in rows)
            kept = {_name(row.test, row.id, row.conditions): row for row in rows}
            for row in rows:
                found.values[f"{row.id} {sorted(row.conditions.items())}"] = Value(row.value, row.u, row.verdict)
            tests = {row.nodeid: row.outcome for row in record.tests(attempt.run_id)}
            for line in acknowledged:
                match line["acknowledged"]:
                    case "measurement":
                        row = kept.get(_name(line["test"], line["id"], line["conditions"]))
                        found.lost += row is None
                        found.wrong += row is not None and _differs(row, line)
                    case "test.ended":
                        found.lost += tests.get(line["nodeid"]) != line["outcome"]
                    case "run.ended":
                        found.wrong += line["verdict"] != attempt.verdict
                    case _:
                        found.lost += line["run"] != attempt.run_id
        found.lost += 0 if attempts else len(acknowledged)
        found.verified = record.verify().ok
    return found


def _name(test: str, id: str, conditions: Any) -> str:
    return canonical([test, id, dict(conditions)])


def _differs(row: Any, line: Line) -> bool:
    # a whole number may come back as a float
    return any(getattr(row, key) != line[key] for key in AS_JOURNALLED)
