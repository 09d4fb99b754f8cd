"""A record's content between two frequencies."""

import numpy as np
from numpy.typing import ArrayLike

from rig.analysis.arrays import FloatArray, record
from rig.errors import InstrumentFault

LEAST_SAMPLES = 16


def in_band(samples: ArrayLike, rate_hz: float, low_hz: float, high_hz: float) -> FloatArray:
    """What of a record lies in a band: shape (count less its ringing ends,), in the unit of the samples.

    The band's edges are soft, a fifth of `low_hz` wide, so that the ends ring shortly; ten such times are cut off at
    both ends.

    Raises InstrumentFault for no record or one too short; ValueError for a band outside 0 .. half the sampling rate.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    if not 0.0 <= low_hz < high_hz <= 0.5 * rate_hz:
        raise ValueError(f"the band {low_hz:g} .. {high_hz:g} Hz isn't between 0 and half of {rate_hz:g} Hz")
    ringing = round(10.0 * rate_hz / low_hz)
    if array.size < 4 * ringing:
        raise InstrumentFault(f"{array.size / rate_hz:.4g} s are too short for the band above {low_hz:g} Hz")
    slope = (float(array[-1]) - float(array[0])) / (array.size - 1)
    straight = float(array[0]) + slope * np.arange(array.size)  # without it the record repeats itself with a jump
    hz = np.fft.rfftfreq(array.size, 1.0 / rate_hz)
    soft = 0.2 * low_hz
    share = np.clip((hz - low_hz) / soft + 0.5, 0.0, 1.0) * np.clip((high_hz - hz) / soft + 0.5, 0.0, 1.0)
    filtered = np.fft.irfft(np.fft.rfft(array - straight) * np.sin(0.5 * np.pi * share) ** 2, array.size)
    return filtered[ringing:-ringing]
