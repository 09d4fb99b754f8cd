"""A soak under the blanket, of a pad that is heated or only cools."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.soak import Soaking
from rig.errors import UnitError
from rig.product import load_product

PRODUCT = load_product()
AMBIENT = 23.0
SETPOINT = PRODUCT.heats["HIGH"].celsius


class Rig:
    """A pad that keeps its set point in free air, and `lost` by the second once it is covered."""

    def __init__(self, lost: float) -> None:
        self.seconds = 0.0
        self._lost = lost
        self._covered: float | None = None
        self._heats = False
        wiring = SimpleNamespace(temperature=SimpleNamespace(plate=102, face=101, ambient=105))
        bench = SimpleNamespace(
            station=SimpleNamespace(wiring=wiring),
            clock=SimpleNamespace(now=lambda: self.seconds, sleep=self._pass),
            logger=SimpleNamespace(read_many=self._celsius),
        )
        unit = SimpleNamespace(
            massager=SimpleNamespace(stop=lambda: self._heat(on=False), heat=lambda _: self._heat(on=True)),
            read=lambda: SimpleNamespace(state="HEAT"),
        )
        power = SimpleNamespace(amperes=lambda _: 0.009)
        environment = SimpleNamespace(ambient_celsius=lambda: AMBIENT, covered=self._cover)
        run = SimpleNamespace(product=PRODUCT, options=SimpleNamespace(plan="sampled"))
        parts = cast("tuple[Any, ...]", (bench, run, unit, power, environment))
        self.soaking = Soaking(*parts)

    def _pass(self, seconds: float) -> None:
        self.seconds += seconds

    def _heat(self, *, on: bool) -> None:
        self._heats = on

    def _cover(self) -> Any:
        self._covered = self.seconds
        return nullcontext()

    def _celsius(self, _channels: object) -> dict[int, float]:
        self._pass(0.5)
        if not self._heats:
            return {102: AMBIENT, 101: AMBIENT, 105: AMBIENT}
        plate = SETPOINT if self._covered is None else SETPOINT - self._lost * (self.seconds - self._covered)
        share = 0.12 if self._covered is None else 0.02
        return {102: plate, 101: plate - share * (plate - AMBIENT), 105: AMBIENT}


def test_a_covered_pad_that_keeps_its_temperature():
    rig = Rig(0.0)
    rig.soaking.run("HIGH")
    assert rig.soaking.run_covered("HIGH").highest_face().value == pytest.approx(42.6)


def test_a_covered_pad_that_only_cools_shows_nothing():
    """It was as hot as it ever gets when the blanket came, and its face stays below the limit for ever."""
    rig = Rig(0.02)
    rig.soaking.run("HIGH")
    with pytest.raises(UnitError, match=r"under the blanket the plate is at 3\d\.\d C, set to 43 C"):
        rig.soaking.run_covered("HIGH")
