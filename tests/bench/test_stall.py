"""A held motor's pushes, in records of the supply current."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fixtures.fault_box import FaultBox
from rig.errors import BenchError, UnitError
from rig.measure import Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
SETTINGS = PRODUCT.settings.cutoffs
TIME = PRODUCT.limit("cutoff.stall.time")
RETRIES = PRODUCT.limit("cutoff.stall.retries")
BRAKED = 0.02


def box(push: float, pause: float, *, again: float | None = None, tries: int = 2) -> FaultBox:
    """A held motor that pushes and pauses for so long, `again` in its second push, that many times."""
    times = np.arange(0.0, SETTINGS.stall_seconds, 1.0 / SETTINGS.stall_rate_hz)
    amperes = np.where(times < BRAKED, 0.25, 0.01)
    start = BRAKED
    for number in range(tries):
        lasts = again if number == 1 and again is not None else push
        amperes[(start <= times) & (times < start + lasts)] = 1.5
        start += lasts + pause
    amperes += np.random.default_rng(3).normal(0.0, 0.001, times.size)
    nothing = SimpleNamespace(set=lambda *_: None, clear=lambda *_: None, sleep=lambda _: None)
    massager = SimpleNamespace(level=lambda _: None, stop=lambda: None)
    recorder = SimpleNamespace(start_current=lambda *_: None, finish_current=lambda **_: amperes, keep=lambda *_: None)
    wiring = SimpleNamespace(fault_box=None, power_box=SimpleNamespace(brake=1))
    bench = SimpleNamespace(station=SimpleNamespace(wiring=wiring), power_box=nothing, clock=nothing)
    unit = SimpleNamespace(massager=massager)
    return FaultBox(cast(Any, bench), PRODUCT, cast(Any, unit), cast(Any, None), cast(Any, recorder))


@pytest.mark.parametrize("push", [0.26, 0.49])
def test_one_retry_is_seen_and_so_is_that_none_comes_after(push):
    stall = box(push, 2.0).stall()
    assert stall.longest.value == pytest.approx(push, abs=0.001)
    assert decide(stall.longest, TIME).verdict is Verdict.PASS
    assert stall.retries == 1


def test_a_third_push_shows_even_behind_the_longest_that_may_be():
    stall = box(0.49, 2.0, tries=3).stall()
    assert stall.retries == 2


def test_a_second_push_that_never_ends_is_no_cutoff():
    stall = box(0.26, 2.0, again=9.0).stall()
    assert decide(stall.longest, TIME).verdict is Verdict.FAIL


def test_a_cutoff_that_is_slow_the_second_time_is_slow():
    stall = box(0.26, 2.0, again=0.9).stall()
    assert decide(stall.longest, TIME).verdict is Verdict.FAIL


def test_a_pause_too_long_for_the_record_shows_no_end_of_the_retries():
    with pytest.raises(UnitError, match=r"paused for 2\.400 s, and 2\.3\d\d s of its record are left"):
        box(0.26, 2.4, tries=9).stall()


def test_a_brake_without_effect_is_the_rig_s():
    with pytest.raises(BenchError, match="no effect"):
        box(0.0, 2.0).stall()
