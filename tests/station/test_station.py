"""Station files: the example is good, every mistake is named, and calibration is a gate."""

import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

import rig.station
from rig.errors import CalibrationDue, ConfigError
from rig.station import calibration_status, load_station, require_calibration

EXAMPLE = Path(rig.station.__file__).parent / "example.toml"
VIBRATION = 'address = "TCPIP0::192.0.2.10::5025::SOCKET"'
CALIBRATED = 'calibration = { certificate = "CAL-0001", date = 2026-03-02, due = 2027-03-02 }'


def written(tmp_path: Path, *replacements: tuple[str, str]) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    for before, after in replacements:
        assert before in text, before
        text = text.replace(before, after, 1)
    path = tmp_path / "line.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaints(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_station(path)
    return [line.removeprefix(f"{path}: ") for line in str(caught.value).splitlines()]


def test_the_example_is_a_whole_bench():
    station = load_station(EXAMPLE)
    assert list(station.instruments) == [
        "vibration", "current", "temperature", "battery", "charger", "fault_box", "power_box", "scale",
    ]  # fmt: skip
    assert station.instruments["fault_box"].driver == "k8090"
    assert station.unit.url == "/dev/ttyUSB0"
    assert station.wiring.temperature.face == 101
    assert station.wiring.power_box.contactor == 8
    assert len(station.wiring.fault_box.emulator_ohm) == 16
    assert len(station.wiring.cables) > 10
    assert station.sensors.accelerometer.volts_per_g == 0.1
    assert station.clock is None
    assert station.operator in station.operators


def test_wiring_defaults_are_those_of_the_bench_description(tmp_path: Path):
    text = EXAMPLE.read_text(encoding="utf-8")
    start, end = text.index("[wiring.vibration]"), text.index("[wiring.fault_box]")
    text = text[:start] + text[end:]
    start, end = text.index("[wiring.power_box]"), text.index("# The wiring table")
    path = tmp_path / "line.toml"
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    assert load_station(path).wiring == load_station(EXAMPLE).wiring


def test_a_twin_names_its_clock_and_control_channel(tmp_path: Path):
    twin = (
        '[clock]\naddress = "127.0.0.1:4000"\ntoken = "a"\n[control]\naddress = "127.0.0.1:4001"\ntoken = "b"\n[data]'
    )
    with pytest.raises(ConfigError, match="clock: only a twin has one; say simulated = true"):
        load_station(written(tmp_path, ("[data]", twin)))
    simulated = ('name = "line-1"', 'name = "line-1"\nsimulated = true')
    station = load_station(written(tmp_path, simulated, ("[data]", twin)))
    assert station.clock is not None
    assert station.clock.address == "127.0.0.1:4000"
    assert station.control is not None
    assert station.control.address == "127.0.0.1:4001"
    assert (station.clock.token, station.control.token) == ("a", "b")


def test_a_station_cannot_be_changed():
    with pytest.raises(ValidationError):
        load_station(EXAMPLE).name = "other"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('name = "line-1"', "", "name: missing"),
        ('name = "line-1"', "name = 1", "name: must be a valid string (it is 1)"),
        ('name = "line-1"', 'name = ""', "name: empty, or with blanks"),
        ('name = "line-1"', 'name = "line-1"\nnmae = "x"', "nmae: unknown key"),
        ("[instruments.scale]", "[instruments.scales]", "instruments.scales"),
        ('driver = "daq6510"', 'driver = "daq6511"', "instruments.temperature.driver: must be 'dmm6500'"),
        (
            'driver = "daq6510"',
            'driver = "dmm6500"',
            "instruments.temperature.driver: dmm6500 can't be the temp",
        ),
        (
            VIBRATION,
            'address = "192.0.2.10"',
            "instruments.vibration: address '192.0.2.10' is no VISA address",
        ),
        (
            VIBRATION,
            VIBRATION.replace("10::", "11::"),
            "instruments.current.address: tcpip0::192.0.2.11::5025",
        ),
        (VIBRATION, VIBRATION.replace("10::", "11::"), "is also instruments.vibration.address"),
        ('"/dev/ttyACM1"', '"/dev/ttyUSB0"', "unit.url: /dev/ttyusb0 is also instruments.power_box.address"),
        (CALIBRATED, "", "instruments.vibration: a dmm6500 measures: give calibration"),
        (CALIBRATED, CALIBRATED.replace("due = 2027", "due = 2025"), "due 2025-03-02 is not after date"),
        (
            CALIBRATED,
            CALIBRATED.replace("2026-03-02", '"March"'),
            "instruments.vibration.calibration.date: must",
        ),
        ("volts_per_g = 0.1 ", "volts_per_g = nan ", "accelerometer.volts_per_g: must be a finite number"),
        ("volts_per_g = 0.1 ", "volts_per_g = 0.0 ", "accelerometer.volts_per_g: 0 V/g isn't plausible"),
        ("supply_path_ohm = 0.09 ", "supply_path_ohm = inf ", "wiring.supply_path_ohm: must be a finite"),
        ("bias = 6", "bias = 11", "wiring.vibration.bias: must be less than or equal to 10 (it is 11)"),
        ("bias = 6", "bias = 5", "wiring: vibration: 5 is used twice"),
        (
            "heat_key = 7",
            "lamp = 7",
            "wiring.power_box: the lamp has gone: call this relay heat_key, and wire it to a solenoid on the "
            "unit's heat key",
        ),
        ("contactor = 8 ", "contactor = 7 ", "wiring: power_box: 7 is used twice"),
        ("ladder = [5, 6, 7, 8]", "ladder = [4, 5, 6, 7]", "wiring: fault_box: 4 is used twice"),
        ("ladder = [5, 6, 7, 8]", "ladder = [5, 6, 7]", "wiring.fault_box.ladder: "),
        (", 2702.0", "", "wiring.fault_box.emulator_ohm: "),
        ("3502.3, 3429.7", "3429.7, 3502.3", "emulator_ohm[2] 3502.3 is not below emulator_ohm[1] 3429.7"),
        ('role = "technician"', 'role = "boss"', "operators.technician-1.role: must be 'operator'"),
        (
            'operator = "operator-1"',
            'operator = "operator-9"',
            "operator: 'operator-9' is not among [operators]",
        ),
        ('station_key = "CHANGE-ME"', "", "unit.station_key: missing"),
        ("[unit]", "[unit", "not TOML: "),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, before: str, after: str, complaint: str):
    lines = complaints(written(tmp_path, (before, after)))
    assert any(complaint in line for line in lines), lines


def test_every_role_is_needed(tmp_path: Path):
    text = EXAMPLE.read_text(encoding="utf-8")
    start, end = text.index("[instruments.fault_box]"), text.index("# ---- Sensors")
    path = tmp_path / "line.toml"
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    lines = complaints(path)
    assert lines == [f"instruments.{role}: missing" for role in ("fault_box", "power_box", "scale")]


def test_all_mistakes_come_at_once(tmp_path: Path):
    path = written(
        tmp_path,
        ('name = "line-1"', ""),
        ('"daq6510"', '"daq6511"'),
        ("bias = 6", "bais = 6"),
        ("beat_s", "baet_s"),
    )
    lines = complaints(path)
    assert [line.partition(":")[0] for line in lines] == [
        "name", "instruments.temperature.driver", "wiring.vibration.bais", "guard.baet_seconds",
    ]  # fmt: skip


def test_a_missing_file_is_one_line(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"^.*none\.toml: No such file or directory$"):
        load_station(tmp_path / "none.toml")


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("today", "state", "days_left"),
    [
        ("2026-03-01", "not yet valid", 366),
        ("2026-03-02", "ok", 365),
        ("2027-01-30", "ok", 31),
        ("2027-01-31", "due soon", 30),
        ("2027-03-02", "due soon", 0),
        ("2027-03-03", "overdue", -1),
    ],
)
def test_calibration_runs_out_the_day_after_its_due_date(today: str, state: str, days_left: int):
    statuses = calibration_status(load_station(EXAMPLE), day(today))
    assert [status.name for status in statuses] == [
        "instruments.vibration",
        "instruments.current",
        "instruments.temperature",
        "instruments.battery",
        "instruments.charger",
        "instruments.scale",
        "sensors.accelerometer",
        "sensors.thermocouples",
        "wiring.fault_box.emulator",
    ]
    assert {(status.state, status.days_left) for status in statuses} == {(state, days_left)}


def test_an_overdue_instrument_stops_the_run_and_is_named(tmp_path: Path):
    overdue = CALIBRATED.replace("due = 2027-03-02", "due = 2026-09-01")
    station = load_station(written(tmp_path, (CALIBRATED, overdue)))
    with pytest.raises(CalibrationDue) as caught:
        require_calibration(station, day("2026-11-22"))
    assert str(caught.value) == (
        "instruments.vibration: calibration overdue, due 2026-09-01 (certificate CAL-0001): "
        "calibrate, then correct the station file"
    )


def test_a_certificate_of_the_future_stops_the_run():
    with pytest.raises(CalibrationDue, match=r"instruments\.vibration: calibration not yet valid"):
        require_calibration(load_station(EXAMPLE), day("2026-02-01"))


def test_what_is_due_soon_is_returned_to_be_shown(tmp_path: Path):
    soon = CALIBRATED.replace("due = 2027-03-02", "due = 2026-12-01")
    station = load_station(written(tmp_path, (CALIBRATED, soon)))
    assert [status.text for status in require_calibration(station, day("2026-11-22"))] == [
        "instruments.vibration: calibration due soon, due 2026-12-01 (certificate CAL-0001)"
    ]
    assert require_calibration(load_station(EXAMPLE), day("2026-11-22")) == []


def test_the_warning_starts_when_the_station_says(tmp_path: Path):
    station = load_station(written(tmp_path, ("warn_days = 30", "warn_days = 0")))
    assert require_calibration(station, day("2027-03-01")) == []
