"""Readings of one unit differ by no more than their uncertainties; the campaign measures many units twice."""

import json
import subprocess
import sys

from tests.campaigns.repeatability import found, too_small


def test_a_few_units():
    command = [sys.executable, "-m", "tests.campaigns", "repeatability", "--points", "2", "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, answer["points"], answer["too_small"]) == (0, 2, []), done.stderr
    assert answer["worst_rms"] > 0.0  # the second run isn't the first one again


def test_an_uncertainty_that_is_too_small_is_told():
    pairs = [
        {"apart": {"motor.ripple []": 4.2, "motor.current [('level', 1)]": 0.1, "boot.time []": 0.0}},
        {"apart": {"motor.ripple []": -0.1, "motor.current [('level', 1)]": -0.2, "boot.time []": 0.0}},
    ]
    spread = found(pairs)
    assert set(spread) == {"motor.ripple", "motor.current"}
    assert too_small(spread) == ["motor.ripple"]
    often = found([{"apart": {"motor.current [('level', 1)]": sign * 1.1}} for sign in [1, -1] * 5])
    assert too_small(often) == ["motor.current"]
