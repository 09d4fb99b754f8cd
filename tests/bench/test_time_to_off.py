"""Cut-off times where the fault comes as asked for, late, to a unit that doesn't mind it, or isn't the cause."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fixtures.fault_box import FaultBox
from fixtures.recorder import Recording
from rig.errors import InstrumentFault, UnitError
from rig.measure import Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
SETTINGS = PRODUCT.settings.cutoffs
LIMIT = PRODUCT.limit("cutoff.ntc_open.time")
RATE_HZ = SETTINGS.record_rate_hz
NOTHING = SimpleNamespace(set=lambda *_: None, clear=lambda *_: None, sleep=lambda _: None)


def box(stepped: float, ended: float | None, *faults: str) -> FaultBox:
    """A bench whose relay moves the line so far into the record, at a unit that heats until then (None: for ever).

    `faults`: what the unit then reports.
    """
    times = np.arange(
        0.0, SETTINGS.before_seconds + float(LIMIT.high or 0.0) + SETTINGS.hold_seconds + 0.05, 1 / RATE_HZ
    )
    volts = np.where(times < stepped, 1.6, 3.3)
    amperes = np.where(times < (times[-1] + 1.0 if ended is None else ended), 1.0, 0.02)
    noise = np.random.default_rng(5).normal(0.0, 0.001, (2, times.size))
    looks = iter((0.02, 1.0))
    recorder = SimpleNamespace(
        start=lambda *_: None,
        finish=lambda: Recording(volts + noise[0], amperes + noise[1], RATE_HZ),
        keep=lambda *_: None,
    )
    wiring = SimpleNamespace(
        fault_box=SimpleNamespace(ntc1_open=(7,)), vibration=SimpleNamespace(ntc1=1, ntc2=2), power_box=None
    )
    bench = SimpleNamespace(station=SimpleNamespace(wiring=wiring), fault_box=NOTHING, clock=NOTHING)
    report = SimpleNamespace(all=faults)
    unit = SimpleNamespace(heating=lambda *_: nullcontext(), clear_fault=lambda: None, fault=lambda: report)
    power = SimpleNamespace(amperes=lambda _: next(looks))
    return FaultBox(cast(Any, bench), PRODUCT, cast(Any, unit), cast(Any, power), cast(Any, recorder))


def test_the_time_runs_from_the_line_s_step():
    reading = box(0.06, 0.29, "F03").open_time()
    assert reading.value == pytest.approx(0.23, abs=0.0002)
    assert decide(reading, LIMIT).verdict is Verdict.PASS


def test_a_current_that_never_ends_is_beyond_the_limit():
    reading = box(0.06, None).open_time()
    assert decide(reading, LIMIT).verdict is Verdict.FAIL


def test_a_fault_that_came_late_shows_nothing():
    """The record ends before the limit does: that the current still flows then says nothing, and isn't a short time."""
    with pytest.raises(InstrumentFault, match=r"moved 0\.320 s into its record, not 0\.05 s; the 0\.15\d s left"):
        box(0.32, None).open_time()


def test_a_current_that_ended_before_the_fault_shows_no_cutoff():
    """Ended by something else, it reads as a negative time, which is within any limit."""
    with pytest.raises(UnitError, match=r"ended 0\.0[34]\d* s before sensor line 1 moved"):
        box(0.06, 0.02, "F03").open_time()


@pytest.mark.parametrize(("faults", "named"), [(("F01",), "F01"), ((), "no fault")])
def test_a_current_that_another_fault_ended_shows_no_cutoff(faults, named):
    """As where a broken contact opens the line that should get hot."""
    with pytest.raises(UnitError, match=f"after sensor line 1 moved, but by {named} instead of F03"):
        box(0.06, 0.29, *faults).open_time()
