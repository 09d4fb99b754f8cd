"""A record's content between two frequencies."""

import numpy as np
from numpy.typing import ArrayLike

from rig.analysis.arrays import FloatArray, record

LEAST_SAMPLES = 16


def in_band(samples: ArrayLike, rate_hz: float, low_hz: float, high_hz: float) -> FloatArray:
    """The record (count,) with everything outside of the band taken out; its ends ring for about 1 / low_hz.

    Raises InstrumentFault for no record; ValueError for a band outside 0 .. half the sampling rate.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    if not 0.0 <= low_hz < high_hz <= 0.5 * rate_hz:
        raise ValueError(f"the band {low_hz:g} .. {high_hz:g} Hz isn't between 0 and half of {rate_hz:g} Hz")
    spectrum = np.fft.rfft(array)
    hz = np.fft.rfftfreq(array.size, 1.0 / rate_hz)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0.0
    return np.fft.irfft(spectrum, array.size)
