"""The over-temperature ramp on a unit of a given threshold: only a bracket is a number."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.fault_box import FaultBox
from fixtures.sensors import counts_of
from rig.errors import UnitError
from rig.measure import Verdict, decide
from rig.product import load_product

PRODUCT = load_product()


class Tripping:
    """A unit whose firmware trips from a temperature on."""

    def __init__(self, celsius: float) -> None:
        self._counts = counts_of(celsius, PRODUCT.ntc)
        self._tripped = False
        self.massager = SimpleNamespace(test_adc=self._inject)

    def _inject(self, _sensor: str, counts: int, _seconds: float) -> None:
        self._tripped |= counts <= self._counts  # a hot thermistor has few ohms

    def heating(self, _seconds: float, _duty: float) -> Any:
        return nullcontext()

    def fault(self) -> Any:
        return SimpleNamespace(all=("F01",) if self._tripped else ())

    def clear_fault(self) -> None:
        self._tripped = False


def ramp(celsius: float, left: float = 0.009) -> FaultBox:
    station = SimpleNamespace(wiring=SimpleNamespace(fault_box=None))
    bench = SimpleNamespace(station=station, clock=SimpleNamespace(sleep=lambda _seconds: None))
    power = SimpleNamespace(amperes=lambda _: left)
    return FaultBox(cast(Any, bench), PRODUCT, cast(Any, Tripping(celsius)), cast(Any, power), cast(Any, None))


@pytest.mark.parametrize("celsius", [20.0, 45.0, 51.0, 51.2])
def test_a_unit_that_trips_at_the_first_step_has_no_threshold(celsius):
    with pytest.raises(UnitError, match=r"51\.25 C, the first step of the ramp, or anywhere below"):
        ramp(celsius).injected_threshold()


@pytest.mark.parametrize(
    ("celsius", "middle", "verdict"),
    [
        (51.4, 51.375, Verdict.PASS),
        (51.9, 51.875, Verdict.PASS),
        (53.1, 53.125, Verdict.FAIL),
        (62.0, 53.125, Verdict.FAIL),
    ],
)
def test_a_threshold_is_the_middle_of_its_bracket(celsius, middle, verdict):
    reading = ramp(celsius).injected_threshold()
    assert reading.value == pytest.approx(middle)
    assert decide(reading, PRODUCT.limit("cutoff.overtemp.threshold")).verdict == verdict


def test_a_unit_that_says_f01_and_heats_on_has_no_threshold():
    with pytest.raises(UnitError, match=r"says F01 at 52\.00 C, and its heater goes on with 1\.070 A"):
        ramp(51.9, left=1.07).injected_threshold()
