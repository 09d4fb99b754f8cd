"""Vibration records as machines make them, with the frequency that a tachometer would count: drawn, not recorded.

Each class is a kind of trouble, with its physical parameters drawn from a broad range. Levels are relative to the
rotation's line, whose amplitude is 1. `floor` is the noise near the line, given as the error that it alone would
leave in the frequency at best (Cramer-Rao, in 1 / duration).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Rng = np.random.Generator
MOST_SAMPLES = 60_000
RATES_HZ = (5000.0, 8192.0, 12_800.0, 20_000.0, 25_600.0, 48_000.0)
DURATIONS = (0.5, 1.0, 1.0, 1.0, 2.0, 4.0, 10.0)


@dataclass(frozen=True, slots=True)
class Signal:
    """Samples (count,), their rate, roughly where the line is, and its mean frequency over the record."""

    samples: FloatArray
    rate_hz: float
    near_hz: float
    true_hz: float


@dataclass(frozen=True, slots=True)
class Setting:
    """What every class draws first: sampling, speed, floor."""

    rng: Rng
    rate_hz: float
    seconds: FloatArray
    hz: float
    floor: float

    @property
    def duration(self) -> float:
        """Length of the record, s."""
        return self.seconds.size / self.rate_hz

    @property
    def noise(self) -> float:
        """Standard deviation of white noise over the whole band that makes the floor."""
        return self.floor * 2.0 * np.pi / np.sqrt(24.0) * np.sqrt(self.seconds.size)


def setting(rng: Rng, floor: tuple[float, float] = (0.001, 0.06), duration: float | None = None) -> Setting:
    """Draw sampling, speed and floor."""
    duration = float(rng.choice(DURATIONS)) if duration is None else duration
    rate_hz = float(rng.choice([rate for rate in RATES_HZ if rate * duration <= MOST_SAMPLES]))
    count = round(rate_hz * duration)
    hz = float(rng.uniform(max(15.0, 10.0 / duration), 70.0))
    return Setting(rng, rate_hz, np.arange(count) / rate_hz, hz, float(np.exp(rng.uniform(*np.log(floor)))))


def finished(made: Setting, samples: FloatArray, true_hz: float | None = None) -> Signal:
    """Add what every converter adds: offset, drift, steps of 12 to 24 bits."""
    rng = made.rng
    size = float(np.std(samples))
    samples = samples + size * (rng.normal(0.0, 1.0) + rng.normal(0.0, 0.3) * made.seconds / made.duration)
    step = 20.0 * max(size, 0.01) / 2.0 ** float(rng.uniform(13.0, 24.0))
    true_hz = made.hz if true_hz is None else true_hz
    return Signal(np.round(samples / step) * step, made.rate_hz, true_hz * float(rng.uniform(0.9, 1.1)), true_hz)


def turned(made: Setting, hz: FloatArray) -> tuple[FloatArray, float]:
    """Phase in rad at each sample of a speed over time, and its mean."""
    turns = np.concatenate(([0.0], np.cumsum(0.5 * (hz[1:] + hz[:-1])))) / made.rate_hz
    return 2.0 * np.pi * (turns + made.rng.uniform()), float(turns[-1] / made.seconds[-1])


def phase(made: Setting) -> FloatArray:
    """Phase in rad of a steady speed."""
    return 2.0 * np.pi * (made.hz * made.seconds + made.rng.uniform())


def shaped(made: Setting, response: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """White noise of standard deviation 1, its spectrum multiplied by a response over hertz."""
    count = made.seconds.size
    pad = 1 << int(np.ceil(np.log2(1.3 * count)))  # the record is a piece of it, and doesn't close on itself
    spectrum = np.fft.rfft(made.rng.standard_normal(pad))
    return np.fft.irfft(spectrum * response(np.fft.rfftfreq(pad, 1.0 / made.rate_hz)), pad)[:count]


def resonance(made: Setting, strength: float) -> FloatArray:
    """Noise of that root mean square through one to three resonances, 15 to 150 times above the line."""
    total = np.zeros(made.seconds.size)
    for _ in range(int(made.rng.integers(1, 4))):
        centre = min(made.hz * float(np.exp(made.rng.uniform(*np.log((15.0, 150.0))))), 0.42 * made.rate_hz)
        sharp = float(made.rng.uniform(3.0, 40.0))
        part = shaped(made, lambda hz, c=centre, q=sharp: (hz / c) ** 2 / np.hypot(1.0 - (hz / c) ** 2, hz / (q * c)))
        total += part / np.std(part)
    return strength * total / np.std(total)


def white(rng: Rng) -> Signal:
    """A line in white noise."""
    made = setting(rng)
    return finished(made, np.cos(phase(made)) + made.noise * rng.standard_normal(made.seconds.size))


def coloured(rng: Rng) -> Signal:
    """Structural resonances two decades above the line, 3 to 1000 times as strong."""
    made = setting(rng)
    strength = float(np.exp(rng.uniform(*np.log((3.0, 1000.0)))))
    noise = made.noise * rng.standard_normal(made.seconds.size) + resonance(made, strength)
    return finished(made, np.cos(phase(made)) + noise)


def falling(rng: Rng) -> Signal:
    """Noise that falls with frequency, as 1/f to 1/f^3 in power, and has its floor's level at the line."""
    made = setting(rng)
    slope = float(rng.uniform(0.5, 1.5))
    noise = made.noise * shaped(made, lambda hz: (np.maximum(hz, 1.0) / made.hz) ** -slope)
    return finished(made, np.cos(phase(made)) + noise)


def wander(rng: Rng) -> Signal:
    """A speed that wanders: random walk of phase, slow load changes, a steady drift; any of them."""
    made = setting(rng, floor=(0.0005, 0.01))
    hz = np.full(made.seconds.size, made.hz)
    kinds = rng.random(3) < 0.6
    if kinds[0] or not kinds.any():  # 0.1 to 1 rad a second in phase: white noise of speed
        walk = float(np.exp(rng.uniform(*np.log((0.05, 1.0)))))
        hz = hz + walk / (2.0 * np.pi) * np.sqrt(made.rate_hz) * rng.standard_normal(hz.size)
    if kinds[1]:  # 0.02 to 0.5 % about the mean, forgotten after 0.1 to 2 s
        share, memory = np.exp(rng.uniform(*np.log((2e-4, 5e-3)))), np.exp(rng.uniform(*np.log((0.1, 2.0))))
        slow = shaped(made, lambda f: 1.0 / np.hypot(1.0, 2.0 * np.pi * f * memory))
        # its standing deviation, whatever stretch of it the record shows
        hz = hz + made.hz * share * slow * np.sqrt(2.0 * memory * made.rate_hz)
    if kinds[2]:
        hz = hz * (1.0 + rng.normal(0.0, 0.002) * (made.seconds / made.duration - rng.uniform()))
    turns, mean = turned(made, hz)
    noise = made.noise * rng.standard_normal(made.seconds.size)
    return finished(made, np.cos(turns) + 0.3 * np.cos(2.0 * turns + 1.0) + noise, mean)


def neighbours(rng: Rng) -> Signal:
    """Other machines' lines: up to three, inside the search range (weaker) or just outside it (up to 3 times)."""
    made = setting(rng, floor=(0.001, 0.02))
    samples = np.cos(phase(made)) + made.noise * rng.standard_normal(made.seconds.size)
    for _ in range(int(rng.integers(1, 4))):
        if rng.random() < 0.6:
            share, level = rng.uniform(0.8, 1.25), rng.uniform(0.1, 0.8)
        else:
            share, level = rng.choice([rng.uniform(0.4, 0.62), rng.uniform(1.56, 1.8)]), rng.uniform(0.3, 3.0)
        hz = made.hz * share
        if abs(hz - made.hz) * made.duration > 1.5:  # nearer is a split line
            samples += level * np.cos(2.0 * np.pi * (hz * made.seconds + rng.uniform()))
    return finished(made, samples)


def split(rng: Rng) -> Signal:
    """Side bands: strength and phase modulated at 0.3 to 6 Hz (belt, pole slip, torque), or one side line alone."""
    made = setting(rng, floor=(0.001, 0.02))
    turns = phase(made)
    beat = 2.0 * np.pi * (np.exp(rng.uniform(*np.log((0.3, 6.0)))) * made.seconds + rng.uniform())
    depth = rng.uniform(0.05, 0.5)
    kind = rng.integers(3)
    if kind == 0:
        line, mean = (1.0 + depth * np.cos(beat)) * np.cos(turns), made.hz
    elif kind == 1:
        moved = turns + 0.6 * depth * np.cos(beat)
        line, mean = np.cos(moved), float((moved[-1] - moved[0]) / (2.0 * np.pi * made.seconds[-1]))
    else:
        away = float(rng.choice([-1.0, 1.0])) * rng.uniform(1.5, 6.0) / made.duration
        line, mean = np.cos(turns) + depth * np.cos(2.0 * np.pi * (made.hz + away) * made.seconds), made.hz
    return finished(made, line + made.noise * rng.standard_normal(made.seconds.size), mean)


def harmonics(rng: Rng) -> Signal:
    """Orders two to eight, the strongest 1 to 10 times the fundamental."""
    made = setting(rng)
    turns = phase(made)
    samples = np.cos(turns) + made.noise * rng.standard_normal(made.seconds.size)
    strongest = rng.uniform(1.0, 10.0)
    levels = strongest * rng.random(7) ** 2
    levels[int(rng.integers(0, 3))] = strongest
    for order, level in enumerate(levels, 2):
        samples += level * np.cos(order * turns + rng.uniform(0.0, 2.0 * np.pi))
    return finished(made, samples)


def bearing(rng: Rng) -> Signal:
    """A damaged bearing in a machine: blows that ring in a resonance, a wandering speed, mains hum, harmonics."""
    made = setting(rng, floor=(0.001, 0.02))
    walk = float(np.exp(rng.uniform(*np.log((0.02, 0.4)))))
    hz = made.hz + walk / (2.0 * np.pi) * np.sqrt(made.rate_hz) * rng.standard_normal(made.seconds.size)
    turns, mean = turned(made, hz)
    samples = np.cos(turns) + rng.uniform(0.0, 3.0) * np.cos(2.0 * turns + 1.0)
    samples += rng.uniform(0.0, 1.0) * np.cos(3.0 * turns + 2.0)
    blows = np.zeros(made.seconds.size)
    order, slip = rng.uniform(2.6, 5.6), 0.01
    at = np.cumsum(1.0 + slip * rng.standard_normal(int(order * mean * made.duration) + 1)) / (order * mean)
    places = (at[at < made.duration - 2.0 / made.rate_hz] * made.rate_hz).astype(int)
    blows[places] = 1.0 + 0.5 * np.cos(turns[places])  # the load zone passes once a turn
    ring = rng.uniform(1500.0, min(6000.0, 0.4 * made.rate_hz))
    decay = np.exp(-made.seconds * rng.uniform(300.0, 1500.0)) * np.sin(2.0 * np.pi * ring * made.seconds)
    length = 1 << int(np.ceil(np.log2(2 * blows.size)))
    rung = np.fft.irfft(np.fft.rfft(blows, length) * np.fft.rfft(decay, length), length)[: blows.size]
    samples += float(np.exp(rng.uniform(*np.log((1.0, 100.0))))) * rung / max(float(np.std(rung)), 1e-9)
    samples += resonance(made, float(np.exp(rng.uniform(*np.log((1.0, 100.0))))))
    if abs(made.hz - 50.0) * made.duration > 2.0:
        samples += rng.uniform(0.0, 0.3) * np.cos(2.0 * np.pi * 50.0 * made.seconds)
    return finished(made, samples + made.noise * rng.standard_normal(made.seconds.size), mean)


CLASSES: dict[str, Callable[[Rng], Signal]] = {
    made.__name__: made for made in (white, coloured, falling, wander, neighbours, split, harmonics, bearing)
}
