"""`rig calibrate` on the twin: what is off is found within its uncertainty, written down, and used from then on."""

import datetime
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fixtures.person import Person
from rig.calibrate.thermocouples import evaluate
from rig.cli import cli, status_of
from rig.run.builtin_twin import BuiltinTwin
from rig.station import load_station
from rig.station.editor import write_entries
from rig.twin.bath import Bath
from rig.twin.kernel import Kernel
from rig.twin.unit.unit import Unit
from rig.twin.wiring import PLACES, Nest
from tests.doors import asked

SERIAL = "VS1-2026-000001"
COMMENT = "# kept by whoever edits"


@pytest.fixture
def twin_station(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Start a twin of a seed with defects; a copy of its station file, with a comment in it."""
    twins: list[BuiltinTwin] = []

    def start(seed: int, *defects: str) -> Path:
        twins.append(BuiltinTwin(SERIAL, seed, defects=defects))
        path = tmp_path / "line.toml"
        text = twins[-1].station.read_text()
        path.write_text(text.replace("volts_per_g = 0.1", f"volts_per_g = 0.1  {COMMENT}"))
        return path

    yield start
    for twin in twins:
        twin.close()


def calibrated(sensor: str, path: Path, capfd: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert status_of(cli, ["calibrate", sensor, "--station", str(path), "--json", *arguments]) == 0
    return json.loads(capfd.readouterr().out)


def refusal(sensor: str, path: Path, capfd: pytest.CaptureFixture[str]) -> str:
    before = path.read_bytes()
    assert status_of(cli, ["calibrate", sensor, "--station", str(path)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    (line,) = err.splitlines()
    return line


@pytest.mark.parametrize(("seed", "severity"), [(1, 0.0), (2, 1.0), (3, 1.0), (4, 2.0), (5, 1.5)])
def test_the_accelerometer_s_gain_is_found_within_its_uncertainty(twin_station, capfd, seed, severity):
    path = twin_station(seed, f"accelerometer_gain={severity}")
    answer = calibrated("accelerometer", path, capfd)
    true = 0.1 * (1.0 - 0.08 * severity)
    assert set(answer["volts_per_g"]) == {"x", "y", "z"}
    assert 0.015 <= answer["relative_u"] < 0.017  # the calibrator's +-3 %, and a little for mounting
    for found in answer["volts_per_g"].values():
        assert abs(found - true) <= 2.0 * answer["relative_u"] * found
    accelerometer = load_station(path).sensors.accelerometer
    for axis in ("x", "y", "z"):
        assert accelerometer.sensitivity(axis) == pytest.approx(answer["volts_per_g"][axis], abs=1e-6)
    assert accelerometer.relative_u == pytest.approx(answer["relative_u"], abs=1e-6)


def test_the_new_entry_has_certificate_date_and_due_date_and_comments_stay(twin_station, capfd):
    path = twin_station(6)
    before = tomllib.loads(path.read_text())
    answer = calibrated("accelerometer", path, capfd, "--certificate", "LAB-77")
    after = tomllib.loads(path.read_text())
    today = datetime.datetime.now(datetime.UTC).date()
    entry = after["sensors"]["accelerometer"].pop("calibration")
    assert entry == {"certificate": "LAB-77", "date": today, "due": today + datetime.timedelta(days=365)}
    assert (answer["certificate"], answer["due"]) == ("LAB-77", entry["due"].isoformat())
    assert re.search(rf"^volts_per_g = \d\.\d+  {COMMENT}$", path.read_text(), re.MULTILINE)
    del before["sensors"]["accelerometer"], after["sensors"]["accelerometer"]
    assert after == before


def nest_of(seed: int) -> Nest:
    kernel = Kernel()
    return Nest(
        kernel, Unit(kernel, seed=seed, serial=SERIAL, pad="FLAT", defects={}, send=lambda _data: None), seed, {}
    )


def test_thermocouples_are_found_up_to_the_error_of_the_reference(twin_station, capfd):
    path = twin_station(7)
    nest = nest_of(7)
    corrections = calibrated("thermocouples", path, capfd)["corrections"]
    read = {place: nest.celsius(channel).mean(0, 1) - nest.unit.celsius(place) for channel, place in PLACES.items()}
    shown = nest.bath.set(35.0)
    reference_error = shown - np.mean([nest.bath.celsius() for _ in range(1000)])
    assert max(map(abs, read.values())) > 0.05  # they are off by 0.1 K, one sigma: there is something to find
    for place, one in corrections.items():
        assert 0.05 < one["u"] < 0.055  # the reference's own, and what ten readings leave
        found = one["gain"] * 35.0 + one["offset"] - 35.0
        assert found + read[place] - reference_error == pytest.approx(0.0, abs=0.025)  # 14 mK a reading, ten of them
        assert load_station(path).sensors.thermocouples.correction(place).offset == one["offset"]


def test_the_stated_uncertainty_of_a_thermocouple_holds(twin_station):
    """A normal error's k = 2 interval covers 95.4 %: of 500 calibrations 463 to 491, three sigma of the count."""
    station = load_station(twin_station(1))
    thermometer = station.references.thermometer
    assert thermometer is not None
    calibrations, covered = 500, dict.fromkeys(PLACES.values(), 0)
    for seed in range(calibrations):
        rng, bath = np.random.default_rng(seed), Bath(seed)
        off = 0.1 * rng.standard_normal(len(PLACES))
        points = []
        for celsius in (thermometer.low_celsius, thermometer.high_celsius):
            shown = bath.set(celsius)
            true = [[bath.celsius() for _ in PLACES] for _ in range(thermometer.readings)]
            points.append(
                (shown, np.array(true) + off + 0.01 * rng.standard_normal((thermometer.readings, len(PLACES))))
            )
        corrections = evaluate(points, thermometer, station).values["corrections"]
        for error, place in zip(off, station.wiring.temperature.thermocouples, strict=True):
            one = corrections[place]
            covered[place] += abs(one["gain"] * (35.0 + error) + one["offset"] - 35.0) <= 2.0 * one["u"]
    assert all(463 <= count <= 491 for count in covered.values()), covered


def test_calibrating_again_finds_the_same_and_not_what_is_left(twin_station, capfd):
    path = twin_station(7)
    first, again = (calibrated("thermocouples", path, capfd)["corrections"] for _ in range(2))
    for place, one in again.items():
        there = first[place]["gain"] * 35.0 + first[place]["offset"]
        assert one["gain"] * 35.0 + one["offset"] == pytest.approx(there, abs=0.04)


def test_a_sensor_further_off_than_a_sensor_can_be_is_refused(twin_station, capfd):
    path = twin_station(8, "accelerometer_gain=2.0")
    path.write_text(path.read_text().replace("volts_per_g = 0.1", "volts_per_g = 0.12"))
    line = refusal("accelerometer", path, capfd)
    assert re.search(r"the x axis gives 0\.08\d* V/g, -3\d% off its last entry, more than 20%", line), line


def test_an_unplugged_accelerometer_is_refused(twin_station, capfd):
    path = twin_station(9, "accelerometer_unplugged")
    assert "the x axis doesn't vibrate" in refusal("accelerometer", path, capfd)


@pytest.mark.parametrize(
    ("sensor", "reference", "instrument"),
    [
        ("accelerometer", "references.calibrator", "instruments.vibration"),
        ("thermocouples", "references.thermometer", "instruments.temperature"),
    ],
)
def test_nothing_is_calibrated_against_what_is_overdue_or_missing(twin_station, capfd, sensor, reference, instrument):
    path = twin_station(10)
    text = path.read_text()
    for table in (reference, instrument):
        start = text.index(f"[{table}]")
        due = re.compile(r"due = \d{4}-\d\d-\d\d")
        path.write_text(text[:start] + due.sub("due = 2026-10-01", text[start:], count=1))
        assert f"{table}: calibration overdue" in refusal(sensor, path, capfd)
    start = text.index(f"[{reference}]")
    end = text.find("\n[", start)
    path.write_text(text[:start] + (text[end:] if end > 0 else ""))
    assert f"{reference}: missing" in refusal(sensor, path, capfd)


def test_a_station_file_that_cannot_become_valid_is_left_alone(twin_station):
    path = twin_station(11)
    before = path.read_bytes()
    with pytest.raises(Exception, match=r"sensors\.accelerometer\.volts_per_g: -1 V/g isn't plausible"):
        write_entries(path, {("sensors", "accelerometer", "volts_per_g"): -1.0})
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def state_of(station: Path) -> dict:
    control = tomllib.loads(station.read_text())["control"]
    return asked({"control": control["address"], "token": control["token"]}, {"op": "state"})


@pytest.mark.parametrize("table", ["instruments.current", "sensors.accelerometer"])
def test_an_overdue_calibration_blocks_a_run_before_anything_is_energised(twin_station, tmp_path, capfd, table):
    path = twin_station(12)
    text = path.read_text()
    start = text.index(f"[{table}]")
    path.write_text(text[:start] + re.sub(r"due = \d{4}-\d\d-\d\d", "due = 2026-10-01", text[start:], count=1))
    data = tmp_path / "data"
    assert status_of(cli, ["test", SERIAL, "--station", str(path), "--data", str(data), "--json"]) == 2
    answer = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (answer["verdict"], answer["measurements"]) == ("ERROR", 0)
    assert any(f"{table}: calibration overdue, due 2026-10-01" in reason for reason in answer["reasons"])
    state = state_of(path)
    assert (state["battery_on"], state["charger_on"], state["power_relays"]) == (False, False, [])


def test_what_falls_due_within_thirty_days_is_shown_by_check(twin_station, capfd):
    path = twin_station(13)
    soon = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=20)
    text = path.read_text()
    start = text.index("[sensors.thermocouples]")
    path.write_text(text[:start] + re.sub(r"due = \d{4}-\d\d-\d\d", f"due = {soon}", text[start:], count=1))
    assert status_of(cli, ["check", "--station", str(path)]) == 0
    assert f"warning: sensors.thermocouples: calibration due soon, due {soon}" in capfd.readouterr().out


def test_a_person_types_what_the_reference_shows(monkeypatch):
    typed = iter(["", "about twenty\n", "nan\n", "20,05\n"])
    asked: list[str] = []

    def answer(_person: Person, request: str, how: str) -> str:
        asked.append(f"{request}, {how}")
        return next(typed)

    monkeypatch.setattr(Person, "_answer", answer)
    person = Person(None, 1.0)  # pyright: ignore[reportArgumentType]
    assert person.ask_number("read the thermometer") == 20.05
    assert len(asked) == 4
