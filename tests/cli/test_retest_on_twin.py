"""The retest discipline from the command line: real runs on the twin."""

import json
import subprocess
import sys

import pytest

from rig.cli import cli, status_of
from rig.product import load_product
from rig.run.options import new_serial
from rig.station import TWIN_PEOPLE, load_station
from tests.bench.conftest import Twin
from tests.record.begun import opened
from tests.record.test_history import attempt, begin

SERIAL = "VS1-2026-000002"
FIRST = "VS1-2026-000001"
ENGINEER = ("--reason", "sensor changed", "--by", "engineer-1")


def rig_json(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "rig.cli", *arguments, "--json"], capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A twin that stays up, its unit, whose bearing is too tight, just failed and still warm."""
    command = [sys.executable, "-m", "rig.twin", "--pace", "0", "--serial", SERIAL, "--defect", "bearing_tight"]
    data = tmp_path_factory.mktemp("data")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as twin:
        place = ("--station", json.loads(twin.stdout.readline())["station"], "--data", str(data))
        yield data, place, rig_json("test", SERIAL, *place)
        twin.stdin.close()


@pytest.mark.timeout(300)
def test_a_warm_unit_is_refused_and_a_cool_one_tested(warm):
    data, place, (status, answer) = warm
    assert (status, answer["verdict"], answer["unit_status"]) == (1, "FAIL", "retest needed")
    status, answer = rig_json("test", SERIAL, *place)
    assert status == 2
    assert answer["ok"] is False
    assert f"serial {SERIAL}: not cool: its pad's plate is " in answer["error"]
    assert "K above the ambient, a test begins within 1 K, in about " in answer["error"]
    with opened(data) as record:
        assert len(record.attempts(SERIAL)) == 1
    # bench time passes while it waits
    status, answer = rig_json("test", SERIAL, *place, "--wait-cool")
    assert (status, answer["verdict"], answer["attempt"], answer["unit_status"]) == (1, "FAIL", 2, "failed")
    with opened(data) as record:
        (cooled,) = record.events(answer["run"], "unit.cool")
        assert max(map(abs, cooled["kelvin"].values())) < load_product().retest.cool.within_kelvin
        assert record.verify().ok


@pytest.mark.timeout(200)
def test_heat_that_the_rig_put_in_is_never_a_fail(tmp_path):
    """A first attempt: a warm unit waits, and one that is nearly cool is judged as a cool one is."""
    twin = Twin("--serial", SERIAL)
    try:
        place = ("--station", twin.addresses["station"], "--data", str(tmp_path))
        twin.ask(op="environment", unit_celsius=26.0)
        status, answer = rig_json("test", SERIAL, *place)
        assert (status, answer["ok"]) == (2, False)
        assert "not cool: its " in answer["error"]
        twin.ask(op="environment", unit_celsius=23.75)
        status, answer = rig_json("test", SERIAL, *place)
        assert (status, answer["verdict"], answer["attempt"]) == (0, "PASS", 1)
    finally:
        twin.close()


@pytest.mark.timeout(200)
@pytest.mark.parametrize("celsius", [26.0, 21.0])
def test_a_thermocouple_that_came_off_lets_no_warm_unit_through(tmp_path, celsius):
    twin = Twin("--serial", SERIAL, "--defect", "thermocouple_lifted")
    try:
        twin.ask(op="environment", unit_celsius=celsius)
        status, answer = rig_json("test", SERIAL, "--station", twin.addresses["station"], "--data", str(tmp_path))
        assert (status, "not cool: its " in answer["error"]) == (2, True)
    finally:
        twin.close()


def test_the_twins_people_stand_in_its_station_file(warm):
    assert load_station(warm[1][1]).operators == dict(TWIN_PEOPLE)


@pytest.mark.timeout(300)
def test_a_failed_safety_measurement_waits_for_an_engineer(tmp_path):
    data = ("--data", str(tmp_path))
    status, answer = rig_json("test", SERIAL, "--defect", "overtemp_threshold_high", *data)
    assert (status, answer["verdict"], answer["unit_status"]) == (1, "FAIL", "blocked")
    assert "cutoff.overtemp.threshold" in answer["unit_reason"]
    assert rig_json("test", SERIAL, "--again", "please", *data)[0] == 2
    # the same rule for plain pytest
    plain = [sys.executable, "-m", "pytest", "test_plans/production", "--serial", SERIAL, *data]
    done = subprocess.run(plain, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"serial {SERIAL}: blocked" in done.stdout + done.stderr
    status, answer = rig_json("disposition", SERIAL, *ENGINEER, *data)
    assert (status, answer["unit_status"], answer["role"]) == (0, "retest needed", "engineer")
    assert answer["unblocks"][0]["failed"] == [
        "cutoff.closed_loop.time",
        "cutoff.overtemp.threshold",
        "cutoff.overtemp.time",
    ]
    verdicts = [rig_json("test", SERIAL, *data) for _ in range(2)]
    assert [(one["verdict"], one["unit_status"]) for _, one in verdicts] == [
        ("PASS", "retest needed"),
        ("PASS", "passed"),
    ]


@pytest.fixture
def blocked(tmp_path):
    with opened(tmp_path) as record:
        attempt(record, SERIAL, "FAIL", safe=False)
        attempt(record, "VS1-2026-000003", "FAIL")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([SERIAL, "--reason", "r", "--by", "nobody"], "--by 'nobody': station twin doesn't know them"),
        ([SERIAL, "--reason", "r", "--by", "technician-1"], "is technician at station twin; a disposition takes"),
        ([SERIAL, "--reason", "r", "--by", "quality-1"], "is quality at station twin"),
        ([SERIAL, "--reason", " ", "--by", "engineer-1"], "--reason: is empty; leave it out"),
        ([SERIAL, "--by", "engineer-1"], "--reason"),
        ([SERIAL, "--reason", "r"], "--by"),
        (["VS1-2026-000003", *ENGINEER], "isn't blocked: retest needed"),
        (["VS1-2026-000009", *ENGINEER], "never tested"),
        ([SERIAL, *ENGINEER, "--station", "nowhere.toml"], "no such file"),
    ],
)
def test_who_may_not_decide_gets_one_line(blocked, capfd, arguments, message):
    assert status_of(cli, ["disposition", *arguments, "--data", str(blocked)]) == 64
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    with opened(blocked) as record:
        assert record.history(SERIAL).status.standing == "blocked"


def test_the_twins_engineer_doesnt_open_a_unit_of_a_real_station(tmp_path, capfd):
    with opened(tmp_path) as record:
        attempt(record, SERIAL, "FAIL", safe=False, station="line-1")
    assert status_of(cli, ["disposition", SERIAL, *ENGINEER, "--data", str(tmp_path)]) == 64
    assert "was tested at station line-1: give its file with --station" in capfd.readouterr().err


def test_without_a_serial_the_twins_unit_is_a_new_one(tmp_path):
    assert new_serial(tmp_path, FIRST) == "VS1-2026-000001"
    assert list(tmp_path.iterdir()) == []
    with opened(tmp_path) as record:
        for serial in ("VS1-2026-000001", "VS1-2026-000002", "VS1-2026-000004", "VS1-2027-000003"):
            attempt(record, serial, "PASS")
    assert new_serial(tmp_path, FIRST) == "VS1-2026-000003"


def test_looking_for_a_new_serial_leaves_a_lost_run_to_the_next_one(tmp_path):
    """Which tells that it was cut off."""
    with opened(tmp_path) as record:
        begin(record, "VS1-2026-000001")
    new_serial(tmp_path, FIRST)
    with opened(tmp_path) as record:
        assert len(record.recovered) == 1
