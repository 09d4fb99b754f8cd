"""Frequency of a tone: root mean square error over the Cramer-Rao bound, coverage and time, beside three others.

Run: python -m benchmarks.tone [RECORDS], or python -m benchmarks.tone --classes RECORDS [SEED]

1000 samples, frequency and phase at random, noise white; signal to noise as A^2 / (2 s^2). The others are the Hann
window with a parabola through the logarithms, Jacobsen's and Quinn's second estimator.
With --classes: records as machines make them (tests/analysis/signals.py), beside a Hann peak in the same range.
"""

import secrets
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rig.analysis.tone import estimate_tone
from tests.analysis.signals import CLASSES
from tests.analysis.tone_figures import figures

FloatArray = NDArray[np.float64]
COUNT = 1000
RATE_HZ = 4096.0


def hann_parabola(samples: FloatArray) -> float:
    """Peak of a Hann spectrum by a parabola through the logarithms."""
    size = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    peak = 2 + int(np.argmax(size[2:-2]))
    left, middle, right = np.log(size[peak - 1 : peak + 2])
    return (peak + 0.5 * (left - right) / (left - 2 * middle + right)) * RATE_HZ / samples.size


def jacobsen(samples: FloatArray) -> float:
    """Jacobsen and Kootsookos, IEEE Signal Processing Magazine 24 (2007) 123, rectangular window."""
    spectrum = np.fft.rfft(samples)
    peak = 2 + int(np.argmax(np.abs(spectrum[2:-2])))
    left, middle, right = spectrum[peak - 1 : peak + 2]
    return (peak + ((left - right) / (2 * middle - left - right)).real) * RATE_HZ / samples.size


def quinn_second(samples: FloatArray) -> float:
    """Quinn, IEEE Transactions on Signal Processing 45 (1997) 814."""
    spectrum = np.fft.rfft(samples)
    peak = 2 + int(np.argmax(np.abs(spectrum[2:-2])))
    left, right = ((spectrum[peak + side] / spectrum[peak]).real for side in (-1, 1))
    ahead, behind = -right / (1 - right), left / (1 - left)

    def kappa(x: float) -> float:
        root = np.sqrt(2.0 / 3.0)
        return float(np.log(3 * x * x + 6 * x + 1) / 4 - np.sqrt(6) / 24 * np.log((x + 1 - root) / (x + 1 + root)))

    return (peak + 0.5 * (ahead + behind) + kappa(ahead**2) - kappa(behind**2)) * RATE_HZ / samples.size


def bound_hz(amplitude_to_noise: float, count: int = COUNT, rate_hz: float = RATE_HZ) -> float:
    """Cramer-Rao bound of a frequency in hertz."""
    return float(np.sqrt(24.0 / (count * (count**2 - 1.0))) * rate_hz / (2.0 * np.pi * amplitude_to_noise))


def record(rng: np.random.Generator, decibels: float) -> tuple[FloatArray, float]:
    """A tone of amplitude 1 in noise, and its frequency."""
    hz, phase = rng.uniform(0.02, 0.48) * RATE_HZ, rng.uniform(0.0, 2.0 * np.pi)
    noise = np.sqrt(0.5) * 10.0 ** (-decibels / 20.0)
    moments = np.arange(COUNT) / RATE_HZ
    return np.cos(2.0 * np.pi * hz * moments + phase) + noise * rng.standard_normal(COUNT), hz


def least_milliseconds(action: Callable[[], object], repeats: int = 30) -> float:
    """Shortest time of some repeats."""
    taken: list[float] = []
    for _ in range(repeats):
        start = time.thread_time()  # of this thread: other work on the machine doesn't count
        action()
        taken.append(time.thread_time() - start)
    return 1e3 * min(taken)


def classes(records: int, seed: int) -> None:
    """Print a line for each class of records."""
    print(f"{'class':12s} within 0.05 Hz  Hann peak  refused  median u / rms error  covered at 2 u; seed {seed}")
    covered: list[float] = []
    for name in CLASSES:
        found = figures(name, records, seed)
        covered.append(found.covered)
        print(
            f"{name:12s} {found.close:14.1%} {found.hann:10.1%} {found.refused:8.1%} {found.u_over_error:21.2f} "
            f"{found.covered:15.1%}",
            flush=True,
        )
    print(f"all: {np.mean(covered):.1%} covered")


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["--classes"]:
        classes(int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else secrets.randbelow(1_000_000))
        return
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    others: dict[str, Callable[[FloatArray], float]] = {
        "Hann + parabola": hann_parabola,
        "Jacobsen": jacobsen,
        "Quinn-2": quinn_second,
    }
    print(f"RMSE / Cramer-Rao bound, N = {COUNT}, {records} records    covers at k = 2")
    print(f"{'dB':>4s} {'sine fit':>10s} " + " ".join(f"{name:>16s}" for name in others) + "  frequency  amplitude")
    for decibels in (0.0, 10.0, 30.0):
        rng = np.random.default_rng(2026)
        errors: dict[str, list[float]] = {name: [] for name in ("fit", *others)}
        covered = np.zeros(2)
        for _ in range(records):
            samples, hz = record(rng, decibels)
            tone = estimate_tone(samples, RATE_HZ)
            errors["fit"].append(tone.frequency_hz - hz)
            covered[0] += abs(tone.frequency_hz - hz) <= 2.0 * tone.u_frequency_hz
            covered[1] += abs(tone.amplitude - 1.0) <= 2.0 * tone.u_amplitude
            for name, estimator in others.items():
                errors[name].append(estimator(samples) - hz)
        bound = bound_hz(np.sqrt(2.0) * 10.0 ** (decibels / 20.0))
        ratios = [float(np.sqrt(np.mean(np.square(found)))) / bound for found in errors.values()]
        shares = 100.0 * covered / records
        print(f"{decibels:4.0f} {ratios[0]:10.3f} " + " ".join(f"{ratio:16.3f}" for ratio in ratios[1:]), end="")
        print(f" {shares[0]:9.1f} % {shares[1]:8.1f} %")
    rng = np.random.default_rng(1)
    moments = np.arange(20000) / 1e4
    samples = 3.0 + np.cos(2.0 * np.pi * 50.3 * moments) + 0.05 * rng.standard_normal(20000)
    print(f"20 000 samples: {least_milliseconds(lambda: estimate_tone(samples, 1e4)):.2f} ms (best of 30)")


if __name__ == "__main__":
    main()
