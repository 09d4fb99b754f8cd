"""Keys and auto-off where presses go unnoticed, bounce, or the motor runs again."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fixtures.keys import Keys
from rig.errors import UnitError
from rig.measure import Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
TIMERS = PRODUCT.settings.timers
AUTO_OFF = PRODUCT.limit("timer.auto_off")


def keys(unit: object, recorder: object = None) -> Keys:
    power_box = SimpleNamespace(power_key=2, level_key=3)
    bench = SimpleNamespace(station=SimpleNamespace(wiring=SimpleNamespace(power_box=power_box)))
    return Keys(cast(Any, bench), PRODUCT, cast(Any, unit), cast(Any, recorder))


def pressed(*presses: Sequence[str]) -> Keys:
    """A unit that tells of these keys at each press."""
    told = iter(presses)
    return keys(
        SimpleNamespace(
            massager=SimpleNamespace(status=lambda: None),
            presses_seen=lambda *_: [SimpleNamespace(fields={"n": number}) for number in next(told)],
        )
    )


def running(*stretches: tuple[float, float]) -> Keys:
    """A motor that runs from and until these seconds of the record."""
    times = np.arange(0.0, TIMERS.most_seconds, 1.0 / TIMERS.rate_hz)
    amperes = np.random.default_rng(2).normal(0.009, 0.0005, times.size)
    for start, stop in stretches:
        amperes[(start <= times) & (times < stop)] += 0.12
    nothing = SimpleNamespace(timer_factor=lambda _: None, take_events=lambda _: [], level=lambda _: None)
    nothing.stop = lambda: None
    recorder = SimpleNamespace(start_current=lambda *_: None, finish_current=lambda: amperes)
    return keys(SimpleNamespace(massager=nothing, until_state=lambda *_: True), recorder)


def test_one_event_a_press_is_none_too_many():
    assert pressed(["2"], ["2"]).extra_events("level") == 0


def test_a_bounce_isn_t_made_up_for_by_a_press_unseen():
    with pytest.raises(UnitError, match="saw nothing, in press 2"):
        pressed(["2", "2"], []).extra_events("level")


def test_another_key_s_event_is_one_too_many():
    assert pressed(["2", "1"], ["2"]).extra_events("level") == 1


def test_the_auto_off_s_time():
    reading = running((0.02, 1.52)).auto_off()
    assert reading.value == pytest.approx(900.0, abs=1.0)
    assert decide(reading, AUTO_OFF).verdict is Verdict.PASS


def test_a_motor_that_never_stops_is_beyond_the_limit():
    assert decide(running((0.02, 9.0)).auto_off(), AUTO_OFF).verdict is Verdict.FAIL


def test_a_motor_that_runs_again_has_no_auto_off():
    with pytest.raises(UnitError, match="ran again"):
        running((0.02, 1.52), (1.6, 9.0)).auto_off()


def test_a_motor_at_rest_has_no_auto_off():
    with pytest.raises(UnitError, match="didn't run"):
        running().auto_off()
