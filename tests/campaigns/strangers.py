"""Strangers at every port of guard and twin during production runs: no run is changed, whatever they say.

Each lane runs a healthy unit without anybody, then again and again with random strangers at random moments: verdict,
exit status and every value, waveform and time must be the same bit for bit, and the guard says nothing. One point is
one thing that a stranger does at one port. The runs go as fast as they can, serial cables are sockets.
"""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rig.bench.guard import GuardSettings
from rig.bench.guard.process import running_guard
from rig.prove.unit import VirtualUnit
from rig.station import load_station
from tests.campaigns.determinism import Told, first_difference, told_of
from tests.campaigns.eyes import PATIENCE_SECONDS, pause
from tests.campaigns.lanes import Outcome, chosen, gathered
from tests.campaigns.scene import Scene, StruckLane
from tests.campaigns.stranger import Door, Stranger

POINTS_A_RUN = 25
OPEN_SHARE = 0.3  # of a run; its bench is open by then
TOKEN_WEIGHT = 3  # more can be said at a port with a token
TOKENS = ("clock", "control")
NO_PORTS = ("pid", "station", "token")
BAD = ("changed", "not_pass", "left_energised", "guard_trouble", "hung", "left_running")


class VisitedLane(StruckLane):
    """Scenes whose serial cables are sockets, so that a stranger may come there, too."""

    def __init__(self) -> None:
        super().__init__()
        self.twin: dict[str, Any] = {}

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        if request["op"] == "unit":
            arguments: Any = request["arguments"]
            self.twin = super()._ask({**request, "arguments": [*arguments, "--links", "socket"]})
            return self.twin
        return super()._ask(request)

    def doors(self, scene: Scene) -> list[Door]:
        """Every port of the twin and the guard; raises ConnectionError when the guard isn't there."""
        found: list[Door] = []
        for name, address in self.twin.items():
            if name not in NO_PORTS and (port := re.search(r"127\.0\.0\.1:+(\d+)", str(address))):
                found.append(Door(name, int(port[1]), self.twin["token"] if name in TOKENS else None))
        contact = running_guard(GuardSettings.of(load_station(scene.directory / "station.toml")))
        if contact is None:
            raise ConnectionError("the guard doesn't answer its door")
        return [*found, Door("guard", contact.port, contact.token)]


def points_of(chance: random.Random, points: int) -> Iterator[Outcome]:
    """Let so many things be done, some dozens in each run, all of one unit."""
    lane = VisitedLane()
    try:
        unit = VirtualUnit(chance.randrange(1_000_000), "")
        sound, alone = _through(lane, unit, Stranger(chance), [])
        yield {**alone, "changed": ""}
        while points > 0:
            shares = sorted(chance.uniform(OPEN_SHARE, 1.0) for _ in range(min(POINTS_A_RUN, points)))
            told, outcome = _through(lane, unit, Stranger(chance), [share * alone["wall_s"] for share in shares])
            points -= outcome["points"]
            yield {**outcome, "changed": first_difference(sound, told) or ""}
    finally:
        lane.close()


def _through(lane: VisitedLane, unit: VirtualUnit, stranger: Stranger, moments: list[float]) -> tuple[Told, Outcome]:
    """Let a run come to its end among strangers: what it told, and what else there is to say of it.

    They come at wall times: nobody asks the twin for its own while the run goes on, which might change something, too.
    """
    scene = lane.begin(unit)
    began = time.monotonic()
    ports: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    doors: list[Door] = []
    try:
        for moment in moments:
            pause(began + moment - time.monotonic())
            if scene.ended:
                break
            doors = doors or lane.doors(scene)
            door = stranger.chance.choices(doors, [1 if one.token is None else TOKEN_WEIGHT for one in doors])[0]
            try:
                kinds[stranger.act(door)] += 1
            except ConnectionRefusedError:
                break  # the run has let its guard go; had the guard gone before, the run would not have passed
            ports[door.name] += 1
        scene.wait_run()
        wall_s = time.monotonic() - began
        off = scene.eyes.off_after(time.monotonic(), PATIENCE_SECONDS)
        lane.await_guards(scene)
        guard_said = (scene.directory / "guard.txt").read_text().strip()
        told = told_of(scene.data, unit.serial)
    finally:
        stranger.leave()
        lane.end(scene)
    return told, {
        "unit": unit.seed,
        "points": ports.total(),
        "ports": dict(ports),
        "kinds": dict(kinds),
        "verdict": told[-1],
        "not_pass": scene.status != 0 or scene.said != "PASS" or not told[-1].startswith("PASS "),
        "status": scene.status,
        "left_energised": off is None,
        "guard_trouble": guard_said,
        "hung": scene.hung,
        "left_running": scene.left_running,
        "wall_s": round(wall_s, 2),
    }


def figures(outcomes: list[Outcome]) -> Outcome:
    """Sum up: runs that aren't as they must be, and points by port and by kind."""
    answer: Outcome = {"points": sum(one["points"] for one in outcomes), "runs": len(outcomes)}
    answer |= {key: sum(bool(one[key]) for one in outcomes) for key in BAD}
    for key in ("ports", "kinds"):
        answer[key] = dict(sorted(sum((Counter(one[key]) for one in outcomes), Counter[str]()).items()))
    return answer


def main(arguments: list[str]) -> int:
    """Run the points; the last line is one JSON object, the status 1 when any run was changed or anything wrong."""
    options = chosen("strangers", __doc__, arguments, points=300)
    started = time.monotonic()
    answer = figures(gathered(points_of, options))
    answer |= {"seed": options.seed, "seconds": round(time.monotonic() - started, 1)}
    print(json.dumps(answer))
    return 1 if any(answer[key] for key in BAD) else 0
