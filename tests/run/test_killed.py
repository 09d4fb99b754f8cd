"""A run killed inside a test: what was acknowledged is there, the test is shown as lost, the retest counts."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from reports.allure_results import AttemptResults
from reports.plain import build_plain_page
from tests.record.begun import opened
from tests.run.conftest import FAKE_BENCH, GOOD, HEADER, SERIAL, RunPlan, tiny_command

HANGING = '''
import time
from tests.record.begun import opened

@pytest.mark.measures("standby.current")
def test_standby(measure, good):
    """Standby draws little."""
    measure("standby.current", good("standby.current"))

@pytest.mark.measures("heater.resistance")
def test_heater(measure, good, run):
    """The heater is the right one."""
    measure("heater.resistance", good("heater.resistance"))
    run.record.doing(unit="LEVEL 3")
    time.sleep(100)
'''


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def killed(tmp_path: Path, tiny_product: Path) -> list[dict[str, object]]:
    """Kill a run in its second test; what its outside observer had been told by then."""
    plan = tmp_path / "tiny"
    plan.mkdir()
    (plan / "conftest.py").write_text(FAKE_BENCH.replace("SAFE", "True"))
    (plan / "test_tiny.py").write_text(HEADER + HANGING)
    told = tmp_path / "told.jsonl"
    command = [*tiny_command(tmp_path, tiny_product), "--acknowledge", str(told), str(plan)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        end = time.monotonic() + 30.0
        while not _hangs(tmp_path / "data") and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)  # noqa: TID251 - another process is awaited
        assert process.poll() is None, process.communicate()[0]
        os.kill(process.pid, signal.SIGKILL)
    return lines(told)


def _hangs(data: Path) -> bool:
    return any(b"LEVEL 3" in path.read_bytes() for path in (data / "open").glob("*.lock"))


def test_what_was_acknowledged_is_there_and_the_lost_test_is_shown(
    tmp_path: Path, killed: list[dict[str, object]], run_plan: RunPlan
):
    begun, measured, ended = killed
    assert (begun["acknowledged"], begun["serial"], begun["attempt"]) == ("run.begun", SERIAL, 1)
    assert (measured["acknowledged"], measured["id"], measured["conditions"]) == ("measurement", "standby.current", {})
    assert (ended["acknowledged"], ended["outcome"]) == ("test.ended", "passed")
    with opened(tmp_path / "data") as record:
        (attempt,) = record.attempts(SERIAL)
        assert record.recovered == (attempt.run_id,) == (begun["run"],)
        assert attempt.verdict == "INTERRUPTED"
        assert attempt.reasons[0] == "the process of this run died"
        assert attempt.reasons[2].endswith("::test_heater")
        assert attempt.reasons[2].startswith("in ")
        assert attempt.reasons[3].startswith("last measured there, not recorded: heater.resistance: ")
        assert attempt.reasons[4] == "last asked of the unit: LEVEL 3"
        assert [(row.id, row.value) for row in record.measurements(attempt.run_id)] == [
            ("standby.current", measured["value"])
        ]
        assert [row.outcome for row in record.tests(attempt.run_id)] == ["passed", "broken"]
        # how it came to its end, and how far, stands in the journal alone
        assert "run.json" not in [file.name for file in record.report_files(attempt.run_id)]
        page = build_plain_page(record, [attempt], {}, tmp_path / "page").read_text(encoding="utf-8")
        assert f"<title>{SERIAL}: NOT JUDGED SIMULATED</title>" in page
        assert all(f"<p>{reason}</p>" in page for reason in attempt.reasons)
        assert "1 expected measurements are missing:</b> heater.resistance" in page
        results = AttemptResults(record, attempt, {}, "plain.html", tmp_path / "restored")
        results.write()
        assert record.verify().ok
    found = [json.loads(path.read_text()) for path in (tmp_path / "restored").glob("*-result.json")]
    status = {result["fullName"].rpartition("::")[2]: result["status"] for result in found}
    assert status == {"test_standby": "passed", "test_heater": "broken"}
    lost = next(result for result in found if result["status"] == "broken")
    assert "the process died inside this test" in lost["statusDetails"]["message"]
    assert not list((tmp_path / "data" / "results").iterdir())

    again = run_plan(GOOD)
    assert (again.verdict, again.recorded()[0].attempt) == ("PASS", 2)


def test_the_next_start_says_what_it_closed(killed: list[dict[str, object]], run_plan: RunPlan):
    assert killed
    ran = run_plan(GOOD)
    (note,) = [text for text in ran.told.notes if "was cut off" in text]
    assert note.startswith(f"attempt 1 of plan tiny on {SERIAL} was cut off: the process of this run died; ")
    assert "in " in note
