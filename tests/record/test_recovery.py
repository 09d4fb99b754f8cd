"""A run outlives its process: closed as INTERRUPTED once nobody lives who could go on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.record.begun import begun, opened

DYING_RUN = """
import os, pathlib, signal, sys
from rig.record import Birth, Record
from rig.measure import Limit, Reading, decide
record = Record.open(pathlib.Path(sys.argv[1]), Birth.of(simulated=True))
run = record.begin_run(serial="A", plan="production", manifest=[], tests=["t::lost"], station="twin",
    operator="o", slot=1, pad="FLAT", product_name="VS-1", limits_hash="", plan_hash="")
limit = Limit("motor.current", {"level": 3}, "A", 0.1, 0.3)
reading = Reading(0.2, "A", 0.001)
run.test_started("t::lost", 0.5)
run.measurement("t::lost", limit.id, limit.conditions, reading, limit, decide(reading, limit), 0.75)
run.doing(unit="LEVEL 3")
run.commit()
print(run.run_id, flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_is_closed_and_a_living_one_is_not(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", DYING_RUN, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        with opened(tmp_path) as record:
            assert record.run(run_id).verdict is None  # alive
        process.communicate("die\n")
    with opened(tmp_path) as record:
        attempt = record.run(run_id)
        assert attempt.verdict == "INTERRUPTED"
        assert attempt.reasons[0] == "the process of this run died"
        assert attempt.reasons[1].startswith("last recorded: measurement at ")
        assert attempt.reasons[2:] == ("in t::lost", "last asked of the unit: LEVEL 3")
        (test,) = record.tests(run_id)
        assert (test.outcome, test.ended_s) == ("broken", 0.75)
        assert test.message.startswith("lost: the process died inside this test")
        assert record.recovered == (run_id,)
        assert [row.value for row in record.measurements(run_id)] == [0.2]
        assert record.verify().ok
        assert list((tmp_path / "open").iterdir()) == []


def test_a_run_that_was_never_ended_is_closed_too(tmp_path: Path):
    with opened(tmp_path) as record:
        run = begun(record, tests=[])
    with opened(tmp_path) as record:
        assert record.run(run.run_id).verdict == "INTERRUPTED"


HOSTILE = ["..", ".", "", "../..", "../waveforms", "/etc", "run-", "run-../../x", "run-abcdefg\0", "RUN-abcdefgh"]


@pytest.mark.parametrize("name", [*HOSTILE, "keep", ["run-abcdefgh"], 7, None])
def test_a_lock_file_is_never_told_what_to_clear_away(tmp_path: Path, name: object):
    data = tmp_path / "data"
    with opened(data) as record:
        run = begun(record, tests=[])
    (data / "results" / "keep").mkdir(parents=True)
    (data / "results" / "keep" / "own.txt").write_text("somebody's")
    (data / "open" / f"{run.run_id}.lock").write_text(f"{json.dumps({'results': name})}\n")
    before = {path for path in tmp_path.rglob("*") if path.suffix != ".lock"}
    with opened(data) as record:
        assert record.recovered == (run.run_id,)
        assert record.report_files(run.run_id) == []
        assert record.verify().ok
    assert before <= set(tmp_path.rglob("*"))


@pytest.mark.parametrize("linked", ["results", "run"])
def test_a_link_leads_nobody_out_of_the_record(tmp_path: Path, linked: str):
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    with opened(data) as record:
        run = begun(record, tests=[])
    (elsewhere / "run-abcdefgh").mkdir(parents=True)
    (elsewhere / "run-abcdefgh" / "own.txt").write_text("somebody's")
    if linked == "results":
        (data / "results").symlink_to(elsewhere)
    else:
        (data / "results").mkdir()
        (data / "results" / "run-abcdefgh").symlink_to(elsewhere / "run-abcdefgh")
    (data / "open" / f"{run.run_id}.lock").write_text('{"results": "run-abcdefgh"}\n')
    with opened(data) as record:
        assert record.report_files(run.run_id) == []
    assert (elsewhere / "run-abcdefgh" / "own.txt").read_text() == "somebody's"


def test_what_a_reporter_had_written_is_taken_and_cleared_away(tmp_path: Path):
    with opened(tmp_path) as record:
        run = begun(record, tests=[])
    results = tmp_path / "results" / "run-ab_12xyz"
    results.mkdir(parents=True)
    (results / "a.json").write_text("{}")
    (tmp_path / "open" / f"{run.run_id}.lock").write_text('{"results": "run-ab_12xyz"}\n')
    with opened(tmp_path) as record:
        assert [file.name for file in record.report_files(run.run_id)] == ["a.json"]
    assert not results.exists()
