"""The look at the battery terminals before full power, the meter in the line, beside it, or the wrong way round."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.power import Look, Power
from rig.errors import InstrumentFault
from rig.measure import Reading, Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
PREPOWER = PRODUCT.settings.prepower


def look(volts: float, amperes: float) -> Look:
    nothing = lambda *_: None  # noqa: E731
    wiring = SimpleNamespace(power_box=SimpleNamespace(meter_bypass=5, charger_line=4, wiggler=6), supply_path_ohm=0.1)
    supplied = volts, amperes
    battery = SimpleNamespace(
        power_mode=nothing, set=nothing, energise=nothing, make_safe=nothing, measure=lambda: supplied
    )
    bench = SimpleNamespace(
        station=SimpleNamespace(wiring=wiring),
        clock=SimpleNamespace(sleep=nothing),
        battery=battery,
        current_meter=SimpleNamespace(configure_amperes=nothing, read=lambda: amperes),
    )
    recorder = SimpleNamespace(forget=nothing)
    return Power(cast(Any, bench), PRODUCT, "production", cast(Any, recorder)).look()


@pytest.mark.parametrize(
    ("volts", "amperes", "polarity", "verdict"),
    [
        (1.0, 8.3e-5, "normal", Verdict.PASS),
        (0.65, 0.020, "reversed", Verdict.FAIL),
        (0.002, 0.020, "reversed", Verdict.FAIL),
        (0.65, -0.020, "reversed", Verdict.FAIL),
        (1.0, 0.005, "normal", Verdict.FAIL),
    ],
)
def test_what_the_terminals_look_like(volts, amperes, polarity, verdict):
    found = look(volts, amperes)
    assert found.polarity == polarity
    assert decide(Reading(found.ohm, "ohm"), PRODUCT.limit("supply.prepower_resistance")).verdict is verdict


@pytest.mark.parametrize("volts", [0.65, 0.0])
def test_a_current_that_the_meter_doesn_t_see_is_the_rig_s(volts):
    """The voltage gives way to a body diode, or there is none: without a current in the meter nothing is sound."""
    with pytest.raises(InstrumentFault, match="isn't in the unit's line"):
        look(volts, 0.0)
