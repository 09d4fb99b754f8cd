"""A record at a lower rate: what lies far above a line goes, and with it most of the arithmetic."""

from dataclasses import dataclass

import numpy as np

from rig.analysis.arrays import FloatArray

REACH = 14  # of the filter, in samples of the lower rate: 0.3 periods of a line lost of the record
SHAPE = 10.0  # of its Kaiser window: 100 dB
CUTOFF = 0.25  # of the lower rate
RATE = 48.0  # the lower rate, in the line's frequency


@dataclass(frozen=True, slots=True)
class Decimated:
    """Samples (count,) at `rate_hz`, the first of them `late_seconds` behind the record's first."""

    samples: FloatArray
    rate_hz: float
    late_seconds: float
    filter: FloatArray
    rate_before_hz: float

    def gain(self, hz: float) -> float:
        """What the filter leaves of a line's amplitude."""
        moments = (np.arange(self.filter.size) - 0.5 * (self.filter.size - 1)) / self.rate_before_hz
        return float(self.filter @ np.cos(2.0 * np.pi * hz * moments))


def decimated(array: FloatArray, rate_hz: float, line_hz: float) -> Decimated:
    """Filter a record and thin it out as far as a line and its first harmonics allow; a short one stays as it is."""
    step = int(rate_hz / (RATE * line_hz))
    if step < 2 or array.size < 4 * REACH * step:
        return Decimated(array, rate_hz, 0.0, np.ones(1), rate_hz)
    taps = REACH * step
    moments = (np.arange(taps) - 0.5 * (taps - 1)) / step
    low_pass = np.sinc(2.0 * CUTOFF * moments) * np.kaiser(taps, SHAPE)
    low_pass /= low_pass.sum()
    whole = array.size // step
    parts = low_pass.reshape(REACH, step) @ array[: whole * step].reshape(whole, step).T
    count = whole - REACH + 1
    samples = parts[0, :count].copy()
    for index in range(1, REACH):
        samples += parts[index, index : index + count]
    return Decimated(samples, rate_hz / step, 0.5 * (taps - 1) / rate_hz, low_pass, rate_hz)
