"""How an estimator of a tone does on a class of signals, beside a plain peak of a Hann spectrum."""

from dataclasses import dataclass

import numpy as np

from rig.analysis.findings import NoTone
from rig.analysis.tone import SEARCH, estimate_tone
from tests.analysis.signals import CLASSES, Signal

CLOSE_HZ = 0.05


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares within 0.05 Hz (fit, Hann), share refused of what Hann finds, median u over rms error, covered at 2 u."""

    close: float
    hann: float
    refused: float
    u_over_error: float
    covered: float


def hann_peak(signal: Signal) -> float:
    """Peak of a Hann spectrum in the same search range, by a parabola through the logarithms, Hz."""
    samples = signal.samples - signal.samples.mean()
    size = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    low, high = (share * signal.near_hz * samples.size / signal.rate_hz for share in SEARCH)
    peak = int(np.ceil(low)) + int(np.argmax(size[int(np.ceil(low)) : int(high) + 1]))
    left, middle, right = np.log(size[peak - 1 : peak + 2] + 1e-300)
    bend = left - 2.0 * middle + right
    return (peak + (0.5 * (left - right) / bend if bend < 0.0 else 0.0)) * signal.rate_hz / samples.size


def figures(name: str, records: int, seed: int) -> Figures:
    """Draw that many records of a class and estimate each; a refusal of what isn't there is none."""
    rng = np.random.default_rng([seed, list(CLASSES).index(name)])
    errors, us, hann = np.full(records, np.inf), np.ones(records), np.empty(records)
    for number in range(records):
        signal = CLASSES[name](rng)
        hann[number] = abs(hann_peak(signal) - signal.true_hz)
        try:
            tone = estimate_tone(signal.samples, signal.rate_hz, signal.near_hz)
        except NoTone:
            continue
        errors[number], us[number] = abs(tone.frequency_hz - signal.true_hz), tone.u_frequency_hz
    answered, found = np.isfinite(errors), hann <= CLOSE_HZ
    return Figures(
        close=float(np.mean(errors <= CLOSE_HZ)),
        hann=float(np.mean(found)),
        refused=float(np.mean(~answered[found])),
        u_over_error=float(np.median(us[answered]) / np.sqrt(np.mean(errors[answered] ** 2))),
        covered=float(np.mean(errors[answered] <= 2.0 * us[answered])),
    )
