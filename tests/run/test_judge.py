"""The verdict as a pure function: each condition of a PASS is necessary."""

from dataclasses import replace

import pytest

from rig.measure import Verdict
from rig.run.manifest import Expected, Manifest
from rig.run.outcome import Outcome
from rig.run.verdict import NAMED_AT_MOST, Facts, judge

ONE = Expected("test_a", "standby.current", {})
TWO = Expected("test_b", "motor.current", {"level": 3})
STRANGER = Expected("test_b", "motor.ripple", {})
GOOD = Facts(
    manifest=Manifest(("test_a", "test_b"), (ONE, TWO), "hash"),
    outcomes={"test_a": Outcome.PASSED, "test_b": Outcome.PASSED},
    measured={ONE.key: Verdict.PASS, TWO.key: Verdict.PASS},
    safe=True,
    bench_used=True,
)


def test_everything_there_and_in_is_a_pass():
    assert judge(GOOD).verdict is Verdict.PASS
    assert judge(GOOD).reasons == ()


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    [
        ({"manifest": Manifest((), (), "")}, Verdict.INCOMPLETE, "measures nothing"),
        ({"manifest": Manifest(("test_a", "test_b"), (), "")}, Verdict.INCOMPLETE, "measures nothing"),
        ({"measured": {ONE.key: Verdict.PASS}}, Verdict.INCOMPLETE, "motor.current, level 3: not measured"),
        (
            {"measured": {**GOOD.measured, STRANGER.key: Verdict.PASS}},
            Verdict.INCOMPLETE,
            "motor.ripple: measured but not planned",
        ),
        ({"measured": {**GOOD.measured, ONE.key: Verdict.FAIL}}, Verdict.FAIL, "standby.current: out of limits"),
        ({"measured": {**GOOD.measured, ONE.key: Verdict.MARGINAL}}, Verdict.FAIL, "MARGINAL"),
        ({"outcomes": {"test_a": Outcome.PASSED}}, Verdict.INCOMPLETE, "test_b: not run"),
        ({"deselected": ["test_b"]}, Verdict.INCOMPLETE, "test_b: deselected"),
        ({"deselected": ["test_c"]}, Verdict.INCOMPLETE, "test_c: deselected"),
        ({"rig_trouble": ["meter gone"]}, Verdict.ERROR, "meter gone"),
        ({"plan_trouble": ["KeyError"]}, Verdict.ERROR, "KeyError"),
        ({"unit_trouble": ["no tone"]}, Verdict.FAIL, "no tone"),
        ({"unit_silent": ["no reply"]}, Verdict.ERROR, "no reply"),
        ({"stopped": "reversed"}, Verdict.FAIL, "reversed"),
        ({"interrupted": "Ctrl-C"}, Verdict.INTERRUPTED, "Ctrl-C"),
        ({"changed_files": ["heat.py"]}, Verdict.ERROR, "heat.py: changed while the plan ran"),
        ({"safe": False}, Verdict.ERROR, "NOT SAFE"),
        ({"safe": None}, Verdict.ERROR, "NOT SAFE"),
        ({"safe": None, "bench_used": False}, Verdict.INCOMPLETE, "no test used the bench"),
    ],
)
def test_each_doubt_alone_leads_away_from_pass(change, verdict, reason):
    found = judge(replace(GOOD, **change))
    assert found.verdict is verdict
    assert reason in "\n".join(found.reasons)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.NOT_RUN, Verdict.INCOMPLETE),
        (Outcome.SKIPPED, Verdict.INCOMPLETE),
        (Outcome.EXPECTED_FAILURE, Verdict.INCOMPLETE),
        (Outcome.OUT_OF_LIMITS, Verdict.FAIL),
        (Outcome.UNIT_TROUBLE, Verdict.FAIL),
        (Outcome.UNIT_SILENT, Verdict.ERROR),
        (Outcome.PLAN_TROUBLE, Verdict.ERROR),
        (Outcome.RIG_TROUBLE, Verdict.ERROR),
        (Outcome.INTERRUPTED, Verdict.INTERRUPTED),
    ],
)
def test_every_outcome_but_passed_decides(outcome, verdict):
    assert judge(replace(GOOD, outcomes={**GOOD.outcomes, "test_b": outcome})).verdict is verdict


def test_order_of_the_verdicts():
    facts = replace(GOOD, measured={ONE.key: Verdict.FAIL})
    assert judge(facts).verdict is Verdict.FAIL
    facts = replace(facts, rig_trouble=["meter gone"])
    assert judge(facts).verdict is Verdict.ERROR
    facts = replace(facts, interrupted="Ctrl-C")
    assert judge(facts).verdict is Verdict.INTERRUPTED
    facts = replace(facts, safe=False)
    assert judge(facts).verdict is Verdict.ERROR
    assert judge(facts).reasons[0].startswith("NOT SAFE")


def test_what_had_failed_before_the_unit_fell_silent_stays_failed():
    silent = replace(GOOD, unit_silent=["no reply"])
    assert judge(silent).verdict is Verdict.ERROR
    for failed in ({"measured": {ONE.key: Verdict.FAIL}}, {"unit_trouble": ["no tone"]}, {"stopped": "reversed"}):
        found = judge(replace(silent, **failed))
        assert found.verdict is Verdict.FAIL
        assert found.reasons[-1] == "no reply"


def test_many_gaps_are_counted():
    tests = tuple(f"test_{number}" for number in range(NAMED_AT_MOST + 3))
    facts = replace(GOOD, manifest=Manifest(tests, (ONE, TWO), ""), outcomes={})
    assert "and 3 more tests not run" in judge(facts).reasons
