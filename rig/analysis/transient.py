"""When something started, stepped, stopped or dropped out; moments in seconds from the first sample."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from rig.analysis.arrays import FloatArray, inverted, record, rotor, solved
from rig.analysis.crossing import (
    Threshold,
    chopped,
    merged,
    moment,
    runs_above,
    smoothed,
    threshold_at,
    threshold_between,
    threshold_midway,
    two_levels,
    unresolved_gap,
)
from rig.analysis.findings import NeverStarted, NeverStopped
from rig.errors import InstrumentFault
from rig.measure.reading import Reading

LEAST_SAMPLES = 16
HOLD_SECONDS = 0.001  # twenty periods of the 20 kHz motor PWM: a gap this short is ripple
WEAKEST = 0.3  # of final_hz off which the envelope is no longer corrected: 26 % weaker
MODEL_SHARE = 0.002  # friction and the steps of the rise, against simulated motors
BATCHES = 16  # of a pulse, whose residuals are taken as independent
LEVEL_SHARE = 0.01  # of a record, at either end, that its levels are taken from


@dataclass(frozen=True, slots=True)
class Flow:
    """A stretch of current, from and until, in seconds from the first sample."""

    start_seconds: float
    stop_seconds: float
    u_stop_seconds: float


def flows(
    samples: ArrayLike, rate_hz: float, hold_seconds: float = HOLD_SECONDS, stopped_below: float | None = None
) -> list[Flow]:
    """Find the stretches in which a current flows, gaps shorter than `hold_seconds` closed (counts retries).

    `stopped_below`: the level under which the current counts as stopped, in the unit of the samples. Without
    it the threshold lies midway between the two levels of the record: a current that only falls to a third
    then counts as stopped, so give the level wherever a leak matters. A record of one level gives one flow.

    A chopped current must stand out of its noise sample by sample (noise below a twelfth of the step): what makes
    a noisy edge sharp, averaging, would take a chopped current's pieces for noise as well.

    Raises InstrumentFault for no record, noise as large as the step, or a chopped current in more noise than that.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    threshold = _threshold(array, stopped_below)
    if threshold is None:
        return [Flow(0.0, array.size / rate_hz, 0.0)]
    if threshold.smoothing > 1 and chopped(array, threshold):
        raise InstrumentFault(
            f"the current is chopped, and its noise of {threshold.noise:.3g} hides the pieces: sample faster, or filter"
        )
    pieces = runs_above(array, threshold)
    found = merged(pieces, hold_seconds * rate_hz)
    return [_flow(array, rate_hz, threshold, run, unresolved_gap(pieces, run)) for run in found]


def _flow(array: FloatArray, rate_hz: float, threshold: Threshold, run: tuple[int, int], gap: int) -> Flow:
    start, _ = moment(array, run[0], threshold) if run[0] > 0 else (0.0, 0.0)
    stop, u_stop = moment(array, run[1], threshold) if run[1] < array.size else (float(array.size), 0.0)
    stop += 0.5 * gap  # the middle of where it may have ended
    return Flow(start / rate_hz, stop / rate_hz, float(np.hypot(u_stop, 0.5 * gap)) / rate_hz)


def _threshold(array: FloatArray, stopped_below: float | None) -> Threshold | None:
    """None when the record has one level and nobody said which."""
    if stopped_below is None:
        return threshold_midway(array)
    low, high = two_levels(array)
    # the record keeps clear of the threshold at least by what its nearer level does, but a given level may
    # lie anywhere: half of the level itself is a fair demand on the noise
    clearance = min(abs(level - stopped_below) for level in (low, high))
    found = threshold_at(array, stopped_below, max(clearance, 0.5 * abs(stopped_below)))
    if found is None:
        raise InstrumentFault(f"the noise hides a current of {stopped_below:g}: use a lower range")
    return found


def cutoff_time(
    samples: ArrayLike, rate_hz: float, hold_seconds: float = HOLD_SECONDS, stopped_below: float | None = None
) -> Reading:
    """When a current really stopped, in seconds: the last moment it was above the threshold.

    The current must stay below for at least `hold_seconds` up to the end of the record; give more than 0.02 s
    where a heater's 50 Hz PWM may leave gaps that are no cut-off. `stopped_below`: see `flows`.

    Raises InstrumentFault as `flows` does; NeverStopped when the current flows to the end of the record or
    stops less than `hold_seconds` before it; NeverStarted when nothing flows above `stopped_below`.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    found = flows(array, rate_hz, hold_seconds, stopped_below)
    duration = array.size / rate_hz
    if not found:
        raise NeverStarted(f"no current above {stopped_below} in {duration:.4g} s")
    last = found[-1]
    if duration - last.stop_seconds < hold_seconds:
        raise NeverStopped(f"the current doesn't stop within {duration:.4g} s")
    return Reading(last.stop_seconds, "s", last.u_stop_seconds)


def step_time(samples: ArrayLike, rate_hz: float, share: float = 0.5) -> Reading:
    """When a line first goes from its first level a share of the way to its last, in seconds.

    The first contact of a bouncing relay counts. Raises InstrumentFault for no record, NeverStarted for one
    that ends at the level it began with.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    ends = max(5, int(LEVEL_SHARE * array.size))
    first, last = float(np.median(array[:ends])), float(np.median(array[-ends:]))
    upright = (array - first) * np.sign(last - first)
    threshold = threshold_between(upright, 0.0, abs(last - first), share)
    runs = merged(runs_above(upright, threshold), 1.0) if threshold is not None else []
    if threshold is None or not runs:
        raise NeverStarted(f"no step in {array.size / rate_hz:.4g} s: {first:.4g} before, {last:.4g} after")
    crossing, u = moment(upright, max(runs[0][0], 1), threshold)
    return Reading(crossing / rate_hz, "s", u / rate_hz)


def dropouts(
    samples: ArrayLike, rate_hz: float, shortest_seconds: float = 0.001, longest_seconds: float = 0.020
) -> int:
    """Count interruptions: stretches of the given length below half of the steady level, at the record's ends too.

    Raises InstrumentFault for no record; NeverStarted when nothing flows that stands out of the noise.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    steady = float(np.median(array))
    threshold = threshold_between(array, 0.0, steady, 0.5)
    if threshold is None:
        raise NeverStarted(f"no steady current in the record: {steady:.4g} in the middle")
    runs = merged(runs_above(array, threshold), shortest_seconds * rate_hz)
    bounds = [(0, 0), *runs, (array.size, array.size)]
    gaps = [(after[0] - before[1]) / rate_hz for before, after in pairwise(bounds)]
    return sum(shortest_seconds <= gap <= longest_seconds for gap in gaps)


def start_time(samples: ArrayLike, rate_hz: float, final_hz: float, share: float = 0.9) -> Reading:
    """When an oscillation's envelope first reaches a share of its final amplitude, in seconds.

    `final_hz`: the frequency it ends at. A vibration's strength goes with the square of the speed: 0.9 of the
    amplitude is 95 % of the speed. The final amplitude is that of the last fifth of the record, which must be
    steady.

    Raises InstrumentFault for no record, or one shorter than ten periods; NeverStarted when the end of the
    record doesn't oscillate, or no more than its beginning.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    period = rate_hz / final_hz
    if array.size < 10.0 * period or period < 4.0:
        raise InstrumentFault(f"{array.size} samples at {rate_hz:g} Hz don't show a start to {final_hz:g} Hz")
    mixed = (array - array.mean()) * rotor(-final_hz, rate_hz, array.size)
    width = round(period) // 2 * 2 + 1
    real, imaginary = (smoothed(smoothed(part, width), width) for part in (mixed.real, mixed.imag))
    # while the speed still rises the tone lies beside final_hz, and the two averages weaken it by a known share
    turning = np.gradient(np.unwrap(np.arctan2(imaginary, real))) * (width / (2.0 * np.pi))
    weakened = np.sinc(np.clip(smoothed(turning, width), -WEAKEST, WEAKEST)) ** 2
    envelope = 2.0 * np.hypot(real, imaginary) / weakened
    end = envelope[-array.size // 5 : -width]
    final = float(np.median(end))
    doubt = float(np.std(end))
    beginning = float(np.median(envelope[width : 2 * width]))  # before that the averages are incomplete
    if final < 4.0 * doubt or beginning > share * final:
        raise NeverStarted(f"no start in the record: amplitude {beginning:.4g} first, {final:.4g} at the end")
    edge = width + int(np.argmax(envelope[width:] >= share * final))
    before, after = max(0, edge - width), min(array.size - 1, edge + width)
    slope = float(envelope[after] - envelope[before]) / (after - before)
    # one sixteenth of a period: the ripple that neighbouring lines leave on the envelope
    u = np.hypot(doubt / max(slope, 1e-300), period / 16.0) / rate_hz
    return Reading(edge / rate_hz, "s", float(u))


def extrapolate_to_start(seconds: ArrayLike, amperes: ArrayLike, rise_seconds: float = 0.0005) -> Reading:
    """Find the current a winding would carry at standstill, in amperes, from the first 20 ms of a pulse.

    `seconds` since the voltage came on, `amperes` at those moments; `rise_seconds` about the winding's L/R.
    The current rises with L/R, then falls as the motor turns and makes a voltage: a parabola, late by twice
    L/R, less what the rise still lacks; its first value is voltage over resistance. The rise time is fitted
    within a factor of three.

    Raises InstrumentFault for no record, or moments that are no rising sequence long enough for the rise.
    """
    current = record(amperes, 1.0, LEAST_SAMPLES)
    time = record(seconds, 1.0, LEAST_SAMPLES)
    if time.shape != current.shape or not bool(np.all(np.diff(time) > 0.0)) or time[-1] < 8.0 * rise_seconds:
        raise InstrumentFault("the pulse needs rising moments, one to a current, over eight rise times")
    rises = rise_seconds * np.geomspace(1.0 / 3.0, 3.0, 41)
    fits = [_pulse_fit(time, current, float(rise)) for rise in rises]
    rise = float(rises[int(np.argmin([float(residual @ residual) for _, residual in fits]))])
    rows = _pulse_rows(time, rise)
    fitted, residual = _pulse_fit(time, current, rise)
    # the rise was fitted as well: its doubt is part of the current's
    nearby = (fitted @ _pulse_rows(time, 1.01 * rise) - fitted @ rows)[None]
    rows = np.concatenate((rows, nearby))
    influence = (inverted(rows @ rows.T) @ rows)[0]
    # neighbouring residuals go together (ripple): batches of them don't
    parts = [float(batch.sum()) for batch in np.array_split(influence * residual, BATCHES)]
    u = np.sqrt(sum(part**2 for part in parts) * BATCHES / (BATCHES - rows.shape[0]))
    return Reading(float(fitted[0]), "A", float(np.hypot(u, MODEL_SHARE * fitted[0])))


def _pulse_rows(time: FloatArray, rise: float) -> FloatArray:
    """Rows (3, count): a parabola less its value at the start, which fades; the first is a steady current."""
    fade = np.exp(-np.maximum(time, 0.0) / rise)
    # the speed is late by L/R against the voltage, the current by L/R against the speed
    lag = 2.0 * rise / float(time[-1])
    late = time / float(time[-1]) - lag
    return np.stack([late**power - (-lag) ** power * fade for power in range(3)])


def _pulse_fit(time: FloatArray, current: FloatArray, rise: float) -> tuple[FloatArray, FloatArray]:
    rows = _pulse_rows(time, rise)
    fitted = solved(rows @ rows.T, rows @ current)
    return fitted, current - fitted @ rows
