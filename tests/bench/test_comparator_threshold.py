"""The search for the comparator's threshold: only the comparator's own end of the current is one."""

import datetime
import tomllib
from collections.abc import Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.fault_box import FaultBox
from fixtures.sensors import celsius_of, ohm_of
from rig.errors import InstrumentFault, UnitError
from rig.measure import Verdict, decide
from rig.product import load_product
from rig.run.budgets import budgets_of
from rig.station import station_from
from rig.twin.emulator import Emulator
from rig.twin.noise import Noise
from rig.twin.station_file import station_toml
from tests.run.test_budgets import ADDRESSES

PRODUCT = load_product()
LIMIT = PRODUCT.limit("cutoff.comparator.threshold")
LADDER = (5, 6, 7, 8)
EMULATOR_OHM = [ohm_of(52.8 + 0.75 * code, PRODUCT.ntc) for code in range(16)]
NEVER = 1e9


class Rig:
    """A bench and a unit: heats until its comparator trips, something else comes, or its time is over."""

    def __init__(
        self,
        trips_at: float,
        other_after: float,
        faults: tuple[str, ...],
        look_seconds: float,
        emulator_ohm: Sequence[float] = EMULATOR_OHM,
    ) -> None:
        self.seconds = 0.0
        self._celsius = [celsius_of(ohm, PRODUCT.ntc) for ohm in emulator_ohm]
        self._trips_at, self._other_after, self._look_seconds = trips_at, other_after, look_seconds
        self._closed: set[int] = set()
        self._off = False
        wiring = SimpleNamespace(ladder=LADDER, ntc2_emulator=2, emulator_ohm=emulator_ohm)
        clock = SimpleNamespace(now=lambda: self.seconds, sleep=self._pass)
        relays = SimpleNamespace(set=self._set, clear=lambda *relays: self._closed.difference_update(relays))
        station = SimpleNamespace(wiring=SimpleNamespace(fault_box=wiring))
        bench = SimpleNamespace(station=station, clock=clock, fault_box=relays)
        unit = SimpleNamespace(
            heating=lambda *_: nullcontext(),
            massager=SimpleNamespace(test_mask=lambda *_: None),
            fault=lambda: SimpleNamespace(all=faults),
            clear_fault=lambda: None,
        )
        power = SimpleNamespace(amperes=self._amperes)
        self.box = FaultBox(cast(Any, bench), PRODUCT, cast(Any, unit), cast(Any, power), cast(Any, None))

    def _pass(self, seconds: float) -> None:
        self.seconds += seconds

    def _set(self, *relays: int) -> None:
        self._closed.update(relays)
        code = sum(1 << bit for bit, relay in enumerate(LADDER) if relay in self._closed)
        self._off |= 2 in self._closed and self._celsius[code] >= self._trips_at

    def _amperes(self, _seconds: float) -> float:
        self._pass(self._look_seconds)
        over = self.seconds > min(self._other_after, PRODUCT.settings.cutoffs.heat_seconds)
        return 0.009 if self._off or over else 1.0


def test_the_threshold_is_the_middle_of_its_bracket():
    reading = Rig(58.0, NEVER, ("F02",), 0.04).box.comparator_threshold()
    assert reading.value == pytest.approx(57.675, abs=0.01)
    assert decide(reading, LIMIT).verdict is Verdict.PASS


def test_a_comparator_that_never_trips_reads_as_the_highest_temperature():
    reading = Rig(NEVER, NEVER, (), 0.04).box.comparator_threshold()
    assert decide(reading, LIMIT).verdict is Verdict.FAIL


def test_a_drive_that_ended_by_itself_shows_no_threshold():
    """A comparator that never trips: on a slow bench the heater's own time ends within the promise."""
    with pytest.raises(InstrumentFault, match="longer than the heater was driven"):
        Rig(NEVER, NEVER, (), 1.0).box.comparator_threshold()


@pytest.mark.parametrize(("faults", "named"), [(("F03",), "F03"), (("F01", "F05"), "F01, F05"), ((), "no fault")])
def test_another_fault_shows_no_threshold(faults, named):
    """As F03 where the emulator's contact is broken: after its 200 ms the search is within the promise."""
    with pytest.raises(UnitError, match=f"on sensor line 2, but by {named} instead of F02"):
        Rig(NEVER, 0.24, faults, 0.04).box.comparator_threshold()


def test_a_sound_comparator_passes_on_every_bench():
    """3.3 deviations of production, to each side: whatever the tolerances of a bench's ladder are."""
    lost: list[tuple[int, float]] = []
    for seed in range(150):
        text = station_toml(ADDRESSES, Emulator(Noise(seed, "emulator")), datetime.date(2026, 11, 22))
        station = station_from(tomllib.loads(text), "twin")
        budget = budgets_of(PRODUCT, station, [LIMIT.id])[LIMIT.id]
        for trips_at in (56.35, 56.75, 58.0, 59.25, 59.65):
            box = Rig(trips_at, NEVER, ("F02",), 0.04, station.wiring.fault_box.emulator_ohm).box
            if decide(budget.applied(box.comparator_threshold()), LIMIT).verdict is not Verdict.PASS:
                lost.append((seed, trips_at))
    assert not lost
