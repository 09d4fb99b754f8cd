"""Stop run or guard with SIGSTOP at random moments of production runs; the guard's patience is a second.

A stopped guard lets the watchdog relay open; both are continued once the energy has gone, and must not give it back.
"""

import json
import random
import re
import signal
import time
from collections.abc import Iterator

from tests.campaigns.kill import strikes, too_slow
from tests.campaigns.lanes import COUNTED, Outcome, chosen, figures, gathered
from tests.campaigns.strike import Strike

BEAT_SECONDS = 1.0
LIMITS = {"run": (1.25, 1.25), "guard": (2.25, 2.25)}  # seconds until off: worst, median


def impatient(station: str) -> str:
    """The station file with a guard that waits for a second of silence."""
    return re.sub(r"(?m)^beat_seconds = .*$", f"beat_seconds = {BEAT_SECONDS}", station)


STRIKE = Strike(signal.SIGSTOP, {"run": 0.5, "guard": 0.5}, impatient)


def points_of(chance: random.Random, points: int) -> Iterator[Outcome]:
    """Strike so often, each time in another run."""
    yield from strikes(STRIKE, chance, points)


def main(arguments: list[str]) -> int:
    """Run the points; the last line is one JSON object, the status 1 when anything was wrong or too slow."""
    options = chosen("hang", __doc__, arguments)
    started = time.monotonic()
    answer = figures(gathered(points_of, options), options, started)
    answer["too_slow"] = too_slow(answer, LIMITS)
    print(json.dumps(answer))
    return 1 if answer["too_slow"] or any(answer[key] for key in COUNTED) else 0
