"""A charger plugged into units that stop, go on, refuse honestly or only say so."""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fixtures.charging import Charging, Running
from rig.errors import UnitError
from rig.measure import Reading, Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
MOTOR, HEAT, AWAKE, CHARGE = 0.12, 1.07, 0.009, 1.0


class Plugged:
    """A unit that runs; `stops` when it is plugged in, `obeys` when it is asked to run while it charges."""

    def __init__(self, *, stops: bool = True, obeys: bool = False, runs: bool = True) -> None:
        self._stops, self._obeys = stops, obeys
        self.motor = self.heat = runs
        self.charges = False
        self.massager = SimpleNamespace(stop=self._stop)

    def _stop(self) -> None:
        self.motor = self.heat = False

    def start_at(self, _level: int) -> None:
        pass

    @contextmanager
    def warming(self, _heat: str) -> Generator[None]:
        yield

    @contextmanager
    def charging(self) -> Generator[None]:
        self.charges = True
        if self._stops:
            self._stop()
        yield
        self.charges = False

    def lockout(self) -> str:
        self.motor, self.heat = self.motor or self._obeys, self.heat or self._obeys
        return "locked"

    def amperes(self, _seconds: float = 0.0) -> float:
        return AWAKE + MOTOR * self.motor + HEAT * self.heat - CHARGE * self.charges

    def charger_amperes(self) -> float:
        return 1.7

    def watch(self, _seconds: float, rate_hz: float) -> Any:
        times = np.arange(0.0, 0.1, 1.0 / rate_hz)
        shaken = 0.8 * np.sqrt(2.0) * np.sin(2.0 * np.pi * 33.0 * times) if self.motor else 0.0 * times
        return SimpleNamespace(amperes=self.amperes, acceleration_g=shaken)


def charged(unit: Plugged) -> tuple[str, Running, Running]:
    clock = SimpleNamespace(now=lambda: 0.0, sleep=lambda _: None)
    bench = SimpleNamespace(clock=clock)
    whole = cast(Any, unit)
    charging = Charging(cast(Any, bench), PRODUCT, whole, whole, whole)
    with charging.of_a_running_unit():
        charging.look()
        said, amperes = charging.asked_anyway()
        plugged, asked = charging.stopped()
    assert amperes == 1.7
    return said, plugged, asked


def failing(plugged: Running, asked: Running) -> set[str]:
    readings = {
        "charger.plugged_current": plugged.amperes,
        "charger.plugged_vibration": plugged.vibration,
        "charger.lockout_current": asked.amperes,
        "charger.lockout_vibration": asked.vibration,
    }
    certain = {id: Reading(one.value, one.unit, 0.002) for id, one in readings.items()}
    return {id for id, one in certain.items() if decide(one, PRODUCT.limit(id)).verdict is not Verdict.PASS}


def test_a_unit_that_stops_and_refuses():
    said, *looks = charged(Plugged())
    assert (said, failing(*looks)) == ("locked", set())


def test_a_unit_that_runs_on():
    _, *looks = charged(Plugged(stops=False))
    assert {"charger.plugged_current", "charger.plugged_vibration"} <= failing(*looks)


def test_a_unit_that_refuses_and_runs():
    said, *looks = charged(Plugged(obeys=True))
    assert said == "locked", "its word isn't asked"
    assert failing(*looks) == {"charger.lockout_current", "charger.lockout_vibration"}


def test_a_unit_that_never_ran_shows_nothing():
    with pytest.raises(UnitError, match="nothing runs that could stop"):
        charged(Plugged(runs=False))
