"""The whole sampled plan: healthy units pass, and what only long plans can see is seen."""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

# the measurement that must catch each defect of the class `sampled`
CAUGHT_BY = {"paste_missing": "soak.face_coupling", "ntc_wrong_beta": "soak.plate_temperature"}
RUN_WALL_SECONDS = 1200.0  # the longest a run may take on a machine that is kept busy


def run_once(data: Path, serial: str, defect: str | None = None) -> tuple[str, list[str]]:
    """Run a unit through the whole plan; its verdict, and the ids of the measurements that weren't in."""
    command = [sys.executable, "-m", "rig.cli", "test", serial, "--plan", "sampled", "--data", str(data), "--json"]
    command += [] if defect is None else ["--defect", defect]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=RUN_WALL_SECONDS, check=False
    )
    if not done.stdout:
        raise RuntimeError(f"`rig test` ended with {done.returncode} and no answer: {done.stderr[-2000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["verdict"], answer["failed"]


def main(arguments: list[str]) -> int:
    """Run so many units of each kind, seeds drawn and printed; 1 when one is judged wrongly."""
    parser = argparse.ArgumentParser(prog="sampled", description=__doc__)
    parser.add_argument("--units", type=int, default=3, help="healthy units, and units with each defect")
    parser.add_argument("--first", type=int, default=secrets.randbelow(900_000), help="number of the first unit")
    chosen = parser.parse_args(arguments)
    wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        for number in range(chosen.first, chosen.first + chosen.units):
            for defect in (None, *CAUGHT_BY):
                verdict, failed = run_once(Path(directory), f"VS1-2026-{number:06d}", defect)
                right = (verdict, failed) == ("PASS", []) if defect is None else CAUGHT_BY[defect] in failed
                wrong += not right
                print(f"unit {number}, {defect or 'healthy'}: {verdict} {' '.join(failed)}", flush=True)
    print(f"{wrong} judged wrongly")
    return 1 if wrong else 0
