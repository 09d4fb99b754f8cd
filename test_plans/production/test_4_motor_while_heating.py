"""The pad heats at full power while the motor runs through its levels."""

import pytest


@pytest.mark.requirement("PRF-007", "SAF-008", "ELE-005")
@pytest.mark.measures("heater.off_current", "heater.resistance", "sense.current_ratio")
def test_heater(ramp, unit, measure):
    """The heater has its resistance, draws nothing while off, and the unit's own current sense agrees."""
    measure("heater.off_current", ramp.off_current())
    measure("heater.resistance", ramp.resistance())
    measure("sense.current_ratio", unit.read().heater_amperes / ramp.heater_amperes)


@pytest.mark.requirement("PRF-006")
@pytest.mark.measures("motor.start_time")
def test_soft_start(ramp, motor, measure):
    """The motor starts softly."""
    measure("motor.start_time", motor.start(level=3))


@pytest.mark.requirement("PRF-001", "PRF-002", "PRF-004")
@pytest.mark.measures("vibration.frequency", "vibration.strength", "motor.current")
@pytest.mark.parametrize("level", [3, 1, 2, 4, 5])
def test_level(ramp, unit, vibration, measure, level):
    """The running level turns at its speed, with its strength and current."""
    unit.run_at(level)
    wave = vibration.acquire(level)
    measure("vibration.frequency", wave.frequency(), level=level)
    measure("vibration.strength", wave.strength(), level=level)
    measure("motor.current", ramp.without_heater(wave.amperes()), level=level)


@pytest.mark.requirement("FUN-004")
@pytest.mark.measures("tach.ratio", "motor.direction", level=5)
def test_tach(ramp, vibration, motor, measure):
    """The unit's own sensors count one pulse a turn, in the right direction."""
    turns_hz, direction = motor.speed()
    measure("tach.ratio", turns_hz / vibration.of(5).tone.frequency_hz, level=5)
    measure("motor.direction", direction)


@pytest.mark.requirement("PRF-005")
@pytest.mark.measures("motor.coast_down")
def test_coast_down(ramp, motor, measure):
    """From full speed the motor coasts down neither too soon nor too late."""
    measure("motor.coast_down", motor.coast())


@pytest.mark.requirement("PRF-003")
@pytest.mark.measures(
    "vibration.harmonic_2",
    "vibration.harmonic_3",
    "vibration.subharmonic",
    "vibration.bearing_band",
    "vibration.kurtosis",
)
@pytest.mark.parametrize("level", [3, 5])
def test_clean_vibration(vibration, measure, level):
    """Nothing loose, nothing dry: the spectrum of the records taken above."""
    wave = vibration.of(level)
    measure("vibration.harmonic_2", wave.harmonic(2), level=level)
    measure("vibration.harmonic_3", wave.harmonic(3), level=level)
    measure("vibration.subharmonic", wave.harmonic(0.5), level=level)
    measure("vibration.bearing_band", wave.bearing_band(), level=level)
    measure("vibration.kurtosis", wave.kurtosis(), level=level)


@pytest.mark.requirement("FUN-003")
@pytest.mark.measures("button.bounce", button="level")
def test_level_key(ramp, keys, measure):
    """Each press of the level key is one event; a driven heater keeps it from starting the motor."""
    measure("button.bounce", keys.extra_events("level"), button="level")


@pytest.mark.requirement("ELE-006")
@pytest.mark.measures("contact.dropouts")
def test_connector(ramp, measure):
    """Wiggling the connector doesn't interrupt the heater's current."""
    measure("contact.dropouts", ramp.dropouts())


@pytest.mark.requirement("FUN-003")
@pytest.mark.measures("button.bounce", button="power")
def test_power_key(ramp, keys, measure):
    """Each short press of the power key is one event."""
    measure("button.bounce", keys.extra_events("power"), button="power")


@pytest.mark.requirement("PRF-007", "SAF-012")
@pytest.mark.measures("heater.rise_8s", "safety_sensor.rise_8s", "safety_sensor.agreement")
def test_pad_warms_up(ramp, heat, measure):
    """Both of the plate's sensors rise as they must at full power, and agree in the end."""
    measure("heater.rise_8s", ramp.rise(sensor=1))
    measure("safety_sensor.rise_8s", ramp.rise(sensor=2))
    measure("safety_sensor.agreement", ramp.agreement())


@pytest.mark.requirement("PRF-005")
@pytest.mark.measures("motor.winding_resistance", "motor.torque_constant", "motor.ripple")
def test_motor_open_loop(ramp, motor, measure):
    """The motor's winding and magnets, which a speed loop would hide."""
    measure("motor.winding_resistance", motor.winding_resistance())
    slow, fast = motor.drive_slow(), motor.drive_fast()
    measure("motor.torque_constant", motor.torque_constant(slow, fast))
    measure("motor.ripple", fast.ripple)


@pytest.mark.requirement("PRF-007")
@pytest.mark.measures("heater.contact_variation")
def test_pad_contacts(ramp, heat, motor, vibration, measure):
    """Shaking the pad at level 5 doesn't vary its contacts' resistance."""
    measure("heater.contact_variation", ramp.contact_variation(vibration.of(5), motor.ripple))
