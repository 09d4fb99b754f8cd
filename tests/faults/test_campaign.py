"""The transport campaign in short: a healthy and a defective unit, one fault each."""

import json
import os
import subprocess
import sys

import pytest

from tests.campaigns.transport import BAD
from tests.campaigns.wrong import Value, wrong_values


@pytest.mark.timeout(120)
def test_a_few_points():
    """Earns its seconds: the only test where a whole run meets a fault on a wire."""
    command = [sys.executable, "-m", "tests.campaigns", "transport", "--points", "2", "--seed", "3", "--lanes", "1"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["points"] == answer["struck"] == 2
    assert answer["defective"] == 1
    for key in BAD:
        assert answer[key] == 0, key
    assert {"worst_off_s", "p50_off_s", "recovered", "seconds"} <= answer.keys()


def test_a_value_is_wrong_beyond_its_uncertainty():
    sound = {"volts": Value(7.4, 0.01, "PASS"), "state": Value("IDLE", None, "PASS")}
    assert wrong_values({"volts": Value(7.45, 0.01, "PASS")}, sound) == []
    assert wrong_values({"volts": Value(7.46, 0.01, "PASS")}, sound)
    assert wrong_values({"volts": Value(7.46, 0.01, "FAIL")}, sound)
    assert wrong_values({"state": Value("RUN", None, "PASS")}, sound)


def test_what_the_unit_itself_varies_by():
    sound = {
        "cutoff.stall.time []": Value(0.25, 0.001, "PASS"),
        "cutoff.comparator.time []": Value(0.01, 0.001, "PASS"),
    }
    assert wrong_values({"cutoff.stall.time []": Value(0.30, 0.001, "PASS")}, sound) == []
    assert wrong_values({"cutoff.stall.time []": Value(0.31, 0.001, "PASS")}, sound)
    assert wrong_values({"cutoff.comparator.time []": Value(0.03, 0.001, "PASS")}, sound)


def test_what_fails_both_times_is_compared_by_its_verdict():
    sound = {"ohm": Value(4.0e5, 1.0, "FAIL")}
    assert wrong_values({"ohm": Value(-3.0e5, 1.0, "FAIL")}, sound) == []
    assert wrong_values({"ohm": Value(6.8, 1.0, "PASS")}, sound)
