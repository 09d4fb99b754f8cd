"""Programs whose end nobody saw, and whose heat never came."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fixtures.program import Programs
from fixtures.recorder import FloatArray, Recording
from rig.errors import InstrumentFault, UnitError
from rig.measure import Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
SETTINGS = PRODUCT.settings.programs
NAME = "ARMS"
FACTOR = int(PRODUCT.programs[NAME].seconds / SETTINGS.least_seconds)
EXPECTED = PRODUCT.programs[NAME].seconds / FACTOR


class Rig:
    """A bench and a unit that turns until then, and whose plate follows `plate` over the time since the beginning."""

    def __init__(self, ends: float, *, look_seconds: float = 0.5, warmed: float = 0.0) -> None:
        self.seconds = 0.0
        self._ends, self._look_seconds, self._warmed = ends, look_seconds, warmed
        self._due = 0.0, 0.0
        nothing = SimpleNamespace(
            stop=lambda: None, timer_factor=lambda _: None, program=lambda _: None, heat=lambda _: None
        )
        self._pad = ""
        station = SimpleNamespace(
            sensors=SimpleNamespace(accelerometer=SimpleNamespace(volts_per_g=0.1)),
            wiring=SimpleNamespace(
                vibration=SimpleNamespace(x=1), temperature=SimpleNamespace(plate=102, face=101, ambient=105)
            ),
        )
        bench = SimpleNamespace(
            station=station,
            clock=SimpleNamespace(now=lambda: self.seconds, sleep=self._pass),
            scale=SimpleNamespace(force_newtons=lambda: 30.0),
            logger=SimpleNamespace(read_many=self._celsius),
        )
        unit = SimpleNamespace(
            massager=nothing,
            read=lambda: SimpleNamespace(pad=self._pad),
            fault=lambda: SimpleNamespace(code="NONE"),
        )
        environment = SimpleNamespace(fit_pad=self._fit, pressed=nullcontext)
        recorder = SimpleNamespace(
            start=self._start, finish=self._record, start_current=self._start_current, finish_current=self._current
        )
        soaking = SimpleNamespace(cool=lambda _: None)
        lock = SimpleNamespace(accelerate=lambda _: None)
        parts = cast("tuple[Any, ...]", (bench, PRODUCT, unit, environment, recorder, soaking, lock))
        self.programs = Programs(*parts)

    def _pass(self, seconds: float) -> None:
        self.seconds += max(0.0, seconds)

    def _fit(self, pad: str) -> None:
        self._pad = pad

    def _celsius(self, _channels: object) -> dict[int, float]:
        self._pass(self._look_seconds)
        plate = 25.0 + (self._warmed if self.seconds > 5.0 else 0.0)
        return {102: plate, 101: plate - 1.0}

    def _start(self, _channel: int, seconds: float, rate_hz: float, *_: float) -> None:
        self._due = seconds, rate_hz

    def _start_current(self, seconds: float, rate_hz: float, _range: float) -> None:
        self._due = seconds, rate_hz

    def _moments(self) -> FloatArray:
        seconds, rate_hz = self._due
        moments = self.seconds + np.arange(round(seconds * rate_hz)) / rate_hz
        self._pass(seconds)
        return moments

    def _record(self) -> Recording:
        times = self._moments()
        volts = np.where(times < self._ends, 0.2 * np.cos(2.0 * np.pi * 50.0 * times), 0.0)
        volts += np.random.default_rng(6).normal(0.0, 1e-4, times.size)
        return Recording(volts, np.zeros(times.size), self._due[1])

    def _current(self, **_: float) -> FloatArray:
        times = self._moments()
        return np.where(times < self._ends, 0.3, 0.009) + np.random.default_rng(7).normal(0.0, 5e-4, times.size)


def limit(pad: str) -> Any:
    return PRODUCT.limit("program.time", program=NAME, pad=pad)


@pytest.mark.parametrize(("ends", "verdict"), [(1.0, Verdict.PASS), (0.5, Verdict.FAIL), (9.0, Verdict.FAIL)])
def test_the_time_of_a_program(ends, verdict):
    ran = Rig(ends * EXPECTED + 0.5).programs.run(NAME, "FINGER")
    assert decide(ran.seconds, limit("FINGER")).verdict is verdict


def test_an_end_long_before_a_late_look_is_no_end_in_time():
    """The record begins where the program may end: that nothing flows says nothing about when it stopped."""
    with pytest.raises(InstrumentFault, match="had ended when its end was looked for"):
        Rig(0.5 * EXPECTED, look_seconds=5.0).programs.run(NAME, "FINGER")


def test_a_pad_that_stays_cool_shows_no_cap():
    with pytest.raises(UnitError, match=r"warmed the plate by 0\.00 K"):
        Rig(EXPECTED).programs.run(NAME, "WAVE")


def test_a_pad_that_warms_shows_it():
    assert Rig(EXPECTED, warmed=2.0).programs.run(NAME, "WAVE").plate_highest().value == pytest.approx(27.0)
