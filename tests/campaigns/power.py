"""The unit's supply dips once in each production run: no false PASS, no FAIL of a healthy unit, nothing lost.

Each unit first runs without a dip; its points then differ by the dip alone. Half of the units are defective: a PASS of
one of those is false. So is a PASS of a healthy unit whose values aren't those without the dip, within a tenth of the
distance between their limits; a dip that changed nothing may pass.
"""

import json
import math
import random
import time
from collections.abc import Iterator

from rig.prove.unit import VirtualUnit
from tests.campaigns.aftermath import Aftermath, look
from tests.campaigns.eyes import PATIENCE_SECONDS
from tests.campaigns.lanes import COUNTED, Outcome, chosen, figures, gathered
from tests.campaigns.scene import Scene, StruckLane
from tests.campaigns.strike import RUN_BENCH_SECONDS, unit_of
from tests.campaigns.wrong import wrong_values

PACES = (0.0, 50.0, 200.0)  # as fast as it goes, or so many bench seconds a wall second
SHORTEST_SECONDS, LONGEST_SECONDS = 0.001, 2.0
POINTS_A_UNIT = 10
BEGUN_SECONDS = 0.5  # of bench time: the bench is open by then


def points_of(chance: random.Random, points: int) -> Iterator[Outcome]:
    """Dip so often, each time in another run."""
    lane = StruckLane()
    try:
        while points:
            unit = unit_of(chance)
            sound, _ = _through(lane, lane.begin(unit))
            for _ in range(min(POINTS_A_UNIT, points)):
                points -= 1
                yield _dipped(lane, unit, chance, sound)
    finally:
        lane.close()


def _dipped(lane: StruckLane, unit: VirtualUnit, chance: random.Random, sound: Aftermath) -> Outcome:
    after_seconds = chance.uniform(0.0, RUN_BENCH_SECONDS)
    seconds = math.exp(chance.uniform(math.log(SHORTEST_SECONDS), math.log(LONGEST_SECONDS)))
    pace = chance.choice(PACES)
    scene = lane.begin(unit)
    scene.eyes.ask(op="dropout", after_seconds=after_seconds, seconds=seconds)
    if pace:  # once the run goes on: a lone twin would follow the wall past its dip
        scene.eyes.ask(op="pace", pace=pace, after_seconds=BEGUN_SECONDS)
    after, off = _through(lane, scene)
    false_fail = after.verdict == "FAIL" and sound.verdict == "PASS"
    wrong = wrong_values(after.values, sound.values) if after.verdict == "PASS" else []
    passed = "PASS" in (scene.said, after.verdict)
    return {
        "victim": "supply",
        "unit": unit.seed,
        "defect": unit.defect,
        "dip": f"{1000 * seconds:.0f} ms at {after_seconds:.2f} s, pace {pace:g}",
        "off_s": off,
        "sound": sound.verdict,
        "verdict": after.verdict or "not begun",
        "acknowledged": after.acknowledged,
        "lost_measurements": after.lost,
        "wrong_values": after.wrong + len(wrong),
        "wrong": "; ".join(wrong),
        "false_pass": passed and (bool(unit.defect) or sound.verdict != "PASS" or not after.whole or bool(wrong)),
        "false_fail": false_fail,
        "reasons": "; ".join(after.reasons) if false_fail else "",
        "left_energised": off is None,
        "recovered": after.verdict == sound.verdict,
        "unrecovered": after.left_open,
        "unverified": not after.verified,
        "hung": scene.hung,
        "left_running": scene.left_running,
    }


def _through(lane: StruckLane, scene: Scene) -> tuple[Aftermath, float | None]:
    """Let a run come to its end: its record, and how long after it energy could reach the unit."""
    try:
        scene.wait_run()
        off = scene.eyes.off_after(time.monotonic(), PATIENCE_SECONDS)
        lane.await_guards(scene)
        after = look(scene.data, scene.unit.serial, scene.acknowledged())
    finally:
        lane.end(scene)
    return after, None if off is None else round(off, 4)


def main(arguments: list[str]) -> int:
    """Run the points; the last line is one JSON object, the status 1 when anything was wrong."""
    options = chosen("power", __doc__, arguments)
    started = time.monotonic()
    outcomes = gathered(points_of, options)
    answer = figures(outcomes, options, started)
    answer["false_fail"] = sum(one["false_fail"] for one in outcomes)
    print(json.dumps(answer))
    return 1 if any(answer[key] for key in (*COUNTED, "false_fail")) else 0
