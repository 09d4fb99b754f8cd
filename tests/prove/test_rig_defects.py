"""Trouble of the rig, whatever and however strong, costs no unit anything."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rig.prove.catalogue import load_catalogue

SEVERITIES = (1, 2)


@pytest.mark.timeout(300)  # a tenth of it on an idle machine
def test_no_defect_of_the_rig_fails_or_blocks_a_unit(tmp_path: Path) -> None:
    wanted = [f"{one.id}={s}" for one in load_catalogue().values() if one.kind == "rig" for s in SEVERITIES]
    assert len(wanted) >= 12
    values = tmp_path / "lot.jsonl"
    command = [sys.executable, "-m", "rig.cli", "prove", "--lot", "0", "--each", "1", "--values", str(values), "--json"]
    ended = subprocess.run(
        [*command, *(f"--defect={one}" for one in wanted)], capture_output=True, text=True, check=False, timeout=290
    )
    found = json.loads(ended.stdout.splitlines()[-1])
    outcomes = [json.loads(line) for line in values.read_text().splitlines()]
    told = [(one["defect"], one["verdict"], one["standing"], one["failed"]) for one in outcomes]
    assert sorted(one["defect"] for one in outcomes) == sorted(wanted)
    assert {one["verdict"] for one in outcomes} == {"ERROR"}, f"seed {found['seed']}: {told}"
    assert {one["standing"] for one in outcomes} <= {"not judged", "retest needed"}, f"seed {found['seed']}: {told}"
    assert ended.returncode == 0, ended.stderr[-2000:]


def test_a_lot_of_nothing_proves_nothing() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "rig.cli", "prove", "--lot", "0"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (64, "")
    assert "nothing to prove" in ended.stderr
