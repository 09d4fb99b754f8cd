"""The Mini at the end of its line."""

import pytest


@pytest.mark.requirement("ELE-002")
@pytest.mark.measures("standby.current")
def test_standby_current(unit, power, measure):
    """A sleeping unit draws microamperes, and its power key wakes it."""
    power.meter_out()
    unit.massager.sleep()
    measure("standby.current", power.asleep_amperes())
    unit.wake()
    power.meter_in()


@pytest.mark.requirement("PRF-001", "PRF-002")
@pytest.mark.measures("vibration.frequency", "vibration.strength")
@pytest.mark.parametrize("level", [2, 4])
def test_level(unit, vibration, measure, level):
    """The running level turns at its speed, with its strength."""
    unit.run_at(level)
    wave = vibration.acquire(level)
    measure("vibration.frequency", wave.frequency(), level=level)
    measure("vibration.strength", wave.strength(), level=level)
