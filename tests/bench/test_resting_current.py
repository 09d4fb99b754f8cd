"""What a sleeping unit draws, beside the charge of its capacitors that is still flowing."""

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.power import Power
from rig.measure import Reading, Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
STANDBY = PRODUCT.settings.standby
HIGH = float(PRODUCT.limit("standby.current").high or 0.0)


class Asleep:
    """A clock and a meter on a unit that fell asleep at 0 s."""

    def __init__(self, amperes: float) -> None:
        self.seconds = 0.0
        self._amperes = amperes

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def read(self) -> float:
        self.seconds += 0.1
        return self._amperes + STANDBY.charge_amperes * math.exp(-self.seconds / STANDBY.charge_fall_seconds)

    def configure_amperes(self, *_: float) -> None: ...


def asleep(amperes: float) -> tuple[float, float]:
    """What the fixture reads of it, and how long that takes."""
    unit = Asleep(amperes)
    relays = SimpleNamespace(set=lambda *_: None, clear=lambda *_: None)
    wiring = SimpleNamespace(power_box=SimpleNamespace(meter_bypass=1, charger_line=2), supply_path_ohm=0.1)
    bench = SimpleNamespace(
        station=SimpleNamespace(wiring=wiring), clock=unit, current_meter=unit, power_box=relays, battery=None
    )
    recorder = SimpleNamespace(forget=lambda: None)
    power = Power(cast(Any, bench), PRODUCT, "production", cast(Any, recorder))
    return power.asleep_amperes(), unit.seconds


@pytest.mark.parametrize(
    ("amperes", "verdict"), [(0.97 * HIGH, Verdict.PASS), (0.99 * HIGH, Verdict.PASS), (1.01 * HIGH, Verdict.FAIL)]
)
def test_close_to_the_limit_the_charge_does_not_decide(amperes, verdict):
    read, _ = asleep(amperes)
    assert read == pytest.approx(amperes, abs=0.1e-6)
    assert decide(Reading(read, "A", 1e-9), PRODUCT.limit("standby.current")).verdict is verdict


def test_far_from_it_nobody_waits():
    _, usual = asleep(18e-6)
    _, marginal = asleep(0.97 * HIGH)
    _, far_beyond = asleep(250e-6)
    assert usual == far_beyond == pytest.approx(marginal - STANDBY.marginal_settle_seconds - 0.1)
