"""Three axes of vibration, some of which show nothing."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fixtures.hand_arm import STANDARD_GRAVITY, HandArm
from fixtures.recorder import Recording
from rig.errors import BenchError
from rig.measure import Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
SETTINGS = PRODUCT.settings.hand_arm
CHANNELS = {"x": 1, "y": 2, "z": 3}
LIMIT = PRODUCT.limit("hand_arm.vibration_total", level=3)


def hand_arm(**amplitudes_g: float) -> HandArm:
    """An accelerometer of 1 V/g whose axes show that much of 50 Hz."""
    chosen: list[int] = []

    def finish() -> Recording:
        times = np.arange(round(SETTINGS.seconds * SETTINGS.rate_hz)) / SETTINGS.rate_hz
        axis = {channel: axis for axis, channel in CHANNELS.items()}[chosen[-1]]
        volts = amplitudes_g[axis] * np.cos(2.0 * np.pi * 50.0 * times)
        volts += np.random.default_rng(chosen[-1]).normal(0.0, 0.003, times.size)
        return Recording(volts, np.zeros(times.size), SETTINGS.rate_hz)

    station = SimpleNamespace(
        wiring=SimpleNamespace(vibration=SimpleNamespace(**CHANNELS)),
        sensors=SimpleNamespace(accelerometer=SimpleNamespace(sensitivity=lambda _: 1.0)),
    )
    unit = SimpleNamespace(run_at=lambda _: None, massager=SimpleNamespace(stop=lambda: None))
    environment = SimpleNamespace(fit_pad=lambda _: None, pressed=nullcontext)
    recorder = SimpleNamespace(start=lambda channel, *_: chosen.append(channel), finish=finish)
    parts = cast("tuple[Any, ...]", (SimpleNamespace(station=station), PRODUCT, unit, environment, recorder))
    return HandArm(*parts)


def test_the_total_of_three_axes():
    reading = hand_arm(x=2.0, y=1.9, z=0.2).vibration_total("FLAT", 3)
    expected = STANDARD_GRAVITY * 0.324 * np.sqrt((2.0**2 + 1.9**2 + 0.2**2) / 2.0)
    assert reading.value == pytest.approx(expected, rel=0.02)
    assert decide(reading, LIMIT).verdict is Verdict.PASS


def test_an_axis_that_shows_nothing_is_the_rig_s():
    """The weakest axis adds so little that the total would pass without it, whatever the unit does along it."""
    with pytest.raises(BenchError, match="axis z shows no vibration"):
        hand_arm(x=2.0, y=1.9, z=0.0).vibration_total("FLAT", 3)


def test_a_unit_at_rest_is_the_unit_s():
    reading = hand_arm(x=0.0, y=0.0, z=0.0).vibration_total("FLAT", 3)
    assert decide(reading, LIMIT).verdict is Verdict.FAIL
