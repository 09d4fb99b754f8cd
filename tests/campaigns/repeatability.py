"""Each unit measured twice, the second time some milliseconds later: do the readings' uncertainties cover what differs?

What both runs share (gains, the unit's own properties) cancels, so the difference of two readings over their combined
standard uncertainty has a root mean square of one at most. Cut-off times are left out: the unit's own firmware looks
every 50 ms, and takes another time each time.
"""

import dataclasses
import json
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rig.product import Product
from rig.prove import unit as virtual
from rig.prove.lane import Lane
from rig.record import Record
from tests.campaigns.lanes import Outcome, chosen, gathered
from tests.campaigns.wrong import OWN_SPREAD

LATER_SECONDS = (0.001, 0.05)  # by how much; the mains have 20 ms, the firmware's tick 50 ms
MOST_RMS = 1.0
MOST = 4.0  # combined standard uncertainties, of any single pair
FEWEST_PAIRS = 10  # that a root mean square says something of

Taken = dict[str, tuple[float, float]]  # measurement with its conditions: value, standard uncertainty


class TwiceLane(Lane):
    """A lane that remembers what the last run measured."""

    def __init__(self) -> None:
        super().__init__("production", None)
        self._usual = self._product
        self.taken: Taken = {}

    def measured(self, unit: virtual.VirtualUnit, later_seconds: float) -> Taken:
        """Run it with everything after the standby current that much later."""
        self._product = _later(self._usual, later_seconds)
        outcome = self.run(unit)
        if outcome.verdict != "PASS":
            raise RuntimeError(f"unit {unit.seed}: {outcome.verdict}: {outcome.reasons}")
        return self.taken

    def _run(self, unit: virtual.VirtualUnit, station: str, directory: Path) -> virtual.Outcome:
        outcome = super()._run(unit, station, directory)
        with Record.read(directory / "data") as record:
            (attempt,) = record.attempts(unit.serial)
            self.taken = {
                f"{row.id} {sorted(row.conditions.items())}": (row.value, row.u)
                for row in record.measurements(attempt.run_id)
                if isinstance(row.value, float) and row.u and not _own(row.id)
            }
        return outcome


def _own(id: str) -> bool:
    return any(seconds and id.startswith(prefix) for prefix, seconds in OWN_SPREAD.items())


def _later(product: Product, seconds: float) -> Product:
    settings = product.settings
    settle = settings.standby.settle_seconds + seconds
    standby = settings.standby.model_copy(update={"settle_seconds": settle})
    return dataclasses.replace(product, settings=settings.model_copy(update={"standby": standby}))


def points_of(chance: random.Random, points: int) -> Iterator[Outcome]:
    """Measure that many healthy units twice."""
    lane = TwiceLane()
    try:
        for _ in range(points):
            unit = virtual.VirtualUnit(chance.randrange(1_000_000), "")
            first = lane.measured(unit, 0.0)
            later = chance.uniform(*LATER_SECONDS)
            second = lane.measured(unit, later)
            apart = {
                name: (value - second[name][0]) / math.hypot(u, second[name][1]) for name, (value, u) in first.items()
            }
            furthest = max(apart, key=lambda name: abs(apart[name]))
            yield {
                "unit": unit.seed,
                "later_s": round(later, 4),
                "furthest": furthest,
                "u": round(apart[furthest], 2),
                "apart": apart,
            }
    finally:
        lane.close()


def found(outcomes: list[Outcome]) -> dict[str, tuple[int, float, float]]:
    """Pairs, root mean square and furthest of each measurement that differed at all, in standard uncertainties."""
    apart: dict[str, list[float]] = defaultdict(list)
    for one in outcomes:
        for name, value in one["apart"].items():
            apart[name.partition(" ")[0]].append(value)
    return {
        id: (len(values), math.sqrt(sum(value**2 for value in values) / len(values)), max(map(abs, values)))
        for id, values in apart.items()
        if any(values)
    }


def too_small(spread: dict[str, tuple[int, float, float]]) -> list[str]:
    """The measurements whose readings differ by more than their uncertainties say."""
    return [
        id for id, (pairs, rms, most) in spread.items() if most > MOST or (rms > MOST_RMS and pairs >= FEWEST_PAIRS)
    ]


def main(arguments: list[str]) -> int:
    """Measure the units; the last line is one JSON object, the status 1 when an uncertainty was too small."""
    options = chosen("repeatability", __doc__, arguments)
    started = time.monotonic()
    outcomes = gathered(points_of, options)
    spread = found(outcomes)
    small = too_small(spread)
    for id, (pairs, rms, most) in sorted(spread.items(), key=lambda one: -one[1][1]):
        print(f"{id:30} {pairs:4} pairs, rms {rms:.2f}, furthest {most:.2f}{'  TOO SMALL' if id in small else ''}")
    print(
        json.dumps(
            {
                "points": len(outcomes),
                "too_small": small,
                "worst_rms": round(max(rms for _, rms, _ in spread.values()), 2),
                "furthest": round(max(most for _, _, most in spread.values()), 2),
                "seed": options.seed,
                "seconds": round(time.monotonic() - started, 1),
            }
        )
    )
    return 1 if small else 0
