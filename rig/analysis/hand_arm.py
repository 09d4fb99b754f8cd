"""Hand-transmitted vibration: weighting Wh, weighted acceleration and daily exposure (ISO 5349-1, in-house)."""

import numpy as np
from numpy.typing import ArrayLike

from rig.analysis.arrays import FloatArray, fft_length, record, tapered, without_trend

# parameters of ISO 5349-1 annex A: corner frequencies in hertz and quality factors
F1_HZ = 10.0**0.8
F2_HZ = 10.0**3.1
F3_HZ = F4_HZ = 100.0 / (2.0 * np.pi)
Q_BAND = 1.0 / np.sqrt(2.0)
Q_WEIGHT = 0.64
DAY_SECONDS = 8.0 * 3600.0
LEAST_SAMPLES = 16


def _response(hz: FloatArray) -> FloatArray:
    s = 2j * np.pi * hz
    w1, w2, w3, w4 = (2.0 * np.pi * corner for corner in (F1_HZ, F2_HZ, F3_HZ, F4_HZ))
    band = s**2 * w2**2 / ((s**2 + w1 * s / Q_BAND + w1**2) * (s**2 + w2 * s / Q_BAND + w2**2))
    weight = (1.0 + s / w3) / (1.0 + s / (Q_WEIGHT * w4) + (s / w4) ** 2)
    return np.asarray(np.abs(band * weight), dtype=np.float64)


def wh_weight(frequency_hz: float) -> float:
    """Give the magnitude of the weighting Wh at a frequency in hertz; no unit.

    Raises ValueError for a negative frequency. Source: ISO 5349-1 annex A.
    """
    if not 0.0 <= frequency_hz < np.inf:
        raise ValueError(f"{frequency_hz} Hz is no frequency")
    return float(_response(np.array([frequency_hz]))[0])


def weighted_rms(samples: ArrayLike, rate_hz: float) -> float:
    """Give the Wh-weighted root mean square of an acceleration record, in the unit of the samples.

    Weighted in the spectrum, free of the detour of a digital filter near half the sampling rate. The record's ends are
    faded over an eighth each and its power is made up for that, so steady vibration of at least some periods is meant.
    A sampling rate of 3 kHz or more leaves nothing of the weighting out.

    Raises InstrumentFault for no record.
    """
    array = without_trend(record(samples, rate_hz, LEAST_SAMPLES))
    fade = tapered(array.size, array.size // 8)
    length = fft_length(array.size)
    spectrum = np.fft.rfft(array * fade, length)
    weight = _response(np.asarray(np.arange(spectrum.size) * (rate_hz / length), dtype=np.float64))
    power = (spectrum.real**2 + spectrum.imag**2) * weight**2
    power[1 : -1 if length % 2 == 0 else None] *= 2.0
    return float(np.sqrt(power.sum() / (length * float(fade @ fade))))


def vector_sum(x: float, y: float, z: float) -> float:
    """Give the total value a_hv of three weighted accelerations, in their unit."""
    return float(np.sqrt(x * x + y * y + z * z))


def daily_exposure(total: float, seconds: float) -> float:
    """Give the daily exposure A(8) for a total value that lasts `seconds` a day, in the unit of `total`.

    Raises ValueError for a time outside 0 .. 24 h. Source: ISO 5349-1 clause 5.
    """
    if not 0.0 <= seconds <= 3.0 * DAY_SECONDS:
        raise ValueError(f"{seconds} s are no part of a day")
    return float(total * np.sqrt(seconds / DAY_SECONDS))
