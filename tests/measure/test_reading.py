import math

import pytest

from rig.errors import InstrumentFault
from rig.measure import Reading


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 9.9e37, -9.9e37, 9.91e37, 1e38])
def test_a_reading_is_never_made_of_what_is_no_number(value: float):
    with pytest.raises(InstrumentFault, match="is no reading"):
        Reading(value, "V")


@pytest.mark.parametrize("u", [math.nan, math.inf, -0.001, 9.9e37])
def test_a_standard_uncertainty_is_finite_and_not_negative(u: float):
    with pytest.raises(InstrumentFault, match="no standard uncertainty"):
        Reading(1.0, "V", u)


@pytest.mark.parametrize(
    ("value", "is_number"),
    [(0.0, True), (3, True), (9.8e37, True), ("NONE", False), ("", False), (True, False)],
)
def test_numbers_are_told_from_texts_and_states(value: float | str | bool, is_number: bool):
    assert Reading(value, "").is_number is is_number


def test_a_reading_cannot_be_changed():
    reading = Reading(1.0, "V", 0.1)
    with pytest.raises(AttributeError):
        reading.value = 2.0  # type: ignore[misc]
