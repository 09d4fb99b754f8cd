"""The production plan on a lot drawn at run time: every good unit passes, every certain defect is caught.

The long version, 30 units of each defect, is the command that docs/reference/coverage.md names.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEALTHY = 50
EACH = 3


@pytest.mark.timeout(420)
def test_a_lot_drawn_now(tmp_path: Path) -> None:
    values = tmp_path / "lot.jsonl"
    command = [sys.executable, "-m", "rig.cli", "prove", "--lot", str(HEALTHY), "--defect", "all", "--each", str(EACH)]
    ended = subprocess.run(
        [*command, "--values", str(values), "--json"], capture_output=True, text=True, check=False, timeout=410
    )
    print(ended.stderr[-4000:])
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["healthy"] == HEALTHY
    assert found["false_fails"] == 0, f"seed {found['seed']}"
    assert found["escapes"] == [], f"seed {found['seed']}"
    missed = [
        (row["id"], row["caught"])
        for row in found["defects"]
        if row["class"] in ("certain", "rig") and row["caught"] < EACH
    ]
    assert missed == [], f"seed {found['seed']}"
    outcomes = [json.loads(line) for line in values.read_text().splitlines()]
    assert max(one["bench_s"] for one in outcomes if not one["defect"]) <= 45.0
