"""A few strikes of each campaign; the figures stand in docs and come from the whole ones."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.campaigns.strangers import BAD
from tests.cli.test_disk_full import NAMESPACE

SOONER_THAN_THE_RELAY = 0.9  # it opens a second after its last restart at the earliest
RELAY_SECONDS = 2.25


def campaign(name: str, points: int, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.campaigns", name, "--points", str(points), "--seed", str(seed)]
    command += ["--lanes", "2"]  # on any machine the same strikes
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=environment)
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    for key in ("lost_measurements", "wrong_values", "false_pass", "left_energised", "unrecovered", "unverified"):
        assert answer[key] == 0, (key, done.stderr)
    assert (answer["points"], answer["hung"], answer["left_running"]) == (points, 0, 0), done.stderr
    return answer


@pytest.mark.parametrize(("name", "seed", "patience"), [("kill", 6, 0.0), ("hang", 5, 1.0)])
def test_a_dead_or_silent_process_leaves_nothing_hot(name: str, seed: int, patience: float):
    answer = campaign(name, 4, seed)
    assert answer["run"]["energised"] > 0
    assert answer["guard"]["energised"] > 0
    assert answer["run"]["worst_off_s"] < patience + SOONER_THAN_THE_RELAY
    assert answer["guard"]["worst_off_s"] < RELAY_SECONDS


def test_a_dip_of_the_supply_is_never_a_false_pass():
    assert campaign("power", 2, 1)["acknowledged"] > 0


def test_a_disk_that_fills_or_refuses_is_never_a_false_pass():
    allowed = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    assert allowed.returncode == 0, f"no mount namespace here, so the full disk was NOT tried: {allowed.stderr}"
    answer = campaign("disk", 2, 1)
    assert answer["acknowledged"] > 0
    assert answer["recovered"] > 0


def test_strangers_change_no_run():
    command = [sys.executable, "-m", "tests.campaigns", "strangers", "--points", "25", "--seed", "3", "--lanes", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert [answer[key] for key in BAD] == [0] * len(BAD), done.stderr
    assert done.returncode == 0
    assert answer["points"] == 25
    assert {"guard", "clock", "control", "battery", "power_box"} <= answer["ports"].keys()
