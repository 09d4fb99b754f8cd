"""Where a unit stands: what its attempts with each plan come to, and whether every releasing plan has passed it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from rig.measure.verdict import Verdict

NAMED_AT_MOST = 3  # of the measurements in a reason, which is one line


class Standing(StrEnum):
    """Where a unit stands; of several plans the one named last here speaks for it."""

    UNTESTED = "untested"
    PASSED = "passed"
    NOT_RELEASED = "not released"
    NOT_JUDGED = "not judged"
    RETEST_NEEDED = "retest needed"
    FAILED = "failed"
    BLOCKED = "blocked"


class Counts(StrEnum):
    """What one attempt says about its unit, however its run ended."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    DOUBT = "doubt"  # something failed that the rig's own trouble may have caused
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt of a unit; `verdict` is None while it is going on.

    `failed` names what failed in it, `doubted` what failed and may be the rig's doing, `unsafe` and `doubted_unsafe`
    the safety measurements among them (see `rig.measure.blame`).
    """

    run_id: str
    plan: str
    attempt: int
    verdict: str | None
    unsafe: tuple[str, ...] = ()
    again: str | None = None
    failed: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    doubted_unsafe: tuple[str, ...] = ()

    @property
    def counts(self) -> Counts:
        """What it says about the unit: what failed counts, whatever word the run ended with."""
        if self.verdict is None:
            return Counts.NOTHING
        if self.failed or self.verdict == Verdict.FAIL:
            return Counts.FAIL
        if self.doubted:
            return Counts.DOUBT
        return Counts.PASS if self.verdict == Verdict.PASS else Counts.NOTHING


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
    """Where a unit stands, with `plan`, or (see `overall_status`) by all plans with `plan` speaking for it.

    `passed`, `failed` and `doubted` are the numbers of the attempts that count, `blocking` the attempts whose failed
    safety measurements nobody has disposed of, through whatever plan. `passed_plans` have passed it, `missing` are
    the releasing plans that haven't run. `named` says the plan in the reason, where there are several.
    """

    plan: str
    standing: Standing
    passed: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    doubted: tuple[int, ...] = ()
    blocking: tuple[PastAttempt, ...] = ()
    deciding: int = 2
    passed_plans: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    named: bool = False

    @property
    def more(self) -> int:
        """How many more PASS pass it, as it stands with its plan."""
        alone = not self.failed and not self.doubted
        return max(0, (1 if alone else self.deciding) - len(self.passed))

    @property
    def reason(self) -> str:
        """Why, and what to do, in one line."""
        match self.standing:
            case Standing.UNTESTED:
                return "no attempt yet"
            case Standing.NOT_RELEASED:
                ran = f"{_listed(self.passed_plans)} passed; " if self.passed_plans else ""
                return f"{ran}{_listed(self.missing)} {'has' if len(self.missing) == 1 else 'have'} not run"
            case Standing.PASSED if len(self.passed_plans) > 1:
                return f"{_listed(self.passed_plans)} passed"
            case Standing.BLOCKED:
                found = "; ".join(
                    f"{_few(one.unsafe or one.doubted_unsafe)} in attempt {one.attempt} of plan {one.plan}"
                    for one in self.blocking
                )
                return f"safety measurement failed: {found}; only `rig disposition` opens it again"
            case _:
                return f"{self.plan}: {self._of_plan()}" if self.named else self._of_plan()

    def _of_plan(self) -> str:
        match self.standing:
            case Standing.PASSED:
                return f"{_attempts(self.passed)} passed"
            case Standing.NOT_JUDGED:
                return "no attempt has judged it: test it again"
            case Standing.FAILED:
                return f"{_attempts(self.failed)} failed: for good; set it aside with its label"
            case _:
                return self._retest()

    def _retest(self) -> str:
        if not self.failed and not self.doubted:
            return "it was tested again and not judged since: test it again"
        known = [f"{_attempts(self.failed)} failed"] if self.failed else []
        if self.doubted:
            known.append(f"{_attempts(self.doubted)} failed while the rig was in trouble, which decides nothing")
        known += [f"{_attempts(self.passed)} passed"] if self.passed else []
        needs = f"needs {self.more} more PASS (best of {2 * self.deciding - 1})"
        rejects = self.deciding - len(self.failed)
        return f"{', '.join(known)}: {needs}; {rejects} more FAIL reject{'s' if rejects == 1 else ''} it"


@dataclass(slots=True)
class _Series:
    """The judgements since a unit last began anew."""

    attempts: int = 0
    passed: list[int] = field(default_factory=list[int])
    failed: list[int] = field(default_factory=list[int])
    doubted: list[int] = field(default_factory=list[int])

    def add(self, one: PastAttempt, *, blocked: bool) -> None:
        """Count one more attempt; a PASS of a blocked unit doesn't count, a FAIL does."""
        self.attempts += 1
        match one.counts:
            case Counts.FAIL:
                self.failed.append(one.attempt)
            case Counts.DOUBT:
                self.doubted.append(one.attempt)
            case Counts.PASS if not blocked:
                self.passed.append(one.attempt)
            case _:
                pass

    def standing(self, deciding: int) -> Standing:
        """Return what they come to; an attempt in doubt takes away that a single PASS passes, and nothing else."""
        if len(self.failed) >= deciding:
            return Standing.FAILED
        alone = not self.failed and not self.doubted
        if self.passed and (alone or len(self.passed) >= deciding):
            return Standing.PASSED
        return Standing.RETEST_NEEDED


def unit_status(history: History, plan: str, deciding: int) -> UnitStatus:
    """Return where a unit stands with a plan, by its whole history, oldest first.

    A first PASS passes it. After a FAIL, `deciding` verdicts of a kind decide: so many PASS pass it, so many FAIL
    fail it for good. What failed counts however its run ended; what the rig's own trouble may have caused takes as
    many PASS as a FAIL does, and never fails the unit. Runs in which nothing failed and that aren't PASS judge
    nothing. An attempt at a unit that has passed begins a new series; until that has judged it, its pass doesn't
    stand. A failed safety measurement, in whatever attempt and plan, blocks until the next disposition; one that the
    rig's own trouble explains blocks when the same one fails so a second time.
    """
    series, began = _Series(), False
    blocking: list[PastAttempt] = []
    doubted_unsafe: set[str] = set()
    for one in history:
        if isinstance(one, Disposition):
            blocking.clear()
            doubted_unsafe.clear()
            continue
        if one.unsafe or doubted_unsafe.intersection(one.doubted_unsafe):
            blocking.append(one)
        doubted_unsafe.update(one.doubted_unsafe)
        if one.plan != plan:
            continue
        if series.attempts and series.standing(deciding) is Standing.PASSED:
            series, began = _Series(), True
        series.add(one, blocked=bool(blocking))
    standing = series.standing(deciding)
    if blocking:
        standing = Standing.BLOCKED
    elif not series.attempts:
        standing = Standing.UNTESTED
    elif not (series.passed or series.failed or series.doubted or began):
        standing = Standing.NOT_JUDGED
    counted = (tuple(series.passed), tuple(series.failed), tuple(series.doubted))
    return UnitStatus(plan, standing, *counted, tuple(blocking), deciding)


def overall_status(history: History, deciding: int, releasing: Sequence[str]) -> UnitStatus:
    """Return where a unit stands by all its plans: passed only with a PASS of every releasing one.

    The plan that is furthest from passed speaks for it; a releasing plan that never ran leaves it not released. Where
    no plan releases, nothing passes it.
    """
    tried = dict.fromkeys(one.plan for one in history if isinstance(one, PastAttempt))
    if not tried:
        return UnitStatus("", Standing.UNTESTED, deciding=deciding)
    order = list(Standing)
    statuses = [unit_status(history, plan, deciding) for plan in tried]
    worst = max(statuses, key=lambda one: order.index(one.standing))
    missing = tuple(plan for plan in releasing if plan not in tried)
    passed = tuple(one.plan for one in statuses if one.standing is Standing.PASSED)
    standing = worst.standing
    if standing is Standing.PASSED and (missing or not releasing):
        standing = Standing.NOT_RELEASED
        missing = missing or ("a releasing plan",)
    several = len(tried.keys() | set(releasing)) > 1
    return replace(worst, standing=standing, passed_plans=passed, missing=missing, named=several)


def _attempts(numbers: Sequence[int]) -> str:
    if not numbers:
        return "no attempt"
    listed = _listed([str(number) for number in numbers])
    return f"attempts {listed}" if len(numbers) > 1 else f"attempt {listed}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names) or "no plan"


def _few(names: Sequence[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
