"""Where nothing was measured, nothing is good: a record that wasn't started, a sensor without a temperature."""

import math
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.heat import Heat
from fixtures.recorder import Recorder
from rig.errors import BenchError, InstrumentFault, UnitError
from rig.product import load_product

PRODUCT = load_product()


@pytest.mark.parametrize("fetch", ["finish", "finish_current"])
def test_no_record_is_fetched_that_wasn_t_started(fetch):
    meter = SimpleNamespace(digitized=lambda *_, **__: pytest.fail("fetched"))
    bench = SimpleNamespace(current_meter=meter, vibration_meter=meter)
    recorder = Recorder(cast(Any, bench), cast(Any, None))
    with pytest.raises(InstrumentFault, match="no record was started"):
        getattr(recorder, fetch)()


def thermocouple(plate: float, face: float) -> None:
    ramp = SimpleNamespace(plate_rise=lambda: plate, face_rise=lambda: face)
    heat = Heat(*cast("tuple[Any, ...]", (None, PRODUCT, None, None, None)))
    heat.check_thermocouple(cast(Any, ramp))


def test_a_thermocouple_is_held_against_the_plate():
    thermocouple(8.0, 4.0)
    with pytest.raises(BenchError, match="press it onto the pad"):
        thermocouple(8.0, 0.5)


def test_a_thermocouple_isn_t_held_against_no_temperature():
    """NaN is neither less nor more: the check would find nothing wrong."""
    with pytest.raises(UnitError, match="gives no temperature"):
        thermocouple(math.nan, 4.0)
