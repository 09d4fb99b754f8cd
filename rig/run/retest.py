"""May this unit be tested now, and what do its attempts come to? Asked before a run begins, and at its end."""

import contextlib
import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rig.errors import RetestRefused, UnitError, UsageError
from rig.measure import Verdict
from rig.measure.unit_status import PastAttempt, Standing, UnitStatus, unit_status
from rig.product.retest import Retest

if TYPE_CHECKING:
    from rig.record import Record, UnitHistory
    from rig.run.context import RunContext

COOLED = "retest.cool"  # the event that says how cool the unit was


@dataclass(frozen=True, slots=True)
class Admission:
    """A run that may begin: the history it was judged by, and what was found out about the unit's temperature."""

    history: "UnitHistory"
    rule: Retest
    cooled: Mapping[str, object] = field(default_factory=dict[str, object])

    def noted(self) -> Mapping[str, object]:
        """What the run's first event says about it."""
        return {"retest": {"attempts": self.rule.attempts, "deciding": self.rule.deciding}}


def admit(context: "RunContext", record: "Record", hook: Any) -> Admission:
    """Decide whether the next attempt may begin; nothing of it is recorded yet.

    Raises UsageError when the unit is decided and no reason was given to test it again; RetestRefused, which the
    journal keeps, when it is blocked or warm; whatever the bench raises while it looks how warm the unit is.
    A trial is refused for a warm unit alone: it decides nothing, and nothing decides about it.
    """
    options, rule = context.options, context.product.retest
    history = record.history(options.serial)
    status = unit_status(history.deciding_items, options.plan, rule.deciding)
    name = f"serial {options.serial}"
    going_on = next((one for one in history.attempts if one.verdict is None), None)
    try:
        if going_on is not None:
            raise RetestRefused(
                f"{name}: attempt {going_on.attempt} of plan {going_on.plan} is going on; wait for its end"
            )
        if status.standing is Standing.BLOCKED:
            raise RetestRefused(f"{name}: blocked: {status.reason}")
        if status.standing in (Standing.PASSED, Standing.FAILED) and options.again is None:
            stays = " (it stays failed)" if status.standing is Standing.FAILED else ""
            raise UsageError(
                f"{name}: {status.standing}: {status.reason}; to test it all the same, give --again REASON{stays}"
            )
        cooled: Mapping[str, object] = {}
        if any(one.verdict == Verdict.FAIL for one in history.attempts):
            cooled = _cool(context, rule, _bad_sensors(record, history, rule), hook)
    except RetestRefused as error:
        record.refused(options.serial, options.plan, str(error))
        raise
    return Admission(history, rule, cooled)


def status_after(admission: Admission, context: "RunContext", verdict: Verdict) -> UnitStatus:
    """Return where the unit stands once the run has that verdict."""
    unsafe = tuple(
        one.expected.name
        for one in context.measurements.values()
        if one.limit.safety and one.decision.verdict is not Verdict.PASS and not context.scan_again
    )
    run = context.record
    this = PastAttempt(run.run_id, context.options.plan, run.attempt, str(verdict), unsafe)
    counting = () if context.options.trial is not None else (*admission.history.items, this)
    return unit_status(counting, context.options.plan, admission.rule.deciding)


def status_line(status: UnitStatus, rule: Retest) -> str:
    """Say where the unit stands, and what to do, in one line."""
    advice = f"; {rule.advice}, and let it cool" if status.standing is Standing.RETEST_NEEDED else ""
    return f"unit {status.standing}: {status.reason}{advice}"


def _bad_sensors(record: "Record", history: "UnitHistory", rule: Retest) -> set[int]:
    """Return the sensors that an earlier attempt has found bad at rest: what they say is no temperature."""
    cool = rule.cool
    rows = (row for one in history.attempts for row in record.measurements(one.run_id))
    return {
        int(row.conditions[cool.condition])
        for row in rows
        if row.id == cool.measurement and row.verdict != Verdict.PASS
    }


def _cool(context: "RunContext", rule: Retest, bad: set[int], hook: Any) -> Mapping[str, object]:
    """Look how warm the unit is, and wait where that was asked for; return what the journal shall say."""
    looks: Iterator[Mapping[int, float]] | None = hook.pytest_rig_unit_sensors(run=context)
    if looks is None:
        raise RetestRefused(f"serial {context.serial}: nobody can tell how warm it is: no plug-in reads its sensors")
    left = math.floor(rule.cool.most_seconds / rule.cool.every_seconds) if context.options.wait_cool else 0
    with _closing(looks):
        try:
            for kelvin in looks:
                believed = {sensor: value for sensor, value in kelvin.items() if sensor not in bad}
                if not rule.cool.warm(believed):
                    return {"kelvin": {str(key): value for key, value in kelvin.items()}, "bad_sensors": sorted(bad)}
                warm, wait = _warm_text(believed, rule)
                if left == 0:
                    how = "it doesn't cool" if context.options.wait_cool else f"wait {wait}, or give --wait-cool"
                    raise RetestRefused(f"serial {context.serial}: {warm}: {how}")
                context.note(f"{warm}: waiting, {wait} more")
                context.checkpoint()
                left -= 1
        except UnitError as error:
            # it can't be asked how warm it is: the plan, which asks it the same, is to judge that
            return {"not_read": str(error)}
    return {"not_read": "its sensors gave no reading"}


def _warm_text(kelvin: Mapping[int, float], rule: Retest) -> tuple[str, str]:
    sensor, worst = max(kelvin.items(), key=lambda one: abs(one[1]))
    seconds = rule.cool.wait_seconds(worst)
    minutes = f"about {math.ceil(seconds / 60.0)} min" if seconds >= 60.0 else f"about {math.ceil(seconds)} s"
    side = "above" if worst > 0.0 else "below"
    warm = f"not cool: its NTC{sensor} is {abs(worst):.1f} K {side} the ambient, a retest begins within "
    return warm + f"{rule.cool.within_kelvin:g} K", minutes


@contextlib.contextmanager
def _closing(looks: Iterator[Mapping[int, float]]) -> Generator[None]:
    try:
        yield
    finally:
        close = getattr(looks, "close", None)
        if close is not None:
            close()
