"""Asleep: what a unit on the shelf takes from its battery."""

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
