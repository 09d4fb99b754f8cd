"""A station's record begins by command, on a bench that is ready; a bench that calls itself real isn't a twin's."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.cli import cli, status_of
from rig.record import Record


@pytest.fixture
def twin_station(request: pytest.FixtureRequest) -> Iterator[str]:
    """The station file of a twin that is up, at full speed or at the pace that a test asks for."""
    command = [sys.executable, "-m", "rig.twin", "--pace", getattr(request, "param", "0")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Path(json.loads(process.stdout.readline())["station"]).read_text()
        process.stdin.close()


def checked(capfd: pytest.CaptureFixture[str], station: Path, *more: str) -> tuple[int, dict[str, object]]:
    status = status_of(cli, ["check", "--station", str(station), "--json", *more])
    return status, json.loads(capfd.readouterr().out)


def test_a_record_is_begun_once(tmp_path: Path, twin_station: str, capfd: pytest.CaptureFixture[str]):
    station, record, heads = tmp_path / "line.toml", tmp_path / "own", tmp_path / "elsewhere" / "heads.jsonl"
    station.write_text(f'{twin_station}\n[data]\ndirectory = "own"\nheads_to = "{heads}"\n')
    status, found = checked(capfd, station)
    assert (status, record.exists()) == (0, False)
    assert found["record"] == f"no record at {record} yet: --begin-record begins it, once the bench is ready"
    status, found = checked(capfd, station, "--begin-record")
    assert (status, found["record"]) == (0, f"record begun at {record}: simulated units")
    with Record.read(record) as opened:
        assert (opened.simulated, opened.trial, opened.birth.station) == (True, False, "twin")
        assert opened.verify(against=[heads]).signed_to == 1
    assert (record / "heads.jsonl").read_bytes() == heads.read_bytes()
    status, found = checked(capfd, station, "--begin-record")
    assert status == 64
    assert "is there already (simulated units); nothing was begun" in str(found["error"])


def test_the_twin_has_no_record_to_begin(capfd: pytest.CaptureFixture[str]):
    assert status_of(cli, ["check", "--begin-record"]) == 64
    assert "--begin-record: the twin's record begins by itself; give --station FILE" in capfd.readouterr().err


@pytest.mark.parametrize("twin_station", ["1"], indirect=True)  # a bench without a clock has wall time
def test_simulated_instruments_are_known_by_what_they_say(
    tmp_path: Path, twin_station: str, capfd: pytest.CaptureFixture[str]
):
    station = tmp_path / "line.toml"
    real = twin_station.replace("simulated = true\n", "")
    station.write_text(real)
    assert status_of(cli, ["check", "--station", str(station), "--begin-record"]) == 2
    assert "clock: only a twin has one; say simulated = true" in capfd.readouterr().err
    station.write_text(re.sub(r"\[(clock|control)\]\n(\w+ = .*\n)+", "", real))
    status, found = checked(capfd, station, "--begin-record")
    assert status == 2
    assert "simulated, by the serial numbers they give" in str(found["troubles"])
    assert (
        found["record"]
        == f"no record at {tmp_path / 'rig-data'} yet: --begin-record begins it, once the bench is ready"
    )
    assert not (tmp_path / "rig-data").exists()
