"""A signal at a random moment of a production run, and what an outside observer sees of it."""

import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rig.prove.unit import VirtualUnit
from tests.campaigns.aftermath import look
from tests.campaigns.eyes import PATIENCE_SECONDS, live, pause
from tests.campaigns.lanes import Outcome
from tests.campaigns.scene import DEFECTS, Scene, StruckLane

RUN_BENCH_SECONDS = 36.0  # a production run takes about that long
START_WALL_SECONDS = 3.0  # the run's and the guard's own start
START_SHARE = 0.1  # of the strikes fall into it
JITTER_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Strike:
    """Which signal, whom it hits how often, what is changed in the station file."""

    signal: signal.Signals
    weights: Mapping[str, float]
    edit: Callable[[str], str] = str


def unit_of(chance: random.Random) -> VirtualUnit:
    """A random individual; every other one is defective."""
    return VirtualUnit(chance.randrange(1_000_000), chance.choice(DEFECTS) if chance.random() < 0.5 else "")


def struck(lane: StruckLane, chance: random.Random, strike: Strike) -> Outcome | None:
    """Run a unit and strike; None when the run had ended before the moment came."""
    unit = unit_of(chance)
    victim = chance.choices(list(strike.weights), list(strike.weights.values()))[0]
    at_start = chance.random() < START_SHARE
    moment = chance.uniform(0.0, START_WALL_SECONDS if at_start else RUN_BENCH_SECONDS)
    scene = lane.begin(unit, guard=not at_start, edit=strike.edit)
    try:
        if at_start:
            pause(moment)
            scene.eyes.ask(op="pace", pace=1.0)
        else:
            if not scene.wall_pace_from(moment):
                return None
        pause(chance.uniform(0.0, JITTER_SECONDS))
        if scene.ended:
            return None
        outcome = _strike(lane, scene, strike, victim)
    finally:
        lane.end(scene)
    where = "start" if at_start else "bench"
    return {**outcome, "left_running": scene.left_running, "hung": scene.hung, "moment": f"{moment:.2f} s of {where}"}


def _strike(lane: StruckLane, scene: Scene, strike: Strike, victim: str) -> Outcome:
    guard = scene.guard or scene.own_guard()
    pids = {"run": scene.run, "guard": guard or scene.run, "twin": scene.twin}
    if victim == "guard" and guard is None:
        victim = "run"  # it has no guard yet
    energised = live(scene.eyes.state())
    struck_at = time.monotonic()
    os.kill(pids[victim], strike.signal)
    off: float | None = None
    left = False
    if victim != "twin":
        off = scene.eyes.off_after(struck_at, PATIENCE_SECONDS)
        left = off is None
        off = round(off or PATIENCE_SECONDS, 4) if energised else None
    if strike.signal is signal.SIGSTOP:
        os.kill(pids[victim], signal.SIGCONT)
    scene.wait_run()
    if victim != "twin":
        left = left or scene.eyes.off_after(time.monotonic(), PATIENCE_SECONDS) is None
    lane.await_guards(scene)  # they keep their black box in the record
    acknowledged = scene.acknowledged()
    after = look(scene.data, scene.unit.serial, acknowledged)
    # who loses its guard or its bench while something is on, or is found silent, may not pass
    tripped = energised and (victim != "run" or strike.signal is signal.SIGSTOP)
    passed = "PASS" in (scene.said, after.verdict)
    return {
        "victim": victim,
        "unit": scene.unit.seed,
        "defect": scene.unit.defect,
        "energised": energised,
        "off_s": off,
        "verdict": after.verdict or "not begun",
        "acknowledged": after.acknowledged,
        "lost_measurements": after.lost,
        "wrong_values": after.wrong,
        "false_pass": passed and (bool(scene.unit.defect) or tripped or not after.whole),
        "left_energised": left,
        "recovered": after.closed,
        "unrecovered": after.left_open,
        "unverified": not after.verified,
    }
