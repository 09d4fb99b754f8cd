"""Lines, bands and shape of a vibration record."""

import numpy as np
from numpy.typing import ArrayLike

from rig.analysis.arrays import FloatArray, hann, record, rotor, solved, without_trend
from rig.errors import InstrumentFault

LEAST_PERIODS = 2.0
LEAST_SAMPLES = 16


def line_amplitude(samples: ArrayLike, rate_hz: float, hz: float) -> float:
    """Peak amplitude of the line at a known frequency, in the unit of the samples.

    Least squares with a Hann weight, so that strong lines elsewhere (three or more 1 / duration away) don't
    leak in. Raises InstrumentFault for no record, or one shorter than two periods; ValueError for a frequency
    outside 0 .. half the sampling rate.
    """
    return float(_amplitudes(samples, rate_hz, (hz,))[0])


def harmonic_ratio(samples: ArrayLike, rate_hz: float, fundamental_hz: float, order: float) -> float:
    """Amplitude of the line at `order` times the fundamental over the fundamental's; 0.5 is the subharmonic.

    Both lines are fitted together. Raises InstrumentFault for no record, one shorter than two periods, or one
    without a fundamental; ValueError for a frequency outside 0 .. half the sampling rate.
    """
    if order == 1:
        return 1.0
    fundamental, line = _amplitudes(samples, rate_hz, (fundamental_hz, order * fundamental_hz))
    if fundamental <= 0.0:
        raise InstrumentFault(f"no fundamental at {fundamental_hz:g} Hz: the sensor gives nothing")
    return float(line / fundamental)


def _amplitudes(samples: ArrayLike, rate_hz: float, lines_hz: tuple[float, ...]) -> FloatArray:
    array = record(samples, rate_hz, LEAST_SAMPLES)
    for hz in lines_hz:
        if not 0.0 < hz < 0.5 * rate_hz:
            raise ValueError(f"a line at {hz:g} Hz isn't between 0 and half of {rate_hz:g} Hz")
    if array.size * min(lines_hz) < LEAST_PERIODS * rate_hz:
        raise InstrumentFault(f"{array.size / rate_hz:.4g} s: under two periods of {min(lines_hz):g} Hz")
    rows = np.empty((1 + 2 * len(lines_hz), array.size))
    rows[0] = 1.0
    for index, hz in enumerate(lines_hz):
        turn = rotor(hz, rate_hz, array.size)
        rows[1 + 2 * index] = turn.real
        rows[2 + 2 * index] = turn.imag
    weighted = rows * hann(array.size)
    fitted = solved(weighted @ rows.T, weighted @ (array - array.mean()))
    return np.hypot(fitted[1::2], fitted[2::2])


def rms(samples: ArrayLike) -> float:
    """Root mean square about the mean (the alternating part, as an accelerometer's offset says nothing).

    Raises InstrumentFault for no record.
    """
    return float(np.std(record(samples, 1.0)))


def kurtosis(samples: ArrayLike) -> float:
    """Fourth moment over the squared variance: 3 for noise, 1.5 for a sine, more for knocks.

    Raises InstrumentFault for no record or a constant one.
    """
    array = record(samples, 1.0, 4)
    square = (array - array.mean()) ** 2
    variance = float(square.mean())
    if variance <= 1e-24 * float(np.max(array**2)):
        raise InstrumentFault(f"the record is constant at {array[0]:g}: no signal, or a dead sensor")
    return float((square @ square) / array.size) / variance**2


def band_rms(samples: ArrayLike, rate_hz: float, low_hz: float, high_hz: float) -> float:
    """Root mean square of what lies from `low_hz` up to `high_hz`, in the unit of the samples.

    Hann spectrum, corrected for the window's power (Parseval). Raises InstrumentFault for no record or one
    too short to resolve the band; ValueError for a band outside 0 .. half the sampling rate.
    """
    array = without_trend(record(samples, rate_hz, LEAST_SAMPLES))
    if not 0.0 <= low_hz < high_hz <= 0.5 * rate_hz:
        raise ValueError(f"the band {low_hz:g} .. {high_hz:g} Hz isn't between 0 and half of {rate_hz:g} Hz")
    if (high_hz - low_hz) * array.size < 4.0 * rate_hz:
        raise InstrumentFault(f"{array.size / rate_hz:.4g} s can't resolve {low_hz:g} .. {high_hz:g} Hz")
    window = hann(array.size)
    spectrum = np.fft.rfft(array * window)
    power = (spectrum.real**2 + spectrum.imag**2) * (2.0 / (array.size * float(window @ window)))
    power[0] *= 0.5
    if array.size % 2 == 0:
        power[-1] *= 0.5
    hz = np.arange(power.size) * (rate_hz / array.size)
    inside = (hz >= low_hz) & ((hz < high_hz) | (high_hz >= 0.5 * rate_hz))
    return float(np.sqrt(power[inside].sum()))


def amplitude_spectrum(
    samples: ArrayLike, rate_hz: float, resolution_hz: float | None = None
) -> tuple[FloatArray, FloatArray]:
    """Frequencies in hertz and peak amplitudes, for plots: a line shows its amplitude at any resolution.

    Mean power of half overlapping Hann segments (Welch); `resolution_hz` is the spacing of the lines, by
    default that of the whole record. Raises InstrumentFault for no record or one too short for the
    resolution.
    """
    array = without_trend(record(samples, rate_hz, LEAST_SAMPLES))
    length = array.size if resolution_hz is None else round(rate_hz / resolution_hz)
    if not LEAST_SAMPLES <= length <= array.size:
        raise InstrumentFault(f"{array.size / rate_hz:.4g} s can't give lines {resolution_hz} Hz apart")
    window = hann(length)
    power: FloatArray = np.zeros(length // 2 + 1, dtype=np.float64)
    starts = range(0, array.size - length + 1, max(1, length // 2))
    for start in starts:
        spectrum = np.fft.rfft(array[start : start + length] * window)
        power += spectrum.real**2 + spectrum.imag**2
    amplitude = np.asarray(np.sqrt(power / len(starts)) * (2.0 / float(window.sum())), dtype=np.float64)
    hz = np.arange(power.size, dtype=np.float64) * (rate_hz / length)
    return hz, amplitude
