"""The end of a run: verdict into the record, summary to the observers, facts beside the reporter's files."""

import contextlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from rig.errors import RecordError
from rig.measure import Verdict
from rig.measure.unit_status import Standing
from rig.record.recovery import own_results
from rig.run.audience import Audience
from rig.run.context import RunContext
from rig.run.observer import Summary, TestEnd
from rig.run.outcome import Outcome
from rig.run.retest import Admission, status_after
from rig.run.verdict import Judgement, judge

FACTS = "run.json"
UNIT_PASSED, UNIT_FAILED, NOT_JUDGED, UNIT_NOT_PASSED = 0, 1, 2, 3
RECORDED = {
    Outcome.NOT_RUN: "skipped",
    Outcome.PASSED: "passed",
    Outcome.SKIPPED: "skipped",
    Outcome.EXPECTED_FAILURE: "skipped",
    Outcome.OUT_OF_LIMITS: "failed",
    Outcome.UNIT_TROUBLE: "failed",
    Outcome.UNIT_SILENT: "broken",
    Outcome.PLAN_TROUBLE: "broken",
    Outcome.RIG_TROUBLE: "broken",
    Outcome.INTERRUPTED: "broken",
}


def finish(
    context: RunContext,
    admission: Admission,
    audience: Audience,
    ends: Sequence[TestEnd],
    results: Path,
    *,
    changed_files: Sequence[str],
) -> Summary:
    """Judge, record the verdict, tell the observers, then keep the reporter's files; returns what they were told.

    A verdict that can't be recorded is an ERROR, whatever it was.
    """
    judgement = judge(context.facts(changed_files=changed_files))
    wall, bench = context.wall_seconds(), context.seconds()
    try:
        context.record.end(judgement.verdict, judgement.reasons, wall, bench)
    except RecordError as error:
        judgement = Judgement(Verdict.ERROR, tuple(dict.fromkeys((str(error), *judgement.reasons))))
        with contextlib.suppress(RecordError):  # where this can't be recorded either, the next start closes the run
            context.record.end(judgement.verdict, judgement.reasons, wall, bench)
    unit = status_after(admission, context, judgement.verdict)
    summary = Summary(
        run_id=context.record.run_id,
        serial=context.serial,
        plan=context.options.plan,
        attempt=context.record.attempt,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        measurements=tuple(context.measurements.values()),
        tests=tuple(ends),
        wall_s=wall,
        bench_s=bench,
        fsync_s=context.record.fsync_seconds,
        results=results,
        facts=run_facts(context, judgement, ends, wall, bench),
        unit=unit,
        advice=admission.rule.advice,
        scan_again=context.scan_again,
        simulated=context.options.simulated,
        trial=context.options.trial,
        record=context.options.data,
    )
    trouble = _copy_heads(context)  # before anybody is told
    if trouble is not None:
        context.note(trouble)
    audience.tell(lambda one: one.ended(summary))
    _keep(context, summary)
    _copy_heads(context)
    return summary


def exit_status(summary: Summary) -> int:
    """Return 0 where the unit stands passed by a PASS, 3 where only this attempt passed; 1 for FAIL, else 2."""
    match summary.verdict:
        case Verdict.PASS:
            passed = summary.unit is not None and summary.unit.standing is Standing.PASSED
            return UNIT_PASSED if passed else UNIT_NOT_PASSED
        case Verdict.FAIL | Verdict.MARGINAL:
            return UNIT_FAILED
        case _:
            return NOT_JUDGED


def run_facts(
    context: RunContext, judgement: Judgement, ends: Sequence[TestEnd], wall: float, bench: float
) -> dict[str, object]:
    """Return what a report says about the run beside its tests, as JSON holds it."""
    options, product = context.options, context.product
    taken = {one.limit.id: one.reading.value for one in context.measurements.values()}
    return {
        "run": context.record.run_id,
        "serial": options.serial,
        "plan": options.plan,
        "verdict": str(judgement.verdict),
        "simulated": options.simulated,
        "trial": options.trial,
        "reasons": list(judgement.reasons),
        "attempt": context.record.attempt,
        "station": context.station.name,
        "operator": options.operator or context.station.operator or "",
        "slot": options.slot,
        "pad": product.fitted_pad,
        "product": product.name,
        "firmware": taken.get("identity.firmware"),
        "limits_hash": product.limits_hash,
        "plan_hash": context.manifest.source_hash,
        "seed": options.seed if options.station is None else None,
        "defects": list(options.defects),
        "wall_s": wall,
        "bench_s": bench,
        "tests": [
            {
                "test": end.test,
                "outcome": end.outcome,
                "message": end.message,
                "bench_s": end.bench_s,
                "wall_s": end.wall_s,
            }
            for end in ends
        ],
        "measurements": [one.as_json() for one in context.measurements.values()],
    }


def _keep(context: RunContext, summary: Summary) -> None:
    """Put what the reporter wrote, and the facts, into the record; a failure here decides nothing."""
    if not summary.results.is_dir():
        return
    with contextlib.suppress(RecordError, OSError):
        (summary.results / FACTS).write_text(json.dumps(summary.facts), encoding="utf-8")
        context.record.store_report_files(summary.results)
        if own_results(summary.results):
            shutil.rmtree(summary.results)  # the record gives them back


def _copy_heads(context: RunContext) -> str | None:
    """Add the run's signed heads to the file elsewhere that the station names; say why not: the verdict stands."""
    data = context.station.data
    if data.heads_to is None:
        return None
    try:
        context.record.copy_heads(Path(data.heads_to))
    except OSError as error:
        advice = "make it writable, then: rig verify --heads-to FILE"
        return f"signed heads not written to {data.heads_to}: {error.strerror}; {advice}"
    return None
