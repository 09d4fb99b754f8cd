"""The verdict of a run: a pure function of plan and facts, in which every doubt leads away from PASS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rig.measure import Verdict
from rig.run.manifest import Key, Manifest
from rig.run.outcome import Outcome

NAMED_AT_MOST = 5  # reasons are read by people: more of a kind are counted


@dataclass(frozen=True, slots=True)
class Facts:
    """All that counts for the verdict; `out_of_limits` is how people are told of what isn't in.

    `outcomes` by test; `measured` by the key of the expected measurement; `safe` is True once the bench was
    read back off, False when that failed, None when nobody read it back; `bench_used` says that there was a
    bench to read.
    """

    manifest: Manifest
    outcomes: Mapping[str, Outcome]
    measured: Mapping[Key, Verdict]
    out_of_limits: Sequence[str] = ()
    rig_trouble: Sequence[str] = ()
    unit_trouble: Sequence[str] = ()
    unit_silent: Sequence[str] = ()
    plan_trouble: Sequence[str] = ()
    interrupted: str | None = None
    stopped: str | None = None
    safe: bool | None = None
    bench_used: bool = False
    changed_files: Sequence[str] = ()
    deselected: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and why, one line each, the weightiest first."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(facts: Facts) -> Judgement:
    """Return the verdict of a run.

    A bench that couldn't be read back safe is an ERROR before anything else; then INTERRUPTED, ERROR
    (trouble of rig or plan: the unit isn't judged), FAIL, ERROR for a unit that fell silent before anything
    had failed, INCOMPLETE, in this order. PASS remains when
    every test of the manifest has passed and every expected measurement is there, each one PASS, and the
    bench was read back safe.
    """
    unsafe = _unsafe(facts)
    errors = [*facts.rig_trouble, *facts.plan_trouble]
    if facts.changed_files:
        errors.append(f"{', '.join(facts.changed_files)}: changed while the plan ran; run it again")
    failures = [*_out_of_limits(facts), *facts.unit_trouble, *([facts.stopped] if facts.stopped else [])]
    gaps = _gaps(facts)
    ended = _by_outcome(facts)
    errors += ended.get(Verdict.ERROR, []) if not errors else []
    failures += ended.get(Verdict.FAIL, []) if not failures else []
    silences = list(facts.unit_silent)
    if not silences:
        silences = [f"{test}: {outcome}" for test, outcome in facts.outcomes.items() if outcome is Outcome.UNIT_SILENT]
    if unsafe:
        verdict = Verdict.ERROR
    elif facts.interrupted is not None or Verdict.INTERRUPTED in ended:
        verdict = Verdict.INTERRUPTED
    elif errors:
        verdict = Verdict.ERROR
    elif failures:
        verdict = Verdict.FAIL
    elif silences:
        verdict = Verdict.ERROR
    elif gaps:
        verdict = Verdict.INCOMPLETE
    else:
        return Judgement(Verdict.PASS, ())
    interrupted = [f"interrupted: {facts.interrupted or 'a test was cut short'}"]
    reasons = {
        Verdict.INTERRUPTED: [*interrupted, *errors, *failures, *silences],
        Verdict.ERROR: [*unsafe, *errors, *failures, *silences],
        Verdict.FAIL: [*failures, *silences],
        Verdict.INCOMPLETE: gaps,
    }[verdict]
    return Judgement(verdict, tuple(dict.fromkeys(reasons)))


def _unsafe(facts: Facts) -> list[str]:
    if facts.safe is False:
        return ["NOT SAFE: the outputs couldn't be read back as off; remove power by hand"]
    if facts.bench_used and facts.safe is None:
        return ["NOT SAFE: the bench was never read back as off; check it, remove power by hand"]
    return []


def _out_of_limits(facts: Facts) -> list[str]:
    planned = {one.key: one for one in facts.manifest.expected}
    if facts.out_of_limits and any(verdict is not Verdict.PASS for verdict in facts.measured.values()):
        return list(facts.out_of_limits)
    named: list[str] = []
    for key, verdict in facts.measured.items():
        if verdict is not Verdict.PASS:
            name = planned[key].name if key in planned else key[1][0]
            named.append(f"{name}: {'out of limits' if verdict is Verdict.FAIL else verdict}")
    return named


def _by_outcome(facts: Facts) -> dict[Verdict, list[str]]:
    """Find tests whose way to end decides by itself, even when nothing else was noted about them."""
    kinds = {
        Outcome.INTERRUPTED: Verdict.INTERRUPTED,
        Outcome.RIG_TROUBLE: Verdict.ERROR,
        Outcome.PLAN_TROUBLE: Verdict.ERROR,
        Outcome.UNIT_TROUBLE: Verdict.FAIL,
        Outcome.OUT_OF_LIMITS: Verdict.FAIL,
    }
    found: dict[Verdict, list[str]] = {}
    for test, outcome in facts.outcomes.items():
        if outcome in kinds:
            found.setdefault(kinds[outcome], []).append(f"{test}: {outcome}")
    return found


def _gaps(facts: Facts) -> list[str]:
    gaps: list[str] = []
    if not facts.manifest.expected:
        gaps.append("the plan measures nothing")
    if not facts.bench_used:
        gaps.append("no test used the bench")
    for outcome, tests in _unfinished(facts).items():
        gaps += _short([f"{test}: {outcome}" for test in tests], f"tests {outcome}")
    missing = [one for one in facts.manifest.expected if one.key not in facts.measured]
    gaps += _short([f"{one.name}: not measured" for one in missing], "not measured")
    planned = {one.key for one in facts.manifest.expected}
    gaps += [f"{key[1][0]}: measured but not planned" for key in facts.measured if key not in planned]
    return gaps


def _unfinished(facts: Facts) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    # the end of the run has an outcome, too, though no test of the manifest
    for test in dict.fromkeys([*facts.manifest.tests, *facts.outcomes, *facts.deselected]):
        outcome = facts.outcomes.get(test, Outcome.NOT_RUN)
        if test in facts.deselected:
            found.setdefault("deselected", []).append(test)
        elif outcome is not Outcome.PASSED:
            found.setdefault(str(outcome), []).append(test)
    return found


def _short(lines: list[str], kind: str) -> list[str]:
    if len(lines) <= NAMED_AT_MOST:
        return lines
    return [*lines[:NAMED_AT_MOST], f"and {len(lines) - NAMED_AT_MOST} more {kind}"]
