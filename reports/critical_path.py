"""Where a run's bench time went: its tests in order, and the largest first."""

from collections.abc import Iterator, Mapping
from typing import Any

from rig.errors import UsageError
from rig.record import Record

LARGEST = 8


def path_of(record: Record, serial: str) -> dict[str, Any]:
    """Return how long each test of the serial's latest finished run kept the bench, in bench seconds.

    Tests follow one another, so what runs beside them (the heat ramp) only counts where a test waits for it. Raises
    UsageError for a serial without a finished run.
    """
    finished = [attempt for attempt in record.attempts(serial) if attempt.bench_s is not None]
    if not finished:
        raise UsageError(f"serial {serial!r}: no finished run, in the record at {record.directory}")
    attempt = finished[-1]
    rows = record.tests(attempt.run_id)
    whole = attempt.bench_s or 0.0
    steps = [
        {
            "test": row.nodeid.rpartition("::")[2],
            "start_s": row.started_s,
            "bench_s": row.ended_s - row.started_s,
            "share": (row.ended_s - row.started_s) / whole if whole else 0.0,
        }
        for row in rows
        if row.ended_s is not None
    ]
    return {"serial": serial, "run": attempt.run_id, "plan": attempt.plan, "bench_s": whole, "critical_path": steps}


def lines_of_path(shown: Mapping[str, Any]) -> Iterator[str]:
    """Yield it as lines for people; the largest steps are marked."""
    steps = shown["critical_path"]
    largest = sorted((step["bench_s"] for step in steps), reverse=True)[:LARGEST]
    yield f"plan {shown['plan']}, run {shown['run']}: {shown['bench_s']:.1f} s on the bench"
    for step in steps:
        mark = " *" if step["bench_s"] in largest else ""
        yield f"  {step['start_s']:7.2f} s  {step['bench_s']:7.2f} s  {step['share']:6.1%}  {step['test']}{mark}"
    told = sum(step["share"] for step in steps if step["bench_s"] in largest)
    yield f"* the {len(largest)} longest: {told:.0%} of the bench time"
