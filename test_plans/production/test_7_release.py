"""Release: calibration and lock stored only when all else passed, shown in a unit that started anew, then ship mode."""

import pytest


def test_bench_saw_the_pad_warm(ramp, heat):
    """The rig's own thermocouple followed the pad: otherwise the rig, not the unit, is at fault."""
    heat.check_thermocouple(ramp)


@pytest.mark.requirement("PRD-004")
@pytest.mark.measures("calibration.trial", sensor=[1, 2])
def test_trial_calibration(calibration, measure):
    """An offset that is stored moves the reading by as much, in the same sense."""
    calibration.pull_log()
    for sensor, moved in calibration.trial().items():
        measure("calibration.trial", moved, sensor=sensor)


@pytest.mark.requirement("PRD-003")
@pytest.mark.measures("calibration.stored")
def test_calibration(calibration, measure):
    """What was measured is written into the unit, which remembers it when it starts anew."""
    if measure.all_passed:
        calibration.store()
        measure("calibration.stored", calibration.verify())
    else:
        calibration.withhold()
        measure("calibration.stored", "withheld: something failed")


@pytest.mark.requirement("PRD-005")
@pytest.mark.measures("release.lock")
def test_lock(lock, measure):
    """The released unit refuses accelerated timers."""
    measure("release.lock", lock.holds() if measure.all_passed else "withheld: something failed")


@pytest.mark.requirement("PRD-004")
@pytest.mark.measures("calibration.applied", sensor=[1, 2, 3, 4])
@pytest.mark.measures("calibration.agreement", sensor=[1, 2])
def test_calibrated_sensors(calibration, measure):
    """Each sensor reads what its raw counts and stored offset say; the pad's agree with their plate's thermocouple."""
    for sensor, over in calibration.applied().items():
        measure("calibration.applied", over, sensor=sensor)
    for sensor, over in calibration.agreement().items():
        measure("calibration.agreement", over, sensor=sensor)


@pytest.mark.requirement("SAF-003", "SAF-013")
@pytest.mark.measures("cutoff.after_commit.time")
def test_cutoff_after_commit(fault_box, measure):
    """With the memory written, an open sensor line still ends the current of a pad that heats by itself."""
    measure("cutoff.after_commit.time", fault_box.after_commit_time())


@pytest.mark.requirement("ELE-002")
@pytest.mark.measures("ship.current")
def test_ship_mode(unit, power, measure):
    """A unit in ship mode draws next to nothing."""
    power.meter_out()
    unit.massager.ship()
    measure("ship.current", power.shipped_amperes())
