"""Records as arrays: what is accepted as one, and the two tools every estimator here needs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rig.errors import InstrumentFault
from rig.measure.reading import OVERLOAD

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


def record(samples: ArrayLike, rate_hz: float, least: int = 1) -> FloatArray:
    """Take samples as a float64 array (count,), or refuse them: what is no number must never become one.

    Raises InstrumentFault for fewer than `least` samples, NaN, infinity or overload, and for a rate that
    isn't positive.
    """
    array = np.asarray(samples, dtype=np.float64)
    if array.ndim != 1 or array.size < least:
        raise InstrumentFault(f"a record of shape {array.shape} is too short: {least} samples are needed")
    if not 0.0 < rate_hz < np.inf:
        raise InstrumentFault(f"a sampling rate of {rate_hz} Hz is none")
    # one sum finds NaN and infinity without an array of its own; only a suspicious record is looked at twice
    if not abs(float(array.sum())) < OVERLOAD or float(np.abs(array).max()) >= OVERLOAD:
        raise InstrumentFault("the record holds overload, infinity or NaN: choose a larger range")
    return array


def rotor(hz: float, rate_hz: float, count: int) -> ComplexArray:
    """exp(i 2 pi hz t), shape (count,), with t = 0 in the middle of the record.

    Built as an outer product of two short vectors: a tenth of the time of the exponential of each sample.
    """
    step = 2.0 * np.pi * hz / rate_hz
    side = int(np.ceil(np.sqrt(count)))
    coarse = np.exp(1j * step * (side * np.arange(-(-count // side)) - 0.5 * (count - 1)))
    fine = np.exp(1j * step * np.arange(side))
    return (coarse[:, None] * fine).ravel()[:count]


def middle_time(count: int) -> FloatArray:
    """Time from -1 to +1 over the record, shape (count,)."""
    return np.linspace(-1.0, 1.0, count)


def hann(count: int) -> FloatArray:
    """Make the Hann window of period `count`, its top in the middle, shape (count,)."""
    return 0.5 + 0.5 * rotor(1.0, count, count).real


def tapered(count: int, edge: float) -> FloatArray:
    """Make a window that rises and falls as a squared sine over `edge` samples each (Tukey), shape (count,)."""
    length = int(np.clip(edge, 1, count // 2))
    rise = np.sin(0.5 * np.pi * (np.arange(length) + 0.5) / length) ** 2
    return np.concatenate((rise, np.ones(count - 2 * length), rise[::-1]))


def noise_sd(array: FloatArray) -> float:
    """Robust standard deviation of the sample-to-sample noise, blind to steps and slow change.

    From the median of absolute second differences, so that a slope is no noise either.
    """
    if array.size < 3:
        return 0.0
    second = np.abs(array[2:] - 2.0 * array[1:-1] + array[:-2])
    return float(np.median(second)) / (0.674489750 * np.sqrt(6.0))


def fft_length(count: int) -> int:
    """Find the next length with no prime factor above 5: a prime length would be slow."""
    length = count
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


def without_trend(array: FloatArray) -> FloatArray:
    """Subtract the record's best-fitting parabola: offset, drift and curvature."""
    time = middle_time(array.size)
    centred = array - array.mean()
    square = time * time - float(np.mean(time * time))
    slope = float(centred @ time) / float(time @ time)
    bend = float(centred @ square) / float(square @ square)
    return centred - slope * time - bend * square


def solved(gram: FloatArray, right: FloatArray) -> FloatArray:
    """Solve normal equations, the shortest solution where columns can't be told apart."""
    return np.asarray(inverted(gram) @ right, dtype=np.float64)


def inverted(gram: FloatArray) -> FloatArray:
    """Invert a symmetric matrix of products, by pseudo-inverse where columns can't be told apart."""
    scale = 1.0 / np.sqrt(np.maximum(np.diagonal(gram), 1e-300))
    inverse = np.linalg.pinv(gram * np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return np.asarray(inverse * np.outer(scale, scale), dtype=np.float64)
