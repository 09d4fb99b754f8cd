"""Sensors at rest: a cool unit is as warm as the room."""

import pytest


@pytest.mark.requirement("ELE-003")
@pytest.mark.measures("ntc.offset", sensor=[1, 2, 3, 4])
def test_sensors_agree_with_the_room(unit, sensors, calibration, measure):
    """Every temperature sensor of a cool unit, before calibration, shows the ambient."""
    ambient = unit.ambient_celsius()
    for sensor, celsius in sensors.celsius().items():
        measure("ntc.offset", celsius - ambient, sensor=sensor)
        if sensor in (1, 2):
            calibration.note(f"cal_ntc{sensor}", ambient - celsius)


@pytest.mark.requirement("FUN-002")
@pytest.mark.measures("pad.id")
def test_pad_is_recognised(unit, measure):
    """The unit sees the pad that is fitted."""
    measure("pad.id", unit.read().pad)
