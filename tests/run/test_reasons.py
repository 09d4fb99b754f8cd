"""Reasons carry value, limit and requirement, together where one cause shows at several places."""

import pytest

from rig.measure import Decision, Limit, Reading, Verdict
from rig.run.manifest import Expected
from rig.run.observer import Measurement
from rig.run.reasons import out_of_limits


def taken(value, verdict=Verdict.FAIL, id="motor.current", low=None, high=0.405, one_of=None, **conditions):
    unit = "" if one_of else "A"
    bounds = {"one_of": one_of} if one_of else {"low": low, "high": high}
    limit = Limit(id, conditions, unit, requirement="PRF-010", **bounds)
    return Measurement(Expected("test_it", id, conditions), Reading(value, unit, None), limit, Decision(verdict), 1.0)


def test_levels_of_one_kind_share_a_line_with_the_worst_of_them():
    found = out_of_limits([taken(0.5, level=1), taken(0.573, level=2), taken(0.41, level=3)])
    assert found == ["motor.current too high at levels 1 to 3 (level 2: 573 mA, at most 405 mA) [PRF-010]"]


def test_one_alone_is_named_whole():
    assert out_of_limits([taken(0.573, level=3)]) == [
        "motor.current, level 3 too high: 573 mA, at most 405 mA [PRF-010]"
    ]


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (taken(0.01, low=0.1, high=None), "motor.current too low: 10.0 mA, at least 100 mA [PRF-010]"),
        (taken(0.01, low=0.1), "motor.current too low: 10.0 mA, allowed 100 .. 405 mA [PRF-010]"),
        (taken("reversed", id="motor.direction", one_of=("forward",)), "motor.direction wrong: reversed, not forward"),
    ],
)
def test_the_side_is_said(one, told):
    (line,) = out_of_limits([one])
    assert line.startswith(told)


def test_two_sides_are_two_causes():
    found = out_of_limits([taken(0.01, low=0.1, level=1), taken(0.5, low=0.1, level=2)])
    assert [line.partition(":")[0] for line in found] == [
        "motor.current, level 1 too low",
        "motor.current, level 2 too high",
    ]


def test_what_was_withheld_is_no_cause():
    withheld = taken("withheld: something failed", id="calibration.stored", one_of=("verified",))
    assert out_of_limits([taken(0.573, level=3), withheld]) == out_of_limits([taken(0.573, level=3)])
    assert out_of_limits([withheld]) == ["calibration.stored: withheld: something failed"]


def test_what_is_in_is_not_told():
    assert out_of_limits([taken(0.3, Verdict.PASS)]) == []
