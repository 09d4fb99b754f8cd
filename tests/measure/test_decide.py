import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.errors import ConfigError
from rig.measure import Decision, Limit, Reading, Verdict, decide

PASS, FAIL, MARGINAL = Verdict.PASS, Verdict.FAIL, Verdict.MARGINAL


def between(low: float | None, high: float | None, rule: str = "simple") -> Limit:
    return Limit("x.y", unit="V", low=low, high=high, rule=rule)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "u", "low", "high", "expected"),
    [
        (-5.47, 0.05, None, -5.40, 0.9192),  # one upper limit
        (509.7, 8.6, 490.0, None, 0.9890),  # one lower limit
    ],
)
def test_conformance_probability_agrees_with_the_published_examples(
    value: float, u: float, low: float | None, high: float | None, expected: float
):
    p_conform = decide(Reading(value, "V", u), between(low, high)).p_conform
    assert p_conform is not None
    assert round(p_conform, 4) == expected


def test_conformance_probability_counts_both_sides():
    # symmetric about the middle: 2 Phi(1) - 1
    p_conform = decide(Reading(0.0, "V", 1.0), between(-1.0, 1.0)).p_conform
    assert p_conform == pytest.approx(0.682689492137, abs=1e-12)


@pytest.mark.parametrize(("value", "expected"), [(1.0, 1.0), (1.0000001, 0.0)])
def test_without_uncertainty_conformance_is_certain(value: float, expected: float):
    assert decide(Reading(value, "V", 0.0), between(None, 1.0)).p_conform == expected


# limits 10 .. 20, u 0.5, so that 2 u = 1: every boundary, and the next number on either side of it
@pytest.mark.parametrize(
    ("value", "simple", "guarded", "guarded_reject"),
    [
        (15.0, PASS, PASS, PASS),
        (11.0, PASS, PASS, PASS),
        (math.nextafter(11.0, 0), PASS, FAIL, MARGINAL),
        (10.0, PASS, FAIL, MARGINAL),
        (math.nextafter(10.0, 0), FAIL, FAIL, MARGINAL),
        (9.0, FAIL, FAIL, MARGINAL),
        (math.nextafter(9.0, 0), FAIL, FAIL, FAIL),
        (19.0, PASS, PASS, PASS),
        (math.nextafter(19.0, 99), PASS, FAIL, MARGINAL),
        (20.0, PASS, FAIL, MARGINAL),
        (math.nextafter(20.0, 99), FAIL, FAIL, MARGINAL),
        (21.0, FAIL, FAIL, MARGINAL),
        (math.nextafter(21.0, 99), FAIL, FAIL, FAIL),
    ],
)
def test_every_rule_at_every_boundary(value: float, simple: Verdict, guarded: Verdict, guarded_reject: Verdict):
    reading = Reading(value, "V", 0.5)
    assert decide(reading, between(10.0, 20.0)).verdict is simple
    assert decide(reading, between(10.0, 20.0, "guarded")).verdict is guarded
    assert decide(reading, between(10.0, 20.0, "guarded-reject")).verdict is guarded_reject


def test_the_acceptance_interval_is_part_of_the_decision():
    reading = Reading(15.0, "V", 0.5)
    simple = decide(reading, between(10.0, 20.0))
    guarded = decide(reading, between(10.0, 20.0, "guarded"))
    assert (simple.acceptance_low, simple.acceptance_high) == (10.0, 20.0)
    assert (guarded.acceptance_low, guarded.acceptance_high) == (11.0, 19.0)


def test_one_sided_limits_leave_the_other_side_open():
    upper = between(None, 20.0, "guarded")
    decision = decide(Reading(-1e6, "V", 0.5), upper)
    assert decision.verdict is PASS
    assert (decision.acceptance_low, decision.acceptance_high) == (None, 19.0)
    assert decide(Reading(19.5, "V", 0.5), upper).verdict is FAIL
    lower = between(10.0, None, "guarded")
    assert decide(Reading(1e6, "V", 0.5), lower).verdict is PASS
    assert decide(Reading(10.5, "V", 0.5), lower).verdict is FAIL


def test_nothing_passes_where_the_uncertainty_leaves_no_room():
    vague = Reading(15.0, "V", 3.0)
    assert decide(vague, between(10.0, 20.0, "guarded")).verdict is FAIL
    assert decide(vague, between(10.0, 20.0, "guarded-reject")).verdict is MARGINAL


@pytest.mark.parametrize("rule", ["guarded", "guarded-reject"])
def test_a_guarded_rule_needs_the_uncertainty(rule: str):
    with pytest.raises(ConfigError, match=r"x\.y: rule .* needs the reading's standard uncertainty"):
        decide(Reading(15.0, "V"), between(10.0, 20.0, rule))


def test_a_simple_rule_does_not():
    assert decide(Reading(15.0, "V"), between(10.0, 20.0)) == Decision(PASS, 10.0, 20.0, None)


def test_another_unit_is_a_mistake_of_the_definition_not_of_the_unit():
    with pytest.raises(ConfigError, match=r"x\.y: measured in 'mV', its limit is in 'V'"):
        decide(Reading(15.0, "mV"), between(10.0, 20.0))


@pytest.mark.parametrize("value", ["15", True])
def test_a_text_or_state_is_not_judged_by_an_interval(value: str | bool):
    with pytest.raises(ConfigError, match="is no number"):
        decide(Reading(value, "V"), between(0.0, 20.0))


def test_a_number_is_not_judged_by_texts():
    with pytest.raises(ConfigError, match="is a number"):
        decide(Reading(1.0, ""), Limit("x.y", one_of=("1.0", True)))


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("normal", PASS),
        ("other", PASS),
        ("Normal", FAIL),
        ("", FAIL),
        (True, PASS),
        (False, FAIL),
        ("True", FAIL),
    ],
)
def test_texts_and_states_pass_only_as_listed(value: str | bool, verdict: Verdict):
    assert decide(Reading(value, ""), Limit("x.y", one_of=("normal", "other", True))).verdict is verdict


numbers = st.floats(-1e6, 1e6)
uncertainties = st.just(0.0) | st.floats(1e-6, 1e3)  # below 1e-6, 2 u is lost in the rounding of 1e6


@settings(derandomize=True, deadline=None, max_examples=150)
@given(value=numbers, u=uncertainties, edges=st.tuples(numbers, numbers))
def test_each_rule_is_at_most_as_generous_as_the_next(value: float, u: float, edges: tuple[float, float]):
    low, high = sorted(edges)
    reading = Reading(value, "V", u)
    simple = decide(reading, between(low, high))
    guarded = decide(reading, between(low, high, "guarded"))
    rejecting = decide(reading, between(low, high, "guarded-reject"))
    assert (guarded.verdict is PASS) == (rejecting.verdict is PASS)
    if guarded.verdict is PASS:
        assert simple.verdict is PASS
        assert guarded.p_conform is not None
        assert guarded.p_conform > 0.95  # 2.3 % at each limit at most
    if rejecting.verdict is FAIL:
        assert simple.verdict is FAIL
    assert simple.p_conform is not None
    assert 0.0 <= simple.p_conform <= 1.0
