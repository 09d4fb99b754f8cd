"""A vibration whose speed changes: frequency and strength over time, and how long one cycle of them takes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rig.analysis.arrays import FloatArray
from rig.analysis.findings import NoCycle, NoTone
from rig.analysis.spectrum import harmonic_ratio
from rig.analysis.tone import SEARCH, estimate_tone
from rig.errors import InstrumentFault

OWN_LINE = 0.07  # of the strongest line: so much at its half or its third, and it is that line's harmonic
ORDERS = (3, 2)
LEAST_TURNS = 3.0  # of a window, to tell a line from its double
LEAST_SPAN = 0.05  # of the highest frequency: less is noise, not a cycle


@dataclass(frozen=True, slots=True)
class Track:
    """Middles of the windows in s, frequency in Hz, strength as root mean square, each (windows,).

    The frequency is 0 at rest, and NaN where it turned and no line stood out, or two of them, as between two speeds.
    """

    seconds: FloatArray
    hz: FloatArray
    rms: FloatArray

    def settled_hz(self, share: float) -> FloatArray:
        """Frequencies of the windows beside whose neighbours neither frequency nor strength change by that share, Hz.

        So the way from one speed to the next counts for neither of them.
        """
        calm = (self.hz > 0.0) & _calm(self.hz, share) & _calm(self.rms, share)
        return self.hz[calm]


def track(
    samples: ArrayLike,
    rate_hz: float,
    window_seconds: float,
    hop_seconds: float,
    least_rms: float,
    *,
    speeds_hz: tuple[float, float] | None = None,
    progress: Callable[[], object] = lambda: None,
) -> Track:
    """Follow the speed in a record window by window; weaker than `least_rms` counts as rest.

    `samples`: shape (count,), any unit. `speeds_hz`: the lowest and the highest speed that may run; lines below 0.7 and
    above 1.4 of them aren't looked at. The speed is the strongest line, or its half or third where that has a line of
    7 % or more: then the strongest is a harmonic. `progress` is called at each window: a long record takes seconds.
    Raises InstrumentFault for a record shorter than one window.
    """
    array = np.asarray(samples, dtype=np.float64)
    window, hop = round(window_seconds * rate_hz), round(hop_seconds * rate_hz)
    if array.size < window:
        raise InstrumentFault(f"a record of {array.size} samples is shorter than one window of {window}")
    starts = range(0, array.size - window + 1, hop)
    rows: list[tuple[float, float]] = []
    for start in starts:
        progress()
        rows.append(_one(array[start : start + window], rate_hz, least_rms, speeds_hz))
    middles = (np.array(starts, dtype=np.float64) + window / 2.0) / rate_hz
    return Track(middles, np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))


def cycle_seconds(found: Track, after_seconds: float) -> float:
    """Time between two rises, or two falls, of the frequency over its span, averaged.

    A rise ends in the upper third and begins in the lower. What comes before `after_seconds` (the start from rest)
    doesn't count. Raises NoCycle when the rest of the record doesn't hold one.
    """
    counts = (found.seconds >= after_seconds) & np.isfinite(found.hz)
    values, seconds = found.hz[counts], found.seconds[counts]
    if values.size == 0 or np.ptp(values) <= LEAST_SPAN * values.max():
        raise NoCycle("the frequency is steady, or there is none")
    low, high = (float(values.min() + third * np.ptp(values) / 3.0) for third in (1, 2))
    rises: list[float] = []
    falls: list[float] = []
    above = bool(values[0] > high)
    for value, moment in zip(values.tolist(), seconds.tolist(), strict=True):
        if above and value < low:
            falls.append(moment)
            above = False
        elif not above and value > high:
            rises.append(moment)
            above = True
    gaps = [*np.diff(rises).tolist(), *np.diff(falls).tolist()]
    if not gaps:
        raise NoCycle("the record doesn't hold a whole cycle of the frequency")
    return float(np.mean(gaps))


def _one(
    samples: FloatArray, rate_hz: float, least_rms: float, speeds_hz: tuple[float, float] | None
) -> tuple[float, float]:
    rms = float(np.std(samples))
    if rms < least_rms:
        return 0.0, rms
    near_hz, search, lowest_hz = None, SEARCH, LEAST_TURNS * rate_hz / samples.size
    if speeds_hz is not None:
        near_hz, search = 1.0, (SEARCH[0] * speeds_hz[0], SEARCH[1] * speeds_hz[1])
        lowest_hz = max(lowest_hz, search[0])
    try:
        tone = estimate_tone(samples, rate_hz, near_hz, search)
    except NoTone:
        return math.nan, rms
    if tone.ambiguous:
        return math.nan, rms
    for order in ORDERS:
        hz = tone.frequency_hz / order
        if hz >= lowest_hz and harmonic_ratio(samples, rate_hz, tone.frequency_hz, 1.0 / order) >= OWN_LINE:
            return hz, rms
    return tone.frequency_hz, rms


def _calm(values: FloatArray, share: float) -> NDArray[np.bool_]:
    change = np.abs(np.diff(values)) <= share * np.abs(values[1:])
    # a window needs a neighbour on either side
    return (
        np.concatenate([[False], change[:-1] & change[1:], [False]]) if values.size > 2 else np.zeros(values.size, bool)
    )
