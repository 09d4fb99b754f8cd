"""Sensors at rest: they show what the bench's thermocouples show."""

import pytest


@pytest.mark.requirement("ELE-003")
@pytest.mark.measures("ntc.offset", sensor=[1, 2, 3, 4])
def test_sensors_agree_with_the_bench(sensors, calibration, measure):
    """Every temperature sensor, before calibration, shows what the bench's thermocouple next to it shows."""
    for sensor, offset in sensors.offsets().items():
        measure("ntc.offset", offset, sensor=sensor)
        if sensor in (1, 2):
            calibration.note(f"cal_ntc{sensor}", -offset)


@pytest.mark.requirement("FUN-002")
@pytest.mark.measures("pad.id")
def test_pad_is_recognised(unit, measure):
    """The unit sees the pad that is fitted."""
    measure("pad.id", unit.read().pad)
