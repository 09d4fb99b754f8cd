"""Whoever reads the output may go away: the exit status is the judgement's, and nothing is said about a crash."""

import subprocess
import sys

import pytest

RIG = f"{sys.executable} -m rig.cli"
GONE = ["{rig} | head -n 1", "{rig} > /dev/full"]


@pytest.mark.parametrize("line", GONE)
@pytest.mark.parametrize(("defect", "status"), [("", 0), ("--defect bearing_tight", 1), ("--defect pogo_worn", 2)])
def test_the_status_of_a_test_is_the_judgements(tmp_path, line, defect, status):
    command = line.format(rig=f"{RIG} test VS1-2026-000002 {defect} --data {tmp_path / 'data'}")
    told = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=100, check=False
    )
    assert told.returncode == status, told.stderr
    assert "Traceback" not in told.stderr
    assert "internal error" not in told.stderr


@pytest.mark.parametrize("line", GONE)
@pytest.mark.parametrize("command", ["--help", "show --help"])
def test_what_only_reads_ends_quietly(line, command):
    told = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line.format(rig=f'{RIG} {command}')}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
def test_a_descriptor_that_is_closed_leads_nowhere(tmp_path, closed):
    """No file of ours may get its number, and be written into."""
    line = f'"{sys.executable}" -m rig.cli verify --data "{tmp_path}" {closed}'
    before = subprocess.run(["sh", "-c", line.replace(closed, "")], capture_output=True, timeout=60, check=False)
    after = subprocess.run(["sh", "-c", line], capture_output=True, timeout=60, check=False)
    assert after.returncode == before.returncode == 64
