"""Makes records of runs as they happen: a real pytest session with allure-pytest, and a journal beside it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rig.measure import Limit, Reading, decide
from rig.record import ExpectedMeasurement, Record
from tests.record.begun import begun

SERIAL = "VS1-2646-00042"
PLAN = '''
import signal
import pytest

HOSTILE = "\\udce9<script>alert(1)</script>\\x1b[2J"

@pytest.fixture
def unit(request):
    """The unit, on."""
    request.addfinalizer(lambda: None)
    yield HOSTILE

@pytest.mark.parametrize("level", [3, 5])
def test_vibration(unit, level):
    """The running level turns at its speed, with its strength."""
    if level == {failing}:
        raise AssertionError(HOSTILE + " vibration.frequency out of limits")

def test_boot(unit):
    """The unit boots."""
'''
TESTS = (
    "test_plan.py::test_vibration[3]",
    "test_plan.py::test_vibration[5]",
    "test_plan.py::test_boot",
)
FREQUENCY = Limit("vibration.frequency", {"level": 3}, "Hz", 49.0, 51.0, requirement="PRF-001")
CURRENT = Limit("standby.current", {}, "A", high=40e-6, requirement="ELE-002")
FIRMWARE = Limit("identity.firmware", one_of=("2.3.1",), requirement="PRD-001")


def live_results(directory: Path, failing: int) -> Path:
    """Run the little plan under allure-pytest; return its results."""
    directory.mkdir(parents=True)
    (directory / "test_plan.py").write_text(PLAN.replace("{failing}", str(failing)))
    (directory / "pytest.ini").write_text("[pytest]\n")
    results = directory / "results"
    plugins = ("-p", "reports.allure_hooks", "-p", "no:vibrosculpt_rig")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "--alluredir", str(results), "test_plan.py"],
        cwd=directory,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert done.returncode == (1 if failing else 0), done.stdout + done.stderr
    return results


def record_attempt(
    record: Record,
    results: Path | None,
    *,
    serial: str = SERIAL,
    outcomes: Sequence[str | None] = ("passed", "passed", "passed"),
    hertz: float = 50.02,
    firmware: str = "2.3.1",
    verdict: str = "PASS",
    waveforms: int = 1,
) -> str:
    """Record a run whose tests ended so (None: lost; fewer than three: never begun); return its id."""
    manifest = [
        ExpectedMeasurement(TESTS[0], FREQUENCY.id, FREQUENCY.conditions),
        ExpectedMeasurement(TESTS[2], CURRENT.id, {}),
        ExpectedMeasurement(TESTS[2], FIRMWARE.id, {}),
    ]
    run = begun(
        record,
        serial,
        manifest=manifest,
        tests=TESTS,
        operator="<b>Tester</b>",
        limits_hash="11aa" * 16,
        plan_hash="22bb" * 16,
        seed=7,
    )
    run.event("bench.transcript", {"debug port": ["12.000 > LEVEL 3", "12.010 < OK <script>alert(2)</script>"]})
    readings = {
        TESTS[0]: [(FREQUENCY, Reading(hertz, "Hz", 0.02))],
        TESTS[2]: [(CURRENT, Reading(2.15e-5, "A", 1e-7)), (FIRMWARE, Reading(firmware, ""))],
    }
    for place, (test, outcome) in enumerate(zip(TESTS, outcomes, strict=False)):
        run.test_started(test, 10.0 * place)
        for limit, reading in readings.get(test, []) if outcome else []:
            run.measurement(test, limit.id, limit.conditions, reading, limit, decide(reading, limit), 1.0)
        if place == 0:
            seconds = np.arange(100_000) / 20_000.0
            for number in range(waveforms):
                noise = np.random.default_rng(number).normal(0.0, 0.2, len(seconds))
                wave = 11.0 * np.sin(2 * np.pi * hertz * seconds) + noise
                run.waveform(f"acceleration {number}", wave, 20_000.0, "m/s2", test, 1.0)
        if outcome:
            run.test_ended(test, outcome, "" if outcome == "passed" else f"{test} <i>out</i>", 10.0 * place + 5)
        run.commit()
    run.end(verdict, [] if verdict == "PASS" else ["vibration.frequency, level 3"], 1.0, 31.0)
    if results is not None:
        run.store_report_files(results)
    return run.run_id
