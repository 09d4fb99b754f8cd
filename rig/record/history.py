"""The histories of units: attempts and dispositions in their order, and what the first attempts came to."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from rig.measure import Verdict, condition_text
from rig.measure.blame import ANY_TEST, BenchTrouble, Failure, sort_failures
from rig.measure.unit_status import (
    Counts,
    Disposition,
    PastAttempt,
    UnitStatus,
    overall_status,
    unit_status,
)
from rig.measure.unit_words import ADVICE
from rig.record.projection import TROUBLE
from rig.record.store import dispositions, events, measurements, runs, tests

MISMATCH = "identity.mismatch"
DECIDING = 2  # in a record whose runs don't say by which rule they were begun
RELEASING = ("production",)  # likewise
MADE_WITH = "made_with"  # what a run's first event says its readings depend on, by id
BENCH, UNIT = "bench", "unit"  # kinds of trouble that say something about a failure


@dataclass(frozen=True, slots=True)
class UnitHistory:
    """Everything that decides where a unit stands, oldest first; the rule is that by which its latest attempt began.

    `trial`: its attempts are trials, which decide nothing.
    """

    serial: str
    items: tuple[PastAttempt | Disposition, ...]
    deciding: int = DECIDING
    releasing: tuple[str, ...] = RELEASING
    advice: str = ADVICE
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
        """Where it stands by all its plans."""
        return overall_status(self.deciding_items, self.deciding, self.releasing)

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
    """First-pass yield of a plan: units judged, and those of them that nothing failed in before their first PASS."""

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


def first_pass(units: Sequence[UnitHistory]) -> list[FirstPass]:
    """Return the first-pass yield of each plan, by the first attempts that said something; a retest never improves it.

    A failure counts however its run ended, and where the rig may have caused it, too: the unit didn't pass at first.
    """
    found: dict[str, list[Counts]] = {}
    for unit in units:
        first: dict[str, Counts] = {}
        for one in unit.attempts:
            if one.counts is not Counts.NOTHING:
                first.setdefault(one.plan, one.counts)
        for plan, counts in first.items():
            found.setdefault(plan, []).append(counts)
    return [FirstPass(plan, len(counts), counts.count(Counts.PASS)) for plan, counts in found.items()]


def _histories(connection: Connection, *of_unit: Any) -> Iterator[UnitHistory]:
    of_run, of_disposition = of_unit or (None, None)
    rows: list[Row[Any]] = [*connection.execute(_of(select(runs).order_by(runs.c.event), of_run))]
    failures = _failures(connection, of_run)
    for run_id in _of_other_units(connection):
        failures.pop(run_id, None)
    told = _troubles(connection, [row for row in rows if row.run in failures and row.verdict not in _JUDGED])
    units: dict[str, list[tuple[int, PastAttempt | Disposition]]] = {}
    rules: dict[str, tuple[int, tuple[str, ...], str]] = {}
    for row in rows:
        details = json.loads(row.details)
        rule = details["extra"].get("retest", {})
        releasing = tuple(rule.get("releasing", RELEASING))
        rules[row.serial] = rule.get("deciding", DECIDING), releasing, rule.get("advice", ADVICE)
        one = _attempt(row, details, failures.get(row.run, []), told.get(row.run, []))
        units.setdefault(row.serial, []).append((row.event, one))
    for row in connection.execute(_of(select(dispositions).order_by(dispositions.c.event), of_disposition)):
        one = Disposition(row.reason, row.by, row.role, row.utc, row.station)
        units[row.serial].append((row.event, one))
    for serial, items in units.items():
        in_order: Sequence[tuple[int, Any]] = sorted(items, key=lambda item: item[0])
        yield UnitHistory(serial, tuple(one for _, one in in_order), *rules[serial])


def _attempt(
    row: Row[Any], details: Mapping[str, Any], failures: Sequence[Failure], told: Sequence[Mapping[str, Any]]
) -> PastAttempt:
    """Return a run with what failed in it, sorted by whose doing it may be."""
    troubles = [BenchTrouble(one["test"], frozenset(one["blames"])) for one in told if one.get("kind") == BENCH]
    found = [*failures, *(Failure(one["message"], one["test"]) for one in told if one.get("kind") == UNIT)]
    if (made_with := details["extra"].get(MADE_WITH)) is not None:
        found = list(depending(found, made_with, details["manifest"]))
    elif row.verdict == Verdict.ERROR:
        troubles.append(BenchTrouble(ANY_TEST))  # of an old run nobody knows what was blamed
    by_whom = sort_failures(found, troubles)
    return PastAttempt(
        row.run,
        row.plan,
        row.attempt,
        row.verdict,
        by_whom.unsafe,
        details["extra"].get("again"),
        by_whom.failed,
        by_whom.doubted,
        by_whom.doubted_unsafe,
    )


def depending(
    failures: Sequence[Failure], made_with: Mapping[str, Iterable[str]], manifest: Iterable[Sequence[Any]]
) -> Iterator[Failure]:
    """Yield failures with what they depend on; one that is no measurement, on all that its test was to measure with."""
    of_test: dict[str, set[str]] = {}
    for test, id_, *_ in manifest:
        of_test.setdefault(test, {UNIT}).update(made_with.get(id_, ()))
    for one in failures:
        names = made_with.get(one.name.partition(",")[0], of_test.get(one.test, {UNIT}))
        yield replace(one, made_with=frozenset(names))


def _failures(connection: Connection, of_run: Any) -> dict[str, list[Failure]]:
    """Return what failed in each run: its measurements that aren't PASS, its tests that failed without one."""
    found: dict[str, list[Failure]] = {}
    out = (
        select(measurements)
        .join_from(measurements, runs, measurements.c.run == runs.c.run)
        .where(measurements.c.verdict != Verdict.PASS)
        .order_by(measurements.c.event)
    )
    for row in connection.execute(_of(out, of_run)):
        where = condition_text(json.loads(row.conditions))
        name = f"{row.id}, {where}" if where else row.id
        found.setdefault(row.run, []).append(Failure(name, row.test, row.safety))
    failed = (
        select(tests.c.run, tests.c.nodeid)
        .join_from(tests, runs, tests.c.run == runs.c.run)
        .where(tests.c.outcome == "failed")
        .order_by(tests.c.event)
    )
    for row in connection.execute(_of(failed, of_run)):
        if row.nodeid not in {one.test for one in found.get(row.run, [])}:
            found.setdefault(row.run, []).append(Failure(row.nodeid.rpartition("::")[2], row.nodeid))
    return found


def _troubles(connection: Connection, of_runs: Sequence[Row[Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return what was told about trouble in these runs, which are few: the journal is read through for them."""
    if not of_runs:
        return {}
    found: dict[str, list[Mapping[str, Any]]] = {}
    told = select(events.c.run, events.c.body).where(
        events.c.seq > min(row.event for row in of_runs), events.c.kind == TROUBLE
    )
    wanted = {row.run for row in of_runs}
    for row in connection.execute(told.order_by(events.c.seq)):
        if row.run in wanted:
            found.setdefault(row.run, []).append(json.loads(row.body))
    return found


def _of_other_units(connection: Connection) -> set[str]:
    """Runs in which the unit said from the start that it isn't the scanned one: nothing in them is about that one."""
    found = connection.execute(select(events.c.run, events.c.body).where(events.c.kind == MISMATCH))
    bodies = ((row.run, json.loads(row.body)) for row in found)
    return {run for run, body in bodies if not body["confirmed"] and not body["again"]}


def _of(statement: Any, wanted: Any) -> Any:
    return statement if wanted is None else statement.where(wanted)


_JUDGED = (Verdict.PASS, Verdict.FAIL)  # whose word says it all
