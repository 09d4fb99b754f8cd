"""Keys and auto-off where presses go unnoticed, bounce, or the motor runs again."""

from collections.abc import Sequence
from contextlib import nullcontext
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
    power_box = SimpleNamespace(power_key=2, level_key=3, heat_key=7)
    clock = SimpleNamespace(sleep=lambda _: None)
    bench = SimpleNamespace(station=SimpleNamespace(wiring=SimpleNamespace(power_box=power_box)), clock=clock)
    lock = SimpleNamespace(accelerate=lambda _: None)
    return Keys(cast(Any, bench), PRODUCT, cast(Any, unit), cast(Any, recorder), cast(Any, lock))


def pressed(*presses: Sequence[str]) -> Keys:
    """A unit that tells of these keys at each press."""
    told = iter(presses)
    return keys(
        SimpleNamespace(
            massager=SimpleNamespace(status=lambda: None),
            presses_seen=lambda *_: [SimpleNamespace(fields={"n": number}) for number in next(told)],
        )
    )


def running(
    *stretches: tuple[float, float], heat_from: float = 9.0, heats: float = 1.07, plate: float = 25.0, told: int = 1
) -> Keys:
    """A motor that runs from and until these seconds of the record, with heat from some second on.

    `plate`: its temperature, C; `told`: how many events of its keys the unit tells of.
    """
    times = np.arange(0.0, TIMERS.most_seconds, 1.0 / TIMERS.rate_hz)
    amperes = np.random.default_rng(2).normal(0.009, 0.0005, times.size)
    for start, stop in stretches:
        amperes[(start <= times) & (times < stop)] += 0.12
        amperes[(start <= times) & (times < stop) & (times >= heat_from)] += heats
    nothing = SimpleNamespace(timer_factor=lambda _: None, level=lambda _: None, stop=lambda: None)
    nothing.take_events = lambda kind: ["BTN"] * told if kind == "BTN" else []
    recorder = SimpleNamespace(start_current=lambda *_: None, finish_current=lambda: amperes)
    readings = SimpleNamespace(ntc_celsius=(plate, plate, 24.0, 23.0))
    return keys(
        SimpleNamespace(
            massager=nothing, until_state=lambda *_: True, read=lambda: readings, pressed=lambda _: nullcontext()
        ),
        recorder,
    )


def test_one_event_a_press_is_none_too_many():
    assert pressed(["2"], ["2"]).extra_events("level") == 0


def test_a_bounce_isn_t_made_up_for_by_a_press_unseen():
    with pytest.raises(UnitError, match="saw nothing, in press 2"):
        pressed(["2", "2"], []).extra_events("level")


def test_another_key_s_event_is_one_too_many():
    assert pressed(["2", "1"], ["2"]).extra_events("level") == 1


def test_the_auto_off_s_time():
    reading = running((0.02, 1.52)).auto_off().seconds
    assert reading.value == pytest.approx(900.0, abs=1.0)
    assert decide(reading, AUTO_OFF).verdict is Verdict.PASS


def test_a_motor_that_never_stops_is_beyond_the_limit():
    assert decide(running((0.02, 9.0)).auto_off().seconds, AUTO_OFF).verdict is Verdict.FAIL


def test_a_motor_that_runs_again_has_no_auto_off():
    with pytest.raises(UnitError, match="ran again"):
        running((0.02, 1.52), (1.6, 9.0)).auto_off()


def test_a_motor_at_rest_has_no_auto_off():
    with pytest.raises(UnitError, match="didn't run"):
        running().auto_off()


@pytest.mark.parametrize(
    ("heat_from", "heats", "verdict"),
    [(0.65, 1.07, Verdict.PASS), (0.65, 0.3, Verdict.FAIL), (9.0, 1.07, Verdict.FAIL)],
)
def test_heat_that_the_key_turned_on_is_seen_in_the_current(heat_from, heats, verdict):
    ran = running((0.02, 1.52), heat_from=heat_from, heats=heats).auto_off()
    assert decide(ran.heat_amperes, PRODUCT.limit("button.heat_current")).verdict is verdict
    assert ran.seconds.value == pytest.approx(900.0, abs=1.0)


def test_heat_that_goes_on_is_no_auto_off():
    """An auto-off that stops the motor alone: the current goes on."""
    ran = running((0.02, 9.0), heat_from=0.65).auto_off()
    assert decide(ran.seconds, AUTO_OFF).verdict is Verdict.FAIL


@pytest.mark.parametrize(("plate", "presses"), [(23.0, 1), (36.0, 1), (36.5, 2), (39.5, 3), (50.0, 3)])
def test_the_heat_key_is_pressed_until_the_plate_is_well_below_the_setting(plate, presses):
    assert running((0.02, 1.52), plate=plate, told=presses).auto_off().extra_events == 0
    assert running((0.02, 1.52), plate=plate, told=presses + 1).auto_off().extra_events == 1
    assert running((0.02, 1.52), plate=plate, told=presses - 1).auto_off().extra_events == 1
