"""Where a record crosses a level: noise-proof levels, smoothing, and the moment between two samples."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rig.analysis.arrays import FloatArray, noise_sd

SURE = 6.0  # standard deviations between a level and the threshold: no false crossing in 10^8 samples
LONGEST_SMOOTHING = 501  # samples
WIDEST_LOOK = 31  # samples that a slow edge is looked at through
REACH = 4  # samples about an edge that its slope is taken from, besides the smoothing
SMOOTHINGS = (1, 9, 81)  # samples that the levels of a noisy record are looked for through
PARTS = 16  # of a record, to look for its quietest
RIPPLE_SAMPLES = 64  # on either side of an edge that its ripple is taken from
RESOLVED = 8  # samples: where a chopped flow's pieces are shorter its end may lie in the gap behind the last
GAPS = 16  # before the end, of which the longest counts
CHOPPED = 0.5  # of the step: rms of a ripple that no longer is one
ISOLATED = 3  # samples: a shorter excursion is a disturbance, not a flow


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level to cross, the smoothing it needs (samples, odd) and the noise of one sample."""

    level: float
    smoothing: int
    noise: float


def two_levels(array: FloatArray) -> tuple[float, float]:
    """Find the lower and the upper of the two levels a record dwells at, whatever share of time at each."""
    low, high = float(array.min()), float(array.max())
    for _ in range(20):
        upper = array > 0.5 * (low + high)
        count = int(np.count_nonzero(upper))
        if count in (0, array.size):
            break
        above = float(array[upper].sum())
        new = (float(array.sum()) - above) / (array.size - count), above / count
        if new == (low, high):
            break
        low, high = new
    upper = array > 0.5 * (low + high)
    if not upper.any() or upper.all():
        return low, high
    return float(np.median(array[~upper])), float(np.median(array[upper]))  # edges count in means, not here


def quiet_noise(array: FloatArray) -> float:
    """Give the noise of the record's quietest part: chopping and ripple aren't noise."""
    parts = np.array_split(array, PARTS) if array.size >= 64 * PARTS else [array]
    return min(noise_sd(part) for part in parts)


def chopped(array: FloatArray, threshold: Threshold) -> bool:
    """Tell whether a current is chopped, from one sample to the next, by more than noise makes it look like."""
    if array.size < 64 * PARTS:
        return False
    low, high = two_levels(smoothed(array, threshold.smoothing))
    strongest = max(noise_sd(part) for part in np.array_split(array, PARTS))
    return strongest**2 - threshold.noise**2 > (CHOPPED * (high - low)) ** 2


def threshold_midway(array: FloatArray) -> Threshold | None:
    """Put a threshold midway between the two levels of a record; None when it has but one."""
    noise = quiet_noise(array)
    for width in SMOOTHINGS:
        if width > array.size // 4:
            break
        low, high = two_levels(smoothed(array, width))
        # halves of mere noise lie 1.6 standard deviations apart
        if high - low > SURE * noise / np.sqrt(width):
            return threshold_between(array, low, high, 0.5)
    return None


def threshold_between(array: FloatArray, low: float, high: float, share: float) -> Threshold | None:
    """Put a threshold at a share of the way from `low` to `high`; None when noise makes the two one."""
    return threshold_at(array, low + share * (high - low), min(share, 1.0 - share) * (high - low))


def threshold_at(array: FloatArray, level: float, clearance: float) -> Threshold | None:
    """Put a threshold `clearance` away from where the record dwells; None when noise is too strong."""
    noise = quiet_noise(array)
    if clearance <= 0.0:
        return None
    needed = (SURE * noise / clearance) ** 2
    if needed > min(LONGEST_SMOOTHING, array.size / 4):
        return None
    return Threshold(level, int(np.ceil(needed)) // 2 * 2 + 1, noise)


def smoothed(array: FloatArray, width: int) -> FloatArray:
    """Centred moving average over an odd number of samples; shape kept.

    The ends are mirrored: one sample held there would bring its own noise into the average many times.
    """
    if width <= 1:
        return array
    half = width // 2
    sums = np.cumsum(np.concatenate(([0.0], np.pad(array, half, mode="reflect"))))
    return (sums[width:] - sums[:-width]) / width


def runs_above(array: FloatArray, threshold: Threshold) -> list[tuple[int, int]]:
    """Index pairs (first, one past last) of the stretches above the threshold."""
    above = smoothed(array, threshold.smoothing) > threshold.level
    edges = np.flatnonzero(above[1:] != above[:-1]) + 1
    bounds = [int(edge) for edge in edges]
    if above[0]:
        bounds.insert(0, 0)
    if above[-1]:
        bounds.append(array.size)
    return list(zip(bounds[::2], bounds[1::2], strict=True))


def merged(runs: list[tuple[int, int]], hold: float) -> list[tuple[int, int]]:
    """Stretches with gaps shorter than `hold` samples closed and isolated disturbances left out."""
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] < hold:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(first, last) for first, last in joined if last - first >= ISOLATED]


def moment(array: FloatArray, edge: int, threshold: Threshold) -> tuple[float, float]:
    """Find the crossing near index `edge`, and its standard uncertainty, in samples from the start.

    `edge`: the first sample on the new side. Noisy or slow edges are looked at again through a median, which
    keeps the place of an abrupt edge at any threshold. Never interpolated between two samples: an abrupt edge
    is equally likely anywhere between them.
    """
    jump = abs(float(array[edge] - array[edge - 1])) if 0 < edge < array.size else 0.0
    if threshold.smoothing == 1 and jump > SURE * threshold.noise:
        return edge - 0.5, 1.0 / np.sqrt(12.0)
    place, doubt = _crossing(array, edge, threshold)
    if doubt > 1.0:
        wider = max(threshold.smoothing, min(WIDEST_LOOK, int(2.0 * doubt) // 2 * 2 + 1))
        place, doubt = _crossing(array, round(place + 0.5), replace(threshold, smoothing=wider))
    return place, float(np.hypot(1.0 / np.sqrt(12.0), doubt))


def _crossing(array: FloatArray, edge: int, threshold: Threshold) -> tuple[float, float]:
    """Find the middle of the crossings near `edge` and the doubt that noise leaves, in samples."""
    width = threshold.smoothing
    first, last = max(0, edge - 3 * width - REACH), min(array.size, edge + 3 * width + REACH)
    piece = array[first:last]
    if width > 1 and piece.size > 2 * width:
        piece = np.median(np.lib.stride_tricks.sliding_window_view(piece, width), axis=1)
        first += width // 2
    side = piece > threshold.level
    changes = np.flatnonzero(side[1:] != side[:-1])
    if changes.size == 0:
        return edge - 0.5, 0.5 * width
    before = int(changes[changes.size // 2])
    reach = width + REACH
    left, right = max(0, before - reach), min(piece.size - 1, before + 1 + reach)
    slope = abs(float(piece[right] - piece[left])) / (right - left)
    noise = 1.2533 * max(threshold.noise, 0.5 * _ripple(array, edge)) / np.sqrt(width)  # half way the ripple is half
    return first + before + 0.5, float(min(noise / slope if slope > 0.0 else np.inf, 3.0 * width))


def _ripple(array: FloatArray, edge: int) -> float:
    """Give the noise beside an edge, ripple included: that of the quietest part says nothing about it."""
    before, after = edge - REACH, edge + REACH
    pieces = array[max(0, before - RIPPLE_SAMPLES) : max(0, before)], array[after : after + RIPPLE_SAMPLES]
    return max(noise_sd(piece) for piece in pieces)


def unresolved_gap(runs: list[tuple[int, int]], run: tuple[int, int]) -> int:
    """Samples by which a chopped flow may go on unseen behind its end; 0 where its pieces are well resolved.

    `runs`: the pieces above the threshold; `run`: the flow that was merged of them.
    """
    pieces = [one for one in runs if run[0] <= one[0] and one[1] <= run[1]][-GAPS - 1 :]
    if len(pieces) < 2 or pieces[-1][1] - pieces[-1][0] >= RESOLVED:
        return 0
    return max(after[0] - before[1] for before, after in pairwise(pieces))
