"""The disk of the record fills up, or becomes read-only, at a random moment of each production run.

Half of the units are defective. The disk is a small tmpfs in a mount namespace of our own, which needs no root where
users may have namespaces. Afterwards there is room again, and the record is opened as the next start does.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.campaigns.aftermath import look
from tests.campaigns.eyes import PATIENCE_SECONDS
from tests.campaigns.lanes import COUNTED, Outcome, chosen, figures, gathered
from tests.campaigns.scene import Scene, StruckLane
from tests.campaigns.strike import RUN_BENCH_SECONDS, unit_of

MEGABYTES = 64
LEFT_BYTES = 65536  # at most so much room is left, for a few commits more
WAYS = ("full", "read-only")
INSIDE = "VIBROSCULPT_CAMPAIGN_NAMESPACE"


def points_of(chance: random.Random, points: int) -> Iterator[Outcome]:
    """Take the disk away so often, each time in another run; runs that ended before don't count."""
    lane = StruckLane()
    try:
        while points:
            with tempfile.TemporaryDirectory(prefix="vibrosculpt-disk-") as mounted:
                outcome = _point(lane, chance, Path(mounted))
            if outcome is not None:
                points -= 1
                yield outcome
    finally:
        lane.close()


def _point(lane: StruckLane, chance: random.Random, disk: Path) -> Outcome | None:
    unit, way = unit_of(chance), chance.choice(WAYS)
    moment, left = chance.uniform(0.0, RUN_BENCH_SECONDS), chance.randrange(LEFT_BYTES)
    _mount("-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(disk))
    scene = lane.begin(unit, data=disk / "data")
    try:
        struck = scene.bench_seconds(moment) and not scene.ended
        if struck and way == "full":
            _fill(disk, left)
        elif struck:
            _refuse_writes(scene.run, disk)
        scene.wait_run()
        off = scene.eyes.off_after(time.monotonic(), PATIENCE_SECONDS)
        lane.await_guards(scene)
        _mount("-o", f"remount,rw,size={2 * MEGABYTES}m", str(disk))
        outcome = _outcome(scene, way, off)
    finally:
        lane.end(scene)
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
    return {**outcome, "moment": f"{moment:.2f} s of bench"} if struck else None


def _outcome(scene: Scene, way: str, off: float | None) -> Outcome:
    after = look(scene.data, scene.unit.serial, scene.acknowledged())
    passed = "PASS" in (scene.said, after.verdict)
    return {
        "victim": way,
        "unit": scene.unit.seed,
        "defect": scene.unit.defect,
        "off_s": None if off is None else round(off, 4),
        "said": scene.said,
        "verdict": after.verdict or "not begun",
        "acknowledged": after.acknowledged,
        "lost_measurements": after.lost,
        "wrong_values": after.wrong,
        # the operator may not be shown a PASS that isn't in the record
        "false_pass": passed and (bool(scene.unit.defect) or not after.whole or after.verdict != "PASS"),
        "left_energised": off is None,
        "recovered": after.closed,
        "unrecovered": after.left_open,
        "unverified": not after.verified,
        "hung": scene.hung,
        "left_running": scene.left_running,
    }


def _fill(disk: Path, left: int) -> None:
    """Leave only so many bytes."""
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(b"\0" * 65536):
                pass
        except OSError:
            filler.truncate(max(0, filler.tell() - left))


def _refuse_writes(run: int, disk: Path) -> None:
    """Make the disk read-only; where open files forbid that, the run's limit of file sizes refuses it every write."""
    done = subprocess.run(["mount", "-o", "remount,ro", str(disk)], capture_output=True, check=False)
    if done.returncode != 0:
        resource.prlimit(run, resource.RLIMIT_FSIZE, (0, 0))


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def main(arguments: list[str]) -> int:
    """Run the points in a mount namespace of our own; the last line is one JSON object, 1 when anything was wrong."""
    options = chosen("disk", __doc__, arguments)
    if INSIDE not in os.environ:
        inside = [sys.executable, "-m", "tests.campaigns", "disk", *arguments]
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--map-root-user", "--mount", *inside])  # noqa: S606 - our own command again
    started = time.monotonic()
    answer = figures(gathered(points_of, options), options, started)
    print(json.dumps(answer))
    return 1 if any(answer[key] for key in COUNTED) else 0
