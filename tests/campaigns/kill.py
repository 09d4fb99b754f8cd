"""End run, guard or twin with SIGKILL at random moments of production runs: nothing lost, no false PASS, nothing hot.

The twin goes to wall pace just before; whether energy can still reach the unit is seen by asking the twin itself.
"""

import json
import random
import signal
import time
from collections.abc import Iterator

from tests.campaigns.lanes import COUNTED, Outcome, chosen, figures, gathered
from tests.campaigns.scene import StruckLane
from tests.campaigns.strike import Strike, struck

STRIKE = Strike(signal.SIGKILL, {"run": 0.55, "guard": 0.3, "twin": 0.15})
LIMITS = {"run": (0.25, 0.02), "guard": (2.05, 2.05)}  # seconds until off: worst, median; the relay's own time is 2 s


def points_of(chance: random.Random, points: int) -> Iterator[Outcome]:
    """Strike so often, each time in another run."""
    yield from strikes(STRIKE, chance, points)


def strikes(strike: Strike, chance: random.Random, points: int) -> Iterator[Outcome]:
    """Strike so often; runs that ended before their moment don't count."""
    lane = StruckLane()
    try:
        while points:
            outcome = struck(lane, chance, strike)
            if outcome is not None:
                points -= 1
                yield outcome
    finally:
        lane.close()


def too_slow(answer: Outcome, limits: dict[str, tuple[float, float]]) -> list[str]:
    """Name the victims after whom energy could reach the unit for too long."""
    found = [(victim, answer[victim], limit) for victim, limit in limits.items() if victim in answer]
    return [
        victim
        for victim, times, (worst, median) in found
        if times["worst_off_s"] > worst or times["p50_off_s"] > median
    ]


def main(arguments: list[str]) -> int:
    """Run the points; the last line is one JSON object, the status 1 when anything was wrong or too slow."""
    options = chosen("kill", __doc__, arguments)
    started = time.monotonic()
    answer = figures(gathered(points_of, options), options, started)
    answer["too_slow"] = too_slow(answer, LIMITS)
    print(json.dumps(answer))
    return 1 if answer["too_slow"] or any(answer[key] for key in COUNTED) else 0
