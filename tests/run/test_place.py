"""A real station has one record; a run into any other is a trial, and no run mixes real units with simulated ones."""

from pathlib import Path

import pytest

from rig.record import Birth, Record
from rig.run.options import make_options
from tests.run.conftest import SERIAL, RunPlan
from tests.run.test_retest import UNSAFE
from tests.station.places import EXAMPLE, simulated_station

REAL = Birth.of(simulated=False, station="line-1")


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """A real station in a directory of its own, whose record nobody has begun."""
    path = tmp_path / "line" / "line-1.toml"
    path.parent.mkdir()
    path.write_text(EXAMPLE.read_text())
    return path


def began(station: Path) -> Path:
    Record.open(station.parent / "rig-data", REAL).close()
    return station.parent / "rig-data"


def test_a_real_station_runs_into_its_own_record(run_plan: RunPlan, good_plan: str, station: Path):
    own = began(station)
    (station.parent / "link").symlink_to(own)
    for again, data in (((), own), (("--again", "by a link"), station.parent / "link")):
        ran = run_plan(good_plan, "--station", str(station), "--data", str(data), *again)
        summary = ran.told.summary
        assert summary is not None, ran.told.refusals
        assert (summary.simulated, summary.trial, summary.record) == (False, None, own)
    with Record.read(own) as record:
        assert [one.attempt for one in record.attempts(SERIAL)] == [1, 2]
        assert not record.simulated


def test_one_that_was_never_begun_is_refused_and_nothing_is_written(run_plan: RunPlan, good_plan: str, station: Path):
    before = sorted(station.parent.rglob("*"))
    ran = run_plan(good_plan, "--station", str(station), "--data", str(station.parent / "rig-data"))
    (refusal,) = ran.told.refusals
    assert f"no record there; begin it with `rig check --station {station} --begin-record`" in refusal
    assert sorted(station.parent.rglob("*")) == before


def test_another_record_is_a_trial_and_changes_nothing_about_the_unit(
    run_plan: RunPlan, good_plan: str, station: Path, tmp_path: Path
):
    own = began(station)
    fails = good_plan.replace('good("heater.resistance")', 'good("heater.resistance", 2.0)')
    real = ("--station", str(station))
    assert run_plan(fails, *real, "--data", str(own)).verdict == "FAIL"
    for _ in range(2):
        ran = run_plan(good_plan, *real, "--data", str(tmp_path / "elsewhere"))
        summary = ran.told.summary
        assert summary is not None, ran.told.refusals
        assert summary.record == tmp_path / "elsewhere" / "trials"
        assert summary.trial is not None
        assert f"station line-1 has its record at {own}" in summary.trial
        assert any(note.startswith("TRIAL, it counts for nothing") for note in ran.told.notes)
        assert summary.marks == (f"TRIAL: counts for nothing ({summary.trial})",)
        assert summary.unit is not None
        assert str(summary.unit.standing) == "untested"
    with Record.read(own) as record:
        assert len(record.attempts(SERIAL)) == 1
        assert str(record.history(SERIAL).status.standing) == "retest needed"
    with Record.read(tmp_path / "elsewhere" / "trials") as record:
        assert (record.trial, record.simulated, len(record.attempts(SERIAL))) == (True, False, 2)
        assert record.attempts(SERIAL)[0].extra["trial"] == summary.trial
        assert str(record.history(SERIAL).status.standing) == "untested"


def test_rig_data_elsewhere_is_a_trial_too(station: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    options = make_options(serial=SERIAL, plan="production", data=str(tmp_path / "x"), station=str(station))
    assert options.trial is not None
    assert options.data == tmp_path / "x" / "trials"
    options = make_options(serial=SERIAL, plan="production", data=None, station=str(station))
    assert (options.trial, options.data) == (None, station.parent / "rig-data")


def test_a_failed_safety_measurement_of_a_trial_is_said_loudly(
    run_plan: RunPlan, good_plan: str, station: Path, tmp_path: Path
):
    began(station)
    (ran, safe) = (
        run_plan(plan, "--station", str(station), "--data", str(tmp_path / name))
        for name, plan in (("one", UNSAFE.format(then="")), ("other", good_plan))
    )
    assert ran.told.summary is not None, ran.told.refusals
    assert safe.told.summary is not None
    (alarm,) = ran.told.summary.alarms
    assert alarm.startswith("SAFETY: ")
    assert alarm.endswith("run production")
    assert safe.told.summary.alarms == ()


def test_a_trial_of_the_twin_goes_beside_its_record(tmp_path: Path):
    options = make_options(serial=SERIAL, plan="production", data=str(tmp_path))
    trial = options.as_trial("part of the plan")
    assert (trial.data, trial.trial) == (tmp_path / "trials", "part of the plan")
    both = trial.as_trial("another order")
    assert (both.data, both.trial) == (tmp_path / "trials", "part of the plan; another order")


@pytest.mark.parametrize("kind", ["real into simulated", "simulated into real"])
def test_kinds_are_not_mixed(run_plan: RunPlan, good_plan: str, station: Path, tmp_path: Path, kind: str):
    own = station.parent / "rig-data"
    simulated = kind == "real into simulated"
    Record.open(own, Birth.of(simulated=simulated)).close()
    given = station if simulated else simulated_station(tmp_path, "other.toml")
    ran = run_plan(good_plan, "--station", str(given), "--data", str(own))
    (refusal,) = ran.told.refusals
    assert "units, and this bench has" in refusal
    assert ran.status == 4
    with Record.read(own) as record:
        assert record.serials() == []
    assert not [*(own / "results").glob("*")]
