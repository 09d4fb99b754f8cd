"""A production run passes at every pace of a twin that runs alone, and that twin keeps the wall's time while idle."""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from tests.doors import asked

PACES = (1.0, 2.0, 3.0, 20.0)
IDLE_SECONDS = 600.0
FOLLOWS_SECONDS = 0.02  # how far from the wall clock it may be on an idle machine
RUN_WALL_SECONDS = 240.0


@contextlib.contextmanager
def lone_twin(pace: float) -> Generator[dict[str, str]]:
    """A twin that runs alone, as `rig twin` serves it; yields its first line."""
    command = [sys.executable, "-m", "rig.twin", "--pace", str(pace)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)


def run_at(pace: float, data: Path) -> tuple[str, float, float]:
    """Check that bench, then run a unit through the production plan on it: the verdict, wall and bench seconds."""
    with lone_twin(pace) as twin:
        rig = [sys.executable, "-m", "rig.cli"]
        station = ["--station", twin["station"], "--json"]
        checked = subprocess.run(
            [*rig, "check", *station], capture_output=True, text=True, timeout=RUN_WALL_SECONDS, check=False
        )
        if checked.returncode != 0:
            return f"rig check: exit status {checked.returncode}", 0.0, 0.0
        command = [*rig, "test", "VS1-2026-000001", *station, "--data", str(data)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_WALL_SECONDS, check=False)
        answer = json.loads(done.stdout.splitlines()[-1])
        return answer["verdict"], answer["wall_s"], answer["bench_s"]


def drift_after(idle_seconds: float) -> float:
    """Leave a twin at pace 1 alone for so long; how far its clock is then from the wall's, s."""
    with lone_twin(1.0) as twin:
        first, wall = _now(twin), time.monotonic()
        time.sleep(idle_seconds)  # noqa: TID251 - the wall's time is what is looked at
        return min(abs((_now(twin) - first) - (time.monotonic() - wall)) for _ in range(5))


def _now(twin: dict[str, str]) -> float:
    return asked(twin, {"op": "now"}, "clock")["now_ns"] / 1e9


def main(arguments: Sequence[str]) -> int:
    """Run at each of `--paces`, then leave a twin idle for `--idle` seconds; exit status 1 when any of it fails."""
    parser = argparse.ArgumentParser(prog="paces", description=__doc__)
    parser.add_argument("--paces", type=float, nargs="*", default=PACES, help="bench seconds a wall second")
    parser.add_argument("--idle", type=float, default=IDLE_SECONDS, help="wall seconds without anybody")
    options = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="paces-") as directory:
        for pace in options.paces:
            verdict, wall, bench = run_at(pace, Path(directory) / str(pace))
            failed += verdict != "PASS"
            print(f"pace {pace:g}: {verdict}, {wall:.1f} s wall time, {bench:.1f} s on the bench", flush=True)
    drift = drift_after(options.idle)
    print(f"idle for {options.idle:g} s: {1000 * drift:.1f} ms from the wall clock")
    return 1 if failed or drift > FOLLOWS_SECONDS else 0
