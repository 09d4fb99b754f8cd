"""May this unit be tested now, and what do its attempts come to? Asked before a run begins, and at its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rig.errors import RetestRefused, UsageError
from rig.measure import Verdict
from rig.measure.unit_status import PastAttempt, Standing, UnitStatus, overall_status, unit_status
from rig.product.retest import Retest

if TYPE_CHECKING:
    from rig.record import Record, UnitHistory
    from rig.run.context import RunContext


@dataclass(frozen=True, slots=True)
class Admission:
    """A run that may begin: the history it was judged by, and the rule."""

    history: "UnitHistory"
    rule: Retest
    releasing: tuple[str, ...] = ()

    def noted(self) -> Mapping[str, object]:
        """What the run's first event says about it."""
        rule = {"attempts": self.rule.attempts, "deciding": self.rule.deciding, "advice": self.rule.advice}
        return {"retest": {**rule, "releasing": list(self.releasing)}}


def admit(context: "RunContext", record: "Record") -> Admission:
    """Decide whether the next attempt may begin; nothing of it is recorded yet.

    Raises UsageError when the unit is decided and no reason was given to test it again; RetestRefused, which the
    journal keeps, when it is blocked.
    A trial is not refused for that: it decides nothing, and nothing decides about it.
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
        decided = status.standing in (Standing.PASSED, Standing.FAILED)
        if options.again is not None and not decided and options.trial is None:
            raise UsageError(f"--again: {name} isn't decided ({status.standing}): leave it out")
    except RetestRefused as error:
        record.refused(options.serial, options.plan, str(error))
        raise
    return Admission(history, rule, context.product.releasing)


def status_after(admission: Admission, context: "RunContext", verdict: Verdict) -> UnitStatus:
    """Return where the unit stands by all its plans once the run has that verdict."""
    found, run = context.failures(), context.record
    this = PastAttempt(
        run.run_id,
        context.options.plan,
        run.attempt,
        str(verdict),
        found.unsafe,
        context.options.again,
        found.failed,
        found.doubted,
        found.doubted_unsafe,
    )
    items = () if context.options.trial is not None else (*admission.history.items, this)
    return overall_status(items, admission.rule.deciding, context.product.releasing)
