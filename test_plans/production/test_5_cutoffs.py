"""Safety cut-offs: when the current really stopped, never what the firmware says about it."""

import pytest


@pytest.mark.requirement("SAF-001", "SAF-013")
@pytest.mark.measures("cutoff.closed_loop.time")
def test_hot_safety_sensor_in_use(fault_box, measure):
    """While motor and heat run as in use, a hot line of the safety sensor alone ends the heater's current."""
    measure("cutoff.closed_loop.time", fault_box.closed_loop_time())


@pytest.mark.requirement("SAF-001")
@pytest.mark.measures("cutoff.overtemp.threshold")
def test_overtemperature_threshold(fault_box, measure):
    """The firmware turns the heater off at its over-temperature threshold."""
    measure("cutoff.overtemp.threshold", fault_box.injected_threshold())


@pytest.mark.requirement("SAF-001")
@pytest.mark.measures("cutoff.overtemp.time")
def test_overtemperature_time(fault_box, measure):
    """A sensor line that really goes too hot ends the heater's current in time."""
    measure("cutoff.overtemp.time", fault_box.overtemp_time())


@pytest.mark.requirement("SAF-002")
@pytest.mark.measures("cutoff.comparator.threshold")
def test_comparator_threshold(fault_box, measure):
    """With the firmware masked, the hardware comparator turns the heater off at its threshold."""
    measure("cutoff.comparator.threshold", fault_box.comparator_threshold())


@pytest.mark.requirement("SAF-002")
@pytest.mark.measures("cutoff.comparator.time")
def test_comparator_time(fault_box, measure):
    """With the firmware masked, the hardware comparator ends the heater's current at once."""
    measure("cutoff.comparator.time", fault_box.comparator_time())


@pytest.mark.requirement("SAF-003")
@pytest.mark.measures("cutoff.ntc_open.time")
def test_open_sensor(fault_box, measure):
    """An open sensor line ends the heater's current."""
    measure("cutoff.ntc_open.time", fault_box.open_time())


@pytest.mark.requirement("SAF-003")
@pytest.mark.measures("cutoff.ntc_short.time")
def test_shorted_sensor(fault_box, measure):
    """A shorted sensor line ends the heater's current."""
    measure("cutoff.ntc_short.time", fault_box.short_time())


@pytest.mark.requirement("SAF-004")
@pytest.mark.measures("cutoff.stall.time", "cutoff.stall.retries")
def test_held_motor(fault_box, measure):
    """A motor that is held gives up in time, tries exactly once more, and stays off."""
    stall = fault_box.stall()
    measure("cutoff.stall.time", stall.longest)
    measure("cutoff.stall.retries", stall.retries)


@pytest.mark.requirement("SAF-005")
@pytest.mark.measures("cutoff.latched")
def test_latch_survives_power_cycle(unit, measure):
    """The fault of the held motor is still there after the battery was away, and keeps the motor off."""
    unit.power_cycle()
    measure("cutoff.latched", unit.latched("F09"))
    unit.clear_fault()
