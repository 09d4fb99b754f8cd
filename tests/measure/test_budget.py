"""Budgets against the GUM's own examples, and the guarded rule against its bound."""

import math

import numpy as np
import pytest

from rig.errors import ConfigError
from rig.measure import (
    Budget,
    Contribution,
    Correlation,
    Limit,
    Reading,
    Verdict,
    decide,
    global_risk,
    too_near,
)
from rig.measure.budget import Distribution


def line(
    name: str,
    value: float,
    share: float = 0.0,
    distribution: Distribution = "normal",
    sensitivity: float = 1.0,
) -> Contribution:
    return Contribution(name, value, share, "", distribution, sensitivity, "test")


def test_end_gauge_of_the_gum():
    # JCGM 100:2008, H.1.4: 25, 9.7, 2.9 and 16.6 nm give 32 nm
    lines = [line("standard", 25.0), line("difference", 9.7), line("expansion", 2.9), line("temperature", 16.6)]
    assert Budget("gauge", "nm", tuple(lines)).u(50_000_623.0) == pytest.approx(31.7, abs=0.05)


def test_ten_resistors_against_one_standard_err_together():
    # JCGM 100:2008, 5.2.2, note 1: ten of 1000 ohm, each 0.1 ohm, r = 1, are 1 ohm in series, not 0.32 ohm
    lines = tuple(line(f"resistor {number}", 0.1) for number in range(10))
    together = tuple(Correlation(a.name, b.name, 1.0) for i, a in enumerate(lines) for b in lines[i + 1 :])
    assert Budget("series", "ohm", lines, together).u(10_000.0) == pytest.approx(1.0)
    assert Budget("series", "ohm", lines).u(10_000.0) == pytest.approx(0.316, abs=5e-4)


def test_a_difference_of_readings_of_one_sensor_loses_what_they_share():
    lines = (line("highest", 0.12), line("final", 0.12, sensitivity=-1.0))
    assert Budget("overshoot", "K", lines, (Correlation("highest", "final", 1.0),)).u(0.1) == pytest.approx(0.0)
    assert Budget("overshoot", "K", lines).u(0.1) == pytest.approx(0.12 * math.sqrt(2.0))


@pytest.mark.parametrize(
    ("distribution", "divisor"),
    [
        ("normal", 1.0),
        ("normal-95", 2.0),
        ("rectangular", 1.7320508),
        ("triangular", 2.4494897),
        ("u-shaped", 1.4142136),
    ],
)
def test_divisors(distribution: Distribution, divisor: float):
    # JCGM 100:2008, 4.3.3, 4.3.7, 4.3.9; U-shaped: NIST TN 1297
    assert line("one", 3.0, distribution=distribution).u(0.0) == pytest.approx(3.0 / divisor, rel=1e-7)


def test_the_sum_is_that_of_its_lines_at_any_value():
    lines = (line("meter", 0.0018, 0.0015, "rectangular"), line("share", 0.002, 0.0, "triangular", -3.0))
    budget = Budget("motor.current", "A", lines, estimator="a fit")
    for value in (-2.0, 0.0, 0.127, 3.0):
        shown = budget.lines(value, 0.001)
        assert budget.u(value, 0.001) == pytest.approx(math.sqrt(sum(one["u"] ** 2 for one in shown)))
        assert shown[-1]["name"] == "estimator"


def test_the_record_gives_it_back():
    lines = (line("meter", 0.0018, 0.0015, "rectangular"), line("other", 0.002))
    budget = Budget("motor.current", "A", lines, (Correlation("meter", "other", 0.5),), "a fit")
    assert Budget.from_json("motor.current", budget.as_json()) == budget


def test_texts_stay_without_uncertainty():
    budget = Budget("motor.current", "A", (line("meter", 0.1),))
    assert budget.applied(Reading("forward", "")) == Reading("forward", "")
    with pytest.raises(ConfigError, match="text or a state"):
        Reading("forward", "", 0.1)


@pytest.mark.parametrize(
    ("names", "coefficient", "complaint"),
    [(("one", "three"), 0.5, "no two contributions"), (("one", "two"), 1.5, "not within -1 and 1")],
)
def test_correlations_are_between_lines_that_are_there(names: tuple[str, str], coefficient: float, complaint: str):
    with pytest.raises(ConfigError, match=complaint):
        Budget("x", "A", (line("one", 1.0), line("two", 1.0)), (Correlation(*names, coefficient),))


def test_a_limit_that_the_uncertainty_cannot_carry_is_found():
    budget = Budget("x", "A", (line("one", 0.1),))
    assert too_near(Limit("x", unit="A", low=0.0, high=1.0, nominal=0.5), budget) is None
    assert "2 U is 0.4" in str(too_near(Limit("x", unit="A", low=0.2, high=1.0, nominal=0.5), budget))
    assert "no nominal" in str(too_near(Limit("x", unit="A", low=0.2), budget))


def test_units_near_a_limit_are_accepted_wrongly_no_more_often_than_the_rule_says():
    limit = Limit("x", unit="degC", low=50.0, high=54.0, rule="guarded")
    budget = Budget("x", "degC", (line("one", 0.1, distribution="rectangular"), line("two", 0.05)))
    u = budget.u(54.0)
    draw = np.random.default_rng(20261122)
    units, readings_each = 2000, 20
    count = units * readings_each

    def accepted(truths: np.ndarray) -> np.ndarray:
        values = truths + u * draw.standard_normal(len(truths))
        readings = (budget.applied(Reading(float(value), "degC")) for value in values)
        return np.array([decide(reading, limit).verdict is Verdict.PASS for reading in readings])

    # units exactly on the limit: at most 2.3 % (JCGM 106, k = 2), and a guard band that isn't wider than that
    on_limit = accepted(np.full(count, 54.0)).mean()
    sigma = math.sqrt(0.02275 * 0.97725 / count)
    assert on_limit <= 0.02275 + 3.0 * sigma
    assert on_limit >= 0.02275 - 3.0 * sigma
    # a process that straddles the limit: the share of all units out of tolerance and accepted, by JCGM 106
    truths = np.repeat(54.0 + 2.0 * u * draw.standard_normal(units), readings_each)
    wrong = float(np.mean(accepted(truths) & (truths > 54.0)))
    consumer, _ = global_risk(54.0, 2.0 * u, u, 50.0, 54.0, 50.0 + 2.0 * u, 54.0 - 2.0 * u)
    # the units are drawn, too: their spread counts beside that of the readings
    assert abs(wrong - consumer) <= 3.0 * math.sqrt(consumer / count + 0.02275 * consumer / units)
    simple, _ = global_risk(54.0, 2.0 * u, u, 50.0, 54.0, 50.0, 54.0)
    assert wrong < 0.1 * simple
