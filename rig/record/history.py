"""The histories of units: attempts and dispositions in their order, and what the first attempts came to."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from rig.measure import Verdict, condition_text
from rig.measure.unit_status import (
    Disposition,
    PastAttempt,
    UnitStatus,
    overall_status,
    unit_status,
)
from rig.record.store import dispositions, events, measurements, runs

MISMATCH = "identity.mismatch"
DECIDING = 2  # in a record whose runs don't say by which rule they were begun


@dataclass(frozen=True, slots=True)
class UnitHistory:
    """Everything that decides where a unit stands, oldest first; `deciding` as its latest attempt was begun.

    `trial`: its attempts are trials, which decide nothing.
    """

    serial: str
    items: tuple[PastAttempt | Disposition, ...]
    deciding: int = DECIDING
    trial: bool = False

    @property
    def attempts(self) -> tuple[PastAttempt, ...]:
        """Its attempts alone."""
        return tuple(one for one in self.items if isinstance(one, PastAttempt))

    @property
    def dispositions(self) -> tuple[Disposition, ...]:
        """What was decided about it."""
        return tuple(one for one in self.items if isinstance(one, Disposition))

    @property
    def status(self) -> UnitStatus:
        """Where it stands, with the plan that speaks for it."""
        return overall_status(self.deciding_items, self.deciding)

    @property
    def deciding_items(self) -> tuple[PastAttempt | Disposition, ...]:
        """What counts for where it stands: nothing of trials."""
        return () if self.trial else self.items

    @property
    def by_plan(self) -> dict[str, UnitStatus]:
        """Where it stands with each plan it was tested by."""
        plans = dict.fromkeys(one.plan for one in self.attempts)
        return {plan: unit_status(self.deciding_items, plan, self.deciding) for plan in plans}


@dataclass(frozen=True, slots=True)
class FirstPass:
    """First-pass yield of a plan: units judged, and those of them whose first judged attempt was a PASS."""

    plan: str
    units: int
    passed: int

    @property
    def ratio(self) -> float:
        """The yield, 0 to 1."""
        return self.passed / self.units


def history(connection: Connection, serial: str) -> UnitHistory:
    """Return a unit's history; empty when it was never tested."""
    return next(
        _histories(connection, runs.c.serial == serial, dispositions.c.serial == serial), UnitHistory(serial, ())
    )


def histories(connection: Connection) -> list[UnitHistory]:
    """Return every unit's history, in the order in which they were first tested."""
    return list(_histories(connection))


def first_pass(connection: Connection) -> list[FirstPass]:
    """Return the first-pass yield of each plan, by the first attempts that judged; a retest never improves it."""
    judged = runs.c.verdict.in_((Verdict.PASS, Verdict.FAIL))
    first = select(func.min(runs.c.event)).where(judged).group_by(runs.c.serial, runs.c.plan)
    statement = select(runs.c.plan, runs.c.verdict).where(runs.c.event.in_(first)).order_by(runs.c.event)
    verdicts: dict[str, list[str]] = {}
    for row in connection.execute(statement):
        verdicts.setdefault(row.plan, []).append(row.verdict)
    return [FirstPass(plan, len(found), found.count(Verdict.PASS)) for plan, found in verdicts.items()]


def _histories(connection: Connection, *of_unit: Any) -> Iterator[UnitHistory]:
    of_run, of_disposition = of_unit or (None, None)
    unsafe: dict[str, list[str]] = {}
    names = (
        select(measurements.c.run, measurements.c.id, measurements.c.conditions)
        .join_from(measurements, runs, measurements.c.run == runs.c.run)
        .where(measurements.c.safety, measurements.c.verdict != Verdict.PASS)
        .order_by(measurements.c.event)
    )
    for row in connection.execute(_of(names, of_run)):
        where = condition_text(json.loads(row.conditions))
        unsafe.setdefault(row.run, []).append(f"{row.id}, {where}" if where else row.id)
    others = _of_other_units(connection)
    units: dict[str, list[tuple[int, PastAttempt | Disposition]]] = {}
    deciding: dict[str, int] = {}
    for row in connection.execute(_of(select(runs).order_by(runs.c.event), of_run)):
        extra = json.loads(row.details)["extra"]
        deciding[row.serial] = extra.get("retest", {}).get("deciding", DECIDING)
        failed = () if row.run in others else tuple(unsafe.get(row.run, ()))
        one = PastAttempt(row.run, row.plan, row.attempt, row.verdict, failed, extra.get("again"))
        units.setdefault(row.serial, []).append((row.event, one))
    for row in connection.execute(_of(select(dispositions).order_by(dispositions.c.event), of_disposition)):
        one = Disposition(row.reason, row.by, row.role, row.utc, row.station)
        units[row.serial].append((row.event, one))
    for serial, items in units.items():
        in_order: Sequence[tuple[int, Any]] = sorted(items, key=lambda item: item[0])
        yield UnitHistory(serial, tuple(one for _, one in in_order), deciding[serial])


def _of_other_units(connection: Connection) -> set[str]:
    """Runs in which the unit said from the start that it isn't the scanned one: nothing in them is about that one."""
    found = connection.execute(select(events.c.run, events.c.body).where(events.c.kind == MISMATCH))
    bodies = ((row.run, json.loads(row.body)) for row in found)
    return {run for run, body in bodies if not body["confirmed"] and not body["again"]}


def _of(statement: Any, wanted: Any) -> Any:
    return statement if wanted is None else statement.where(wanted)
