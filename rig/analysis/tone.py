"""One tone in a record: frequency, amplitude, phase and harmonics, with honest uncertainties.

IEEE 1057 four-parameter sine fit by least squares, started at the peak of a Hann spectrum, with offset,
drift, harmonics and those neighbouring lines that would bias it in the same fit. Close to the Cramer-Rao
bound. Noise far above the tone is filtered out first, and kept out by tapered ends where it leaks in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rig.analysis.arrays import FloatArray, fft_length, hann, record, tapered, without_trend
from rig.analysis.decimate import decimated
from rig.analysis.findings import NoTone
from rig.analysis.sine_fit import CLOSE, SineFit
from rig.analysis.wander import mean_turning, strength_to_phase
from rig.errors import InstrumentFault

SEARCH = (0.7, 1.4)  # of near_hz: holds neither its half nor its double
LEAST_PERIODS = 1.5
LEAST_SAMPLES = 16
FALSE_ALARM = 0.01
RIVAL = 0.5  # of the tone's strength: a line from there on may be the one that was meant
RIVAL_LINES, RIVAL_SHARE = 4.0, 0.02  # 1 / duration, and of its frequency: as far from it, at least
ASTRAY = 0.2  # 1 / duration: further from the peak of the spectrum than noise takes a fit
MOST_LEAK = 0.2  # above, tapered ends cost less than they save
TAPER_PERIODS = 3.0
LEAST_TAPER = 0.05  # of the record, at either end
TURN = 2.0 * np.pi
ALIKE = 4.0  # ratio of variances
NEIGHBOURS = 4  # further lines that may be fitted beside the tone


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone `amplitude * cos(2 pi frequency_hz t + phase_rad)`, t = 0 at the first sample.

    Amplitude (peak) and its standard uncertainty in the unit of the samples, frequency and its standard
    uncertainty in hertz (k = 1). `harmonics`: peak amplitudes of the orders 2, 3, 4, 5, as far as they lie
    below half the sampling rate. `rivals_hz`: other lines of the range looked at, at least half as strong: with one of
    them nothing in the record says which is the one that was meant.
    """

    frequency_hz: float
    u_frequency_hz: float
    amplitude: float
    u_amplitude: float
    phase_rad: float
    harmonics: tuple[float, ...]
    rivals_hz: tuple[float, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether another line may be the one that was meant."""
        return bool(self.rivals_hz)


def estimate_tone(
    samples: ArrayLike, rate_hz: float, near_hz: float | None = None, search: tuple[float, float] = SEARCH
) -> Tone:
    """Estimate the strongest tone of a record, or the strongest in the range `search` times `near_hz`.

    `samples`: shape (count,), any unit, at least 16 samples and 1.5 periods (5 for the stated uncertainty).
    The frequency is the mean over the record, as a tachometer counts it, whether the speed wanders or not. Offset
    and slow drift are part of the fit. The uncertainties come from what is left near the tone and from the walk of its
    phase, so coloured noise and modulation count; the time base of the instrument doesn't.

    Raises InstrumentFault for a record that is empty, constant, clipped or holds NaN or overload (never a
    number); NoTone where no line stands out of the noise (99 % confidence). Sources: IEEE Std 1057 annex B;
    Rife and Boorstyn, IEEE Trans. Inf. Theory 20 (1974) 591.
    """
    array = record(samples, rate_hz, LEAST_SAMPLES)
    _refuse_constant_or_clipped(array)
    array = without_trend(array)
    start_hz, candidates, rivals_hz = _strongest(array, rate_hz, near_hz, search)
    low = decimated(array, rate_hz, start_hz)
    fit = _fitted(low.samples, low.rate_hz, start_hz)
    amplitude, u_amplitude = fit.amplitude()
    if amplitude**2 < u_amplitude**2 * _least_square(candidates, fit.freedom):
        raise NoTone(f"no tone stands out of the noise: at most {amplitude:.3g} at {fit.lines_hz[0]:.5g} Hz")
    frequency_hz, u_frequency_hz = _mean_frequency(fit, low.rate_hz / low.samples.size)
    gain = low.gain(frequency_hz)
    late = TURN * fit.lines_hz[0] * low.late_seconds
    return Tone(
        frequency_hz=frequency_hz,
        u_frequency_hz=u_frequency_hz,
        amplitude=amplitude / gain,
        u_amplitude=u_amplitude / gain,
        phase_rad=float((fit.phase_rad() - late + np.pi) % TURN - np.pi),
        harmonics=tuple(value / low.gain(order * frequency_hz) for order, value in enumerate(fit.harmonics(), 2)),
        rivals_hz=rivals_hz,
    )


def _fitted(array: FloatArray, rate_hz: float, start_hz: float) -> SineFit:
    """Fit the tone and what would bias it; with tapered ends where noise far from the tone leaks in otherwise."""
    line_hz = rate_hz / array.size
    fit, taper = SineFit(array, rate_hz, (start_hz,)), None
    if not fit.settled or abs(fit.lines_hz[0] - start_hz) > ASTRAY * line_hz or fit.leak > MOST_LEAK:
        taper = tapered(array.size, max(LEAST_TAPER * array.size, TAPER_PERIODS * rate_hz / start_hz))
        fit = SineFit(array, rate_hz, (start_hz,), taper)
    for _ in range(NEIGHBOURS):
        neighbour_hz = fit.biasing_line()
        if neighbour_hz is None:
            break
        if fit.nearness(neighbour_hz) < CLOSE and _modulated(fit):
            break
        wider = SineFit(array, rate_hz, (*fit.lines_hz, neighbour_hz), taper)
        if not wider.settled:
            break
        fit = wider
    own = fit.side_bands()
    if own:  # taken as one line with its doubt
        fit = SineFit(array, rate_hz, tuple(hz for hz in fit.lines_hz if hz not in own), taper)
    return fit


def _modulated(fit: SineFit) -> bool:
    """Tell whether the line's strength or its phase alone varies; a line beside it would change both alike."""
    blocks = fit.phase_blocks()
    return blocks is not None and not 1.0 / ALIKE < strength_to_phase(blocks) < ALIKE


def _mean_frequency(fit: SineFit, line_hz: float) -> tuple[float, float]:
    """Mean frequency over the record and its standard uncertainty, in hertz."""
    blocks = fit.phase_blocks()
    if blocks is None:
        return fit.lines_hz[0], fit.u_lines() * line_hz
    turning, u = mean_turning(blocks, TURN * fit.u_lines(), tapered=fit.tapered)
    return fit.lines_hz[0] + turning / TURN * line_hz, u / TURN * line_hz


def _least_square(candidates: float, freedom: float) -> float:
    """Squared amplitude in its variances that noise alone reaches in one record of a hundred.

    The largest of `candidates` independent lines, half as many again since the fit may choose any frequency between
    them; by the F distribution with 2 and `freedom` degrees of freedom, as the noise itself is estimated.
    """
    chance = FALSE_ALARM / (1.5 * candidates)
    return freedom * (chance ** (-2.0 / freedom) - 1.0)


def _refuse_constant_or_clipped(array: FloatArray) -> None:
    high, low = float(array.max()), float(array.min())
    span = high - low
    if span <= 1e-12 * max(abs(high), abs(low)):
        raise InstrumentFault(f"the record is constant at {high:g}: no signal, or a dead sensor")
    for level, upright in ((high, array), (low, -array)):
        # a clipped record has many samples at its extreme value and few at the next one; a sine on a coarse
        # converter has at most 2.4 times as many
        edge = upright >= upright.max() - 1e-9 * span
        at_edge = int(np.count_nonzero(edge))
        if at_edge < max(4.0, 0.005 * array.size) or at_edge == array.size:
            continue
        rest = upright[~edge]
        if at_edge >= 4 * int(np.count_nonzero(rest >= rest.max() - 1e-9 * span)):
            raise InstrumentFault(
                f"the record is clipped at {level:g} ({at_edge} of {array.size} samples): use a larger range"
            )


def _strongest(
    array: FloatArray, rate_hz: float, near_hz: float | None, search: tuple[float, float]
) -> tuple[float, float, tuple[float, ...]]:
    """Find the strongest line by a Hann spectrum and a parabola, how many lines were searched, and its rivals.

    Array without trend.
    """
    count = array.size
    length = fft_length(count)
    spectrum = np.fft.rfft(array * hann(count), length)
    power = spectrum.real**2 + spectrum.imag**2
    per_line = length / count
    first, last = LEAST_PERIODS * per_line, 0.5 * length - per_line
    if near_hz is not None:
        first = max(first, search[0] * near_hz / rate_hz * length)
        last = min(last, search[1] * near_hz / rate_hz * length)
    low, high = int(np.ceil(first)), int(np.floor(last))
    if high <= low:
        raise InstrumentFault(
            f"a record of {count / rate_hz:.4g} s at {rate_hz:g} Hz can't show "
            + ("a tone" if near_hz is None else f"a tone near {near_hz:g} Hz")
        )
    inside = power[low : high + 1]
    # a rising slope at the border belongs to a line outside: only true peaks count, when there are any
    peaks = (inside >= power[low - 1 : high]) & (inside >= power[low + 1 : high + 2])
    heights = np.where(peaks, inside, 0.0) if peaks.any() else inside
    best = low + int(np.argmax(heights))
    left, middle, right = np.log(power[best - 1 : best + 2] + 1e-300)
    bend = left - 2.0 * middle + right
    offset = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
    rivals = low + np.flatnonzero(heights >= RIVAL**2 * power[best])
    # a wandering line has several tops near one another
    apart = np.abs(rivals - best) > np.maximum(RIVAL_LINES * per_line, RIVAL_SHARE * best)
    apart &= (rivals > SEARCH[0] * best) & (rivals < SEARCH[1] * best)
    to_hz = rate_hz / length
    return (
        (best + offset) * to_hz,
        (high - low + 1) / per_line,
        tuple(float(hz) for hz in rivals[apart] * to_hz),
    )
