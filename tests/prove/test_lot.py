"""The production plan on a lot drawn at run time: every good unit passes, every certain defect is caught.

The long version, 30 units of each defect, is the command that docs/reference/coverage.md names.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rig.prove.catalogue import load_catalogue

HEALTHY = 20
EACH = 1
TAKT_SECONDS = 40.0


@pytest.mark.timeout(900)  # a third of it on two idle cores
def test_a_lot_drawn_now(tmp_path: Path) -> None:
    values = tmp_path / "lot.jsonl"
    wanted = [one.id for one in load_catalogue().values() if one.kind == "certain"]  # the rig's: test_rig_defects.py
    assert len(wanted) >= 45
    command = [sys.executable, "-m", "rig.cli", "prove", "--lot", str(HEALTHY), "--each", str(EACH)]
    command += [f"--defect={one}" for one in wanted]
    ended = subprocess.run(
        [*command, "--values", str(values), "--json"], capture_output=True, text=True, check=False, timeout=890
    )
    print(ended.stderr[-4000:])
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["healthy"] == HEALTHY
    assert found["false_fails"] == 0, f"seed {found['seed']}"
    rows = found["defects"]
    assert [row["id"] for row in rows] == wanted
    # certain means caught with p >= 0.99 each: three misses are no chance
    missed = [row["id"] for row in rows if row["caught"] < EACH]
    assert len(missed) < 3, f"seed {found['seed']}: {missed}"
    outcomes = [json.loads(line) for line in values.read_text().splitlines()]
    assert max(one["bench_s"] for one in outcomes if not one["defect"]) <= TAKT_SECONDS
