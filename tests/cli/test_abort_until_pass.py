"""A failure that is durable counts, however its run ended: stopping a run in time passes no unit."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rig.record import Record

SERIAL = "VS1-2026-000001"
DEFECT = "magnet_weak"  # fails early in the plan, and blocks nothing


def rig(data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "rig.cli", "test", SERIAL, "--data", str(data), "--json", *arguments]


def stopped_after_a_failure(data: Path, number: int) -> None:
    """Run the bad unit, and end the run with that signal as soon as somebody can see that it fails."""
    seen = data.with_name(f"seen-{number}-{len(list(data.parent.iterdir()))}")
    os.mkfifo(seen)
    command = rig(data, "--defect", DEFECT, "--pace", "40", "--acknowledge", str(seen))
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process,
        seen.open(encoding="utf-8") as lines,
    ):
        for line in lines:
            told = json.loads(line)
            if told.get("verdict") == "FAIL" and "id" in told:
                process.send_signal(number)
                break
        for _ in lines:
            pass
        process.wait(60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_the_third_run_does_not_pass_the_unit(tmp_path: Path, number: int) -> None:
    data = tmp_path / "data"
    for _ in range(2):
        stopped_after_a_failure(data, number)
    done = subprocess.run(rig(data), capture_output=True, text=True, timeout=100, check=False)
    answer = json.loads(done.stdout.splitlines()[-1])
    with Record.read(data) as record:
        history = record.history(SERIAL)
        first = record.first_pass()
        verdicts = [one.verdict for one in record.attempts(SERIAL)]
    assert answer.get("unit_status", history.status.standing) != "passed"
    assert done.returncode in (3, 64), done.stderr
    assert str(history.status.standing) in ("retest needed", "failed")
    assert "PASS" not in verdicts[:2]
    assert [(one.units, one.passed) for one in first if one.plan == "production"] == [(1, 0)]
