"""The time of a boot, on a bench whose guard takes its time to confirm."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.power import Power
from fixtures.unit import Unit
from rig.measure import Reading, Verdict, decide
from rig.product import load_product

PRODUCT = load_product()


class Rig:
    """A unit that boots so long after its battery came, which is confirmed `confirmed` later; events may be dropped."""

    def __init__(self, boots: float, confirmed: float) -> None:
        self.seconds = 10.0
        self._boots, self._confirmed = boots, confirmed
        self._boot: float | None = None
        nothing = lambda *_: None  # noqa: E731
        wiring = SimpleNamespace(
            power_box=SimpleNamespace(meter_bypass=5, charger_line=4, wiggler=6), supply_path_ohm=0.1
        )
        battery = SimpleNamespace(
            simulator_mode=nothing,
            set_battery=nothing,
            set=nothing,
            set_internal_resistance=nothing,
            energise=self._energise,
            make_safe=nothing,
        )
        port = SimpleNamespace(starts=1)
        massager = SimpleNamespace(
            expect_boot=self._forget, await_boot=self._await, unlock=nothing, starts=1, port=port
        )
        bench = SimpleNamespace(
            station=SimpleNamespace(wiring=wiring),
            clock=SimpleNamespace(now=lambda: self.seconds, sleep=self._pass),
            power_box=SimpleNamespace(set=nothing, clear=nothing),
            battery=battery,
            massager=massager,
        )
        power = Power(cast(Any, bench), PRODUCT, "production", cast(Any, None))
        self.unit = Unit(cast(Any, bench), PRODUCT, power)

    def _pass(self, seconds: float) -> None:
        self.seconds += seconds

    def _energise(self, _budget: object) -> None:
        self._boot = self.seconds + self._boots
        self._pass(self._confirmed)

    def _forget(self) -> None:
        """Boots that were seen by now are no answer."""
        if self._boot is not None and self._boot <= self.seconds:
            self._boot = None

    def _await(self, seconds: float) -> SimpleNamespace:
        assert self._boot is not None
        assert self._boot <= self.seconds + seconds
        self.seconds = max(self.seconds, self._boot)
        return SimpleNamespace(seconds=self.seconds, unit_seconds=0.0)


@pytest.mark.parametrize(("boots", "verdict"), [(1.1, Verdict.PASS), (1.8, Verdict.FAIL)])
@pytest.mark.parametrize("confirmed", [0.01, 0.5, 1.2])
def test_a_boot_is_timed_from_the_battery_s_coming(boots, confirmed, verdict):
    """From its confirmation on, a boot that is too slow would be fast enough."""
    unit = Rig(boots, confirmed).unit
    unit.boot()
    assert decide(Reading(unit.boot_seconds, "s"), PRODUCT.limit("boot.time")).verdict is verdict
    unit.power_cycle()
    assert unit.boot_seconds == pytest.approx(max(boots, confirmed))
