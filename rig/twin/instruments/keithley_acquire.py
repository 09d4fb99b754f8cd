"""How the meter turns a signal into readings: aperture, gain, zero, noise, range, quantisation.

Source: DMM6500 data sheet (orders of magnitude); mains 50 Hz, so one power line cycle is 20 ms.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rig.twin.instruments.keithley_buffer import OVERFLOW
from rig.twin.instruments.keithley_functions import (
    APERTURE,
    AUTO_RANGE,
    AUTO_ZERO,
    BANDWIDTH,
    MAINS_HZ,
    NPLC,
    RANGE,
    SAMPLE_RATE,
    Function,
)
from rig.twin.noise import Noise
from rig.twin.signals import Signal

Settings = Mapping[str, object]

_OVER_RANGE = 1.2
_AC_RATE_HZ = 20_000.0
_CONVERSION_NS = 1_000_000  # commands to the converter, range relays
_DIGITIZER_BITS = 16
_DIGITIZER_NOISE_PPM = 60.0  # of range, one sample of one microsecond
_CELSIUS_NOISE = 0.01


def number(settings: Settings, key: str, default: float = 0.0) -> float:
    """Read a numeric setting."""
    value = settings.get(key, default)
    return float(value) if isinstance(value, int | float) else default


def full_scale(function: Function, span: float) -> float:
    """Where a range ends: 20 % above its name, but the highest voltage and current have no such room."""
    return span * (1.01 if function.ranges and span >= function.ranges[-1] else _OVER_RANGE)


class Converter:
    """The analogue side of one meter, with its own small errors."""

    def __init__(self, noise: Noise, gain_error: float) -> None:
        self._noise = noise
        self._gain = 1.0 + gain_error
        self._zeros: dict[tuple[str, float], float] = {}

    def add_zeros(self, function: Function) -> None:
        """Draw the zero errors that calibration left: a quarter of the data sheet's limit, one sigma."""
        for span, ppm in zip(function.ranges, function.zero_ppm, strict=False):
            self._zeros[function.name, span] = 0.25e-6 * ppm * span * self._noise.normal()

    def aperture_s(self, function: Function, settings: Settings) -> float:
        """How long one reading looks at its signal."""
        if function.alternating and APERTURE in settings:
            return number(settings, APERTURE)
        if function.alternating:
            return 3.0 / number(settings, BANDWIDTH, 3.0)
        return number(settings, NPLC, 1.0) / MAINS_HZ

    def reading_ns(self, function: Function, settings: Settings) -> tuple[int, int]:
        """Aperture and whole duration of one reading; autozero doubles the conversion."""
        aperture_ns = round(self.aperture_s(function, settings) * 1e9)
        conversions = 2 if settings.get(AUTO_ZERO) is True else 1
        return aperture_ns, aperture_ns * conversions + _CONVERSION_NS

    def raw(self, function: Function, signal: Signal | None, start_ns: int, aperture_ns: int) -> float:
        """Return what an ideal meter would read; NaN where nothing is connected."""
        if signal is None:
            return math.nan
        if not function.alternating:
            return signal.mean(start_ns, start_ns + aperture_ns)
        count = max(2, int(aperture_ns * 1e-9 * _AC_RATE_HZ))
        record = signal.samples(start_ns, _AC_RATE_HZ, count)
        swing = record - float(np.mean(record))
        if function.ranges:
            return float(np.sqrt(np.mean(swing**2)))
        crossings = np.flatnonzero((swing[:-1] < 0) & (swing[1:] >= 0))
        if len(crossings) < 2:
            return 0.0 if function.name.startswith("FREQ") else math.nan
        hertz = (len(crossings) - 1) * _AC_RATE_HZ / float(crossings[-1] - crossings[0])
        return hertz if function.name.startswith("FREQ") else 1.0 / hertz

    def reading(self, function: Function, settings: Settings, raw: float) -> tuple[float, float]:
        """Add the meter's own errors; also the range it was taken on. Open and out of range are 9.9E37."""
        if math.isnan(raw):
            return OVERFLOW, number(settings, RANGE)
        if not function.ranges:
            spread = _CELSIUS_NOISE if function.quantity == "celsius" else 1e-6 * abs(raw)
            return raw + spread * self._noise.normal(), 0.0
        value = raw * self._gain
        span = number(settings, RANGE)
        if settings.get(AUTO_RANGE) is True:
            fitting = (span for span in function.ranges if abs(value) <= full_scale(function, span))
            span = next(fitting, function.ranges[-1])
        place = function.ranges.index(span)
        ppm = function.noise_ppm[place] if function.noise_ppm else 20.0
        draw = self._noise.normal()
        value += self._zeros.get((function.name, span), 0.0)
        value += 1e-6 * ppm * span * _noise_factor(number(settings, NPLC, 1.0)) * draw
        if function.alternating:
            value = abs(value)  # an rms value is never negative, whatever noise and zero are
        if abs(value) > full_scale(function, span):
            return OVERFLOW, span
        step = span * 1e-7
        return round(value / step) * step, span

    def record(
        self,
        function: Function,
        settings: Settings,
        aperture_s: float,
        signal: Signal,
        start_ns: int,
        count: int,
    ) -> NDArray[np.float32]:
        """Digitize: a record (count,) at the sample rate, averaged over the aperture in steps of 1 us."""
        span = number(settings, RANGE)
        averaged = max(1.0, aperture_s * 1e6)
        values = signal.samples(start_ns, number(settings, SAMPLE_RATE), count) * self._gain
        values += self._zeros.get((function.name, span), 0.0)
        values += 1e-6 * _DIGITIZER_NOISE_PPM * span / math.sqrt(averaged) * self._noise.normals(count)
        step = 2.0 * _OVER_RANGE * span / 2**_DIGITIZER_BITS / averaged
        values = np.round(values / step) * step
        over = ~(np.abs(values) <= full_scale(function, span))
        values[over] = OVERFLOW
        return values.astype(np.float32)


def _noise_factor(cycles: float) -> float:
    """Noise against one power line cycle: averaging above, mains and bandwidth below."""
    return 1.0 / math.sqrt(min(cycles, 10.0)) if cycles >= 1.0 else 3.0 / math.sqrt(cycles)
