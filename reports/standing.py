"""Where units stand by all their attempts, and what was decided about them: for `rig show` and the pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from rig.measure.unit_status import Disposition, UnitStatus
from rig.measure.unit_words import UnitWords, words_for
from rig.record import Attempt, Record, UnitHistory
from rig.record.history import first_pass


def standing_of(history: UnitHistory) -> dict[str, Any]:
    """Return where a unit stands, alone and with each plan, and its dispositions, as JSON holds it."""
    status = history.status
    return {
        "unit_status": str(status.standing),
        "unit_reason": status.reason,
        "plans": {plan: str(one.standing) for plan, one in history.by_plan.items()},
        "dispositions": [
            {"reason": one.reason, "by": one.by, "role": one.role, "station": one.station, "utc": one.utc}
            for one in history.dispositions
        ],
    }


def words_of(record: Record, latest: Attempt) -> UnitWords:
    """Return what the head of a unit's page says; only a record of real units has something to ship."""
    history = record.history(latest.serial)
    return words_for(
        history.status,
        simulated=record.simulated,
        verdict=latest.verdict,
        reasons=latest.reasons,
        advice=history.advice,
        trial=record.trial,
    )


def standing_line(status: UnitStatus) -> str:
    """Say where a unit stands in one line."""
    return f"unit {status.standing}: {status.reason}"


def disposition_line(one: Disposition) -> str:
    """Say what was decided, by whom and why, in one line."""
    return f"{one.utc}: opened again by {one.by} ({one.role}, station {one.station}): {one.reason}"


def standing_lines(history: UnitHistory) -> Iterator[str]:
    """Yield where a unit stands and what was decided about it, for people."""
    for one in history.dispositions:
        yield f"disposition {disposition_line(one)}"
    yield standing_line(history.status)


def all_units(record: Record) -> dict[str, Any]:
    """Return every unit with where it stands, and each plan's first-pass yield; raises RecordError."""
    histories = record.histories()
    units = [
        {
            "serial": one.serial,
            "attempts": len(one.attempts),
            "unit_status": str(one.status.standing),
            "unit_reason": one.status.reason,
        }
        for one in histories
    ]
    first = {one.plan: {"units": one.units, "passed": one.passed, "yield": one.ratio} for one in first_pass(histories)}
    return {"units": units, "first_pass": first}


def all_lines(shown: Mapping[str, Any]) -> Iterator[str]:
    """Yield all units as lines for people."""
    for unit in shown["units"]:
        count = f"{unit['attempts']} attempt{'s' if unit['attempts'] > 1 else ''}"
        yield f"{unit['serial']:20} {count:14} {unit['unit_status']:14} {unit['unit_reason']}"
    for plan, first in shown["first_pass"].items():
        yield f"plan {plan}: {first['passed']} of {first['units']} units passed at first, {first['yield']:.1%}"
