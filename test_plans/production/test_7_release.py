"""Release: calibration stored only when all else passed, then ship mode."""

import pytest


def test_bench_saw_the_pad_warm(ramp, heat):
    """The rig's own thermocouple followed the pad: otherwise the rig, not the unit, is at fault."""
    heat.check_thermocouple(ramp)


@pytest.mark.requirement("PRD-003")
@pytest.mark.measures("calibration.stored")
def test_calibration(calibration, measure):
    """What was measured is written into the unit, and the unit remembers it."""
    calibration.pull_log()
    measure("calibration.stored", calibration.store() if measure.all_passed else "withheld: something failed")


@pytest.mark.requirement("ELE-002")
@pytest.mark.measures("ship.current")
def test_ship_mode(unit, power, measure):
    """A unit in ship mode draws next to nothing."""
    power.meter_out()
    unit.massager.ship()
    measure("ship.current", power.shipped_amperes())
