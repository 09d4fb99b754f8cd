"""What certificates correct: in the station file, and in what the drivers return."""

from pathlib import Path

import numpy as np
import pytest

import rig.station
from rig.errors import ConfigError
from rig.station import load_station, used_calibration
from rig.station.certified import AS_READ, Correction

EXAMPLE = Path(rig.station.__file__).parent / "example.toml"
CURRENT = "amperes = { gain = 1.0, relative_u = 0.0001 }"


def station_with(tmp_path: Path, before: str, after: str):
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path = tmp_path / "line.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    return load_station(path)


def test_a_reading_is_corrected_by_gain_and_offset():
    correction = Correction(gain=1.02, offset=-0.5)
    assert correction.applied(10.0) == pytest.approx(9.7)
    record = correction.applied_to(np.array([10.0, 0.0], np.float32))
    assert record.dtype == np.float32
    assert record == pytest.approx([9.7, -0.5])
    assert AS_READ.applied_to(record) is record


def test_two_corrections_follow_each_other():
    first, second = Correction(gain=1.1, offset=1.0, u=0.3), Correction(gain=0.5, offset=2.0, u=0.2)
    both = first.then(second)
    assert both.applied(7.0) == pytest.approx(second.applied(first.applied(7.0)))
    assert both.u == pytest.approx(np.hypot(0.15, 0.2))


def test_uncertainty_grows_with_the_value():
    assert Correction(relative_u=0.01, u=0.3).u_of(40.0) == pytest.approx(0.5)


def test_each_instrument_has_its_own(tmp_path: Path):
    station = station_with(tmp_path, CURRENT, "amperes = { gain = 1.01, offset = 2e-6 }")
    assert station.instruments["current"].correction("amperes").gain == 1.01
    assert station.instruments["current"].correction("volts") == AS_READ
    assert station.instruments["vibration"].correction("amperes") == AS_READ


def test_a_quantity_that_the_instrument_does_not_measure_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"instruments\.current: calibration\.celsius: a dmm6500 doesn't measure"):
        station_with(tmp_path, CURRENT, "celsius = { gain = 1.01 }")


def test_a_negative_gain_and_a_misspelt_key_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"instruments\.current\.calibration\.amperes\.gain: -1 isn't plausible"):
        station_with(tmp_path, CURRENT, "amperes = { gain = -1.0 }")
    with pytest.raises(ConfigError, match=r"instruments\.current\.calibration\.amperes\.gian: unknown key"):
        station_with(tmp_path, CURRENT, "amperes = { gian = 1.0 }")


def test_sensors_need_a_certificate(tmp_path: Path):
    sensor = 'calibration = { certificate = "CAL-0009", date = 2026-03-02, due = 2027-03-02 }'
    with pytest.raises(ConfigError, match=r"sensors\.accelerometer: give calibration"):
        station_with(tmp_path, sensor, "")


def test_the_emulator_that_thresholds_rest_on_needs_one_too(tmp_path: Path):
    emulator = 'emulator_calibration = { certificate = "CAL-0013", date = 2026-03-02, due = 2027-03-02 }'
    with pytest.raises(ConfigError, match=r"wiring\.fault_box: give emulator_calibration = "):
        station_with(tmp_path, emulator, "")


def test_axes_without_a_sensitivity_of_their_own_have_that_of_x(tmp_path: Path):
    accelerometer = station_with(
        tmp_path, "volts_per_g = 0.1 ", "volts_per_g = 0.102\nvolts_per_g_z = 0.097 "
    ).sensors.accelerometer
    assert [accelerometer.sensitivity(axis) for axis in ("x", "y", "z")] == [0.102, 0.102, 0.097]


def test_a_thermocouple_channel_is_corrected_for_logger_and_wire(tmp_path: Path):
    logger = 'certificate = "CAL-0003", date = 2026-03-02, due = 2027-03-02'
    station = station_with(tmp_path, logger, f"{logger}, celsius = {{ offset = -0.2, u = 0.06 }}")
    corrections = station.celsius_corrections()
    wiring = station.wiring.temperature
    assert corrections[wiring.face].applied(40.0) == pytest.approx(40.0 - 0.2 + 0.05)
    assert corrections[wiring.face].u == pytest.approx(0.1)
    assert corrections[wiring.plate].applied(40.0) == pytest.approx(39.8)
    assert corrections[wiring.plate].u == pytest.approx(np.hypot(0.06, 0.29))
    assert wiring.lid not in corrections


def test_what_was_used_is_told_with_certificates_corrections_and_uncertainties():
    used = used_calibration(load_station(EXAMPLE))
    assert set(used) == {
        *(f"instruments.{role}" for role in ("vibration", "current", "temperature", "battery", "charger", "scale")),
        "sensors.accelerometer",
        "sensors.thermocouples",
        "wiring.fault_box.emulator",
    }
    current = used["instruments.current"]
    assert (current["certificate"], current["date"], current["due"]) == ("CAL-0002", "2026-03-02", "2027-03-02")
    assert current["amperes"] == {"gain": 1.0, "offset": 0.0, "relative_u": 0.0001, "u": 0.0}
    assert used["sensors.accelerometer"]["volts_per_g"] == {"x": 0.1, "y": 0.1, "z": 0.1}
    assert used["sensors.accelerometer"]["relative_u"] == 0.015
    assert used["sensors.thermocouples"]["corrections"]["face"]["offset"] == 0.05
