"""What a unit's attempts come to: so many of one verdict decide, and a failed safety measurement blocks it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rig.measure.verdict import Verdict


class Standing(StrEnum):
    """Where a unit stands; of several plans the one named last here speaks for it."""

    UNTESTED = "untested"
    PASSED = "passed"
    NOT_JUDGED = "not judged"
    RETEST_NEEDED = "retest needed"
    FAILED = "failed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt of a unit; `verdict` is None while it is going on, `unsafe` names its failed safety measurements."""

    run_id: str
    plan: str
    attempt: int
    verdict: str | None
    unsafe: tuple[str, ...] = ()
    again: str | None = None


@dataclass(frozen=True, slots=True)
class Disposition:
    """Somebody answers for testing a blocked unit again."""

    reason: str
    by: str
    role: str
    utc: str
    station: str = ""


History = Sequence[PastAttempt | Disposition]


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """Where a unit stands with a plan.

    `passed` and `failed` are the numbers of the attempts that count, `blocking` the attempts whose failed safety
    measurements nobody has disposed of, through whatever plan.
    """

    plan: str
    standing: Standing
    passed: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    blocking: tuple[PastAttempt, ...] = ()
    deciding: int = 2

    @property
    def reason(self) -> str:
        """Why, and what to do, in one line."""
        match self.standing:
            case Standing.UNTESTED:
                return "no attempt yet"
            case Standing.PASSED:
                return f"{_attempts(self.passed)} passed"
            case Standing.NOT_JUDGED:
                return "no attempt has judged it: test it again"
            case Standing.FAILED:
                return f"{_attempts(self.failed)} failed: for good; set it aside with its label"
            case Standing.BLOCKED:
                found = "; ".join(f"{', '.join(one.unsafe)} in attempt {one.attempt}" for one in self.blocking)
                return f"safety measurement failed: {found}; only `rig disposition` opens it again"
            case Standing.RETEST_NEEDED:
                if not self.failed:
                    return "it was tested again and not judged since: test it again"
                more = self.deciding - len(self.passed)
                return (
                    f"{_attempts(self.failed)} failed, {len(self.passed)} passed since the series began: {more} more "
                    f"PASS of {2 * self.deciding - 1} pass it, {self.deciding - len(self.failed)} more FAIL fails it"
                )


@dataclass(slots=True)
class _Series:
    """The judgements since a unit last began anew."""

    attempts: int = 0
    passed: list[int] = field(default_factory=list[int])
    failed: list[int] = field(default_factory=list[int])

    def standing(self, deciding: int) -> Standing:
        if len(self.failed) >= deciding:
            return Standing.FAILED
        if self.passed and (not self.failed or len(self.passed) >= deciding):
            return Standing.PASSED
        return Standing.RETEST_NEEDED


def unit_status(history: History, plan: str, deciding: int) -> UnitStatus:
    """Return where a unit stands with a plan, by its whole history, oldest first.

    A first PASS passes it. After a FAIL, `deciding` verdicts of a kind decide: so many PASS pass it, so many FAIL
    fail it for good. ERROR, INTERRUPTED and INCOMPLETE judge nothing. An attempt at a unit that has passed begins
    a new series; until that has judged it, its pass doesn't stand. A failed safety measurement, in whatever attempt
    and plan, blocks until the next disposition; a PASS of a blocked unit doesn't count, a FAIL does.
    """
    series, began = _Series(), False
    blocking: list[PastAttempt] = []
    for one in history:
        if isinstance(one, Disposition):
            blocking.clear()
            continue
        if one.unsafe:
            blocking.append(one)
        if one.plan != plan:
            continue
        if series.attempts and series.standing(deciding) is Standing.PASSED:
            series, began = _Series(), True
        series.attempts += 1
        if one.verdict == Verdict.FAIL:
            series.failed.append(one.attempt)
        elif one.verdict == Verdict.PASS and not blocking:
            series.passed.append(one.attempt)
    standing = series.standing(deciding)
    if blocking:
        standing = Standing.BLOCKED
    elif not series.attempts:
        standing = Standing.UNTESTED
    elif not series.passed and not series.failed and not began:
        standing = Standing.NOT_JUDGED
    return UnitStatus(plan, standing, tuple(series.passed), tuple(series.failed), tuple(blocking), deciding)


def overall_status(history: History, deciding: int) -> UnitStatus:
    """Return where a unit stands with the plan that speaks for it: the one that is furthest from passed."""
    plans = dict.fromkeys(one.plan for one in history if isinstance(one, PastAttempt))
    order = list(Standing)
    statuses = [unit_status(history, plan, deciding) for plan in plans]
    return max(statuses, key=lambda one: order.index(one.standing), default=UnitStatus("", Standing.UNTESTED))


def _attempts(numbers: Sequence[int]) -> str:
    *others, last = map(str, numbers)
    return f"attempts {', '.join(others)} and {last}" if others else f"attempt {last}"
