"""The session that every contender runs: 20 tests, 50 measurements within their limits, one waveform."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

REPEATS = range(1, 11)  # ten tests of each kind
PAIR = (1, 2)  # measurements of a test of the one kind
TRIPLE = (1, 2, 3)  # and of the other
TESTS = 2 * len(REPEATS)
MEASUREMENTS = len(REPEATS) * (len(PAIR) + len(TRIPLE))
LOW, HIGH, UNIT = 49.0, 51.0, "Hz"
SAMPLES, RATE_HZ = 100_000, 50_000.0
SERIAL = "VS1-2026-000001"


def value(repeat: int, number: int) -> float:
    """A reading well within its limits, another one for each measurement."""
    return 50.0 + 0.01 * repeat + 0.1 * number


def carries_waveform(repeat: int, numbers: tuple[int, ...]) -> bool:
    """Whether this is the one test that records the waveform."""
    return repeat == REPEATS[0] and numbers == PAIR


@cache
def samples() -> NDArray[np.float32]:
    """A noisy tone (SAMPLES,), in volts, the same for everybody; made once, as taking it is not what is compared."""
    seconds = np.arange(SAMPLES) / RATE_HZ
    noise = np.random.default_rng(1).normal(0.0, 0.01, SAMPLES)
    return (0.1 * np.sin(2.0 * np.pi * 50.0 * seconds) + noise).astype(np.float32)
