"""How cool a unit must be, and how long that takes."""

import math

import pytest

from rig.product import load_product

RULE = load_product().retest.cool


@pytest.mark.parametrize(
    ("kelvin", "warm"),
    [
        ({"face": 0.99, "plate": -0.99, "motor": 0.0}, False),
        ({"face": 0.0, "plate": 0.0, "motor": 1.0}, True),
        ({"face": 0.0, "plate": -1.0, "motor": 0.0}, True),
        ({"face": math.nan, "plate": 0.0, "motor": 0.0}, True),
    ],
)
def test_cool_is_every_place_within_a_kelvin(kelvin, warm):
    assert RULE.warm(kelvin) is warm


def test_the_wait_is_that_of_the_slowest_place():
    assert RULE.wait_seconds({"face": 0.3, "plate": math.e, "motor": 0.9}) == pytest.approx(266.0)
    assert RULE.wait_seconds({"face": 5.0, "plate": 5.0, "motor": -math.e}) == pytest.approx(1020.0)
    assert RULE.wait_seconds({"face": 0.0, "plate": 0.0, "motor": 0.0}) == 0.0
