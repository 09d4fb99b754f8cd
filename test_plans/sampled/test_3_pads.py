"""Every massage pad on this unit."""

import pytest


@pytest.mark.requirement("FUN-002", "PRF-002", "PRF-007")
@pytest.mark.measures("pads.id", "pads.heater_resistance", "pads.strength")
@pytest.mark.parametrize("pad", ["FLAT", "WAVE", "LARGE"])
def test_heated_pad(pads, measure, pad):
    """A heated pad is recognised, has its heater, and vibrates with its strength."""
    measure("pads.id", pads.recognised(pad), pad=pad)
    measure("pads.heater_resistance", pads.heater_resistance(), pad=pad)
    measure("pads.strength", pads.strength(), pad=pad)


@pytest.mark.requirement("FUN-002", "PRF-002")
@pytest.mark.measures("pads.id", "pads.strength")
@pytest.mark.parametrize("pad", ["BALL", "FINGER"])
def test_unheated_pad(pads, measure, pad):
    """A pad without heat is recognised, and vibrates with its strength."""
    measure("pads.id", pads.recognised(pad), pad=pad)
    measure("pads.strength", pads.strength(), pad=pad)


@pytest.mark.requirement("PRF-002")
@pytest.mark.measures("hand_arm.vibration_total")
@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_vibration_at_the_hand(hand_arm, measure, level):
    """What a hand that presses meets along three axes, weighted as for its health."""
    measure("hand_arm.vibration_total", hand_arm.vibration_total("FLAT", level), level=level)
