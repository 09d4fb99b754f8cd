"""A unit's attempts and measurements, as `rig show` gives them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rig.errors import UsageError
from rig.measure import condition_text
from rig.measure.decide import COVERAGE
from rig.record import Attempt, MeasurementRow, Record


def known_attempts(record: Record, serial: str) -> list[Attempt]:
    """Return a unit's attempts, oldest first; raises UsageError when the record doesn't know it."""
    attempts = record.attempts(serial)
    if not attempts:
        raise UsageError(f"serial {serial!r}: never tested, in the record at {record.directory}")
    return attempts


def attempts_of(record: Record, serial: str) -> list[dict[str, Any]]:
    """Return every attempt of a serial, oldest first, with its measurements.

    Raises UsageError for a serial that was never tested, RecordError when the record can't be read.
    """
    return [
        {
            "run": attempt.run_id,
            "attempt": attempt.attempt,
            "plan": attempt.plan,
            "verdict": attempt.verdict,
            "state": attempt.state,
            "trial": attempt.extra.get("trial"),
            "scanned": attempt.extra.get("scanned"),
            "reasons": list(attempt.reasons),
            "started_utc": attempt.started_utc,
            "station": attempt.station,
            "operator": attempt.operator,
            "pad": attempt.pad,
            "again": attempt.extra.get("again"),
            "wall_s": attempt.wall_s,
            "bench_s": attempt.bench_s,
            "measurements": [_row(row) for row in record.measurements(attempt.run_id)],
        }
        for attempt in known_attempts(record, serial)
    ]


def lines_of(attempts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield attempts as lines for people."""
    for attempt in attempts:
        yield (
            f"attempt {attempt['attempt']}  plan {attempt['plan']}  {attempt['state']}  "
            f"{attempt['started_utc']}  run {attempt['run']}"
        )
        if attempt["trial"] is not None:
            yield f"  a trial: {attempt['trial']}"
        if attempt["scanned"] is not None:
            yield f"  scanned {attempt['scanned']!r}: read as its serial"
        if attempt["again"] is not None:
            yield f"  tested again: {attempt['again']}"
        for reason in attempt["reasons"]:
            yield f"  - {reason}"
        for row in attempt["measurements"]:
            conditions = condition_text(row["conditions"])
            name = f"{row['id']}, {conditions}" if conditions else str(row["id"])
            uncertainty = f" ±{COVERAGE * row['u']:.2g}" if row["u"] else ""
            value = f"{row['value']:.6g}" if isinstance(row["value"], float) else str(row["value"])
            value = f"{value} {row['unit']}{uncertainty}"
            yield f"  {name:44} {value:28} {_limits(row):24} {_accepted(row):24} {row['verdict']}"


def _limits(row: Mapping[str, Any]) -> str:
    if row["one_of"] is not None:
        return " or ".join(str(state) for state in row["one_of"])
    return _interval(row["low"], row["high"])


def _accepted(row: Mapping[str, Any]) -> str:
    bounds = (row["acceptance_low"], row["acceptance_high"])
    return "" if bounds == (row["low"], row["high"]) else _interval(*bounds)


def _interval(low_bound: float | None, high_bound: float | None) -> str:
    low, high = ("" if bound is None else f"{bound:.6g}" for bound in (low_bound, high_bound))
    return f"{low} .. {high}".strip()


def _row(row: MeasurementRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "conditions": dict(row.conditions),
        "value": row.value,
        "unit": row.unit,
        "u": row.u,
        "low": row.low,
        "high": row.high,
        "acceptance_low": row.acceptance_low,
        "acceptance_high": row.acceptance_high,
        "one_of": None if row.one_of is None else list(row.one_of),
        "verdict": row.verdict,
        "safety": row.safety,
        "requirement": row.requirement,
        "test": row.test,
        "t_s": row.t_s,
    }
