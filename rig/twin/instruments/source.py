"""One output of a supply: setpoints, settling, over-voltage and over-current protection that latch, metering."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from rig.twin.instruments.terminals import SourceOutput
from rig.twin.kernel import Kernel, Timer
from rig.twin.noise import Noise

_SETTLING_NS = 2_000_000
_WATCH_NS = 10_000_000
_SLEW_NS = 1_000_000  # between two steps of a slewing voltage
_CONSTANT_CURRENT, _CONSTANT_VOLTAGE = 0x001, 0x002
_OVER_VOLTAGE, _OVER_CURRENT = 0x200, 0x400


@dataclass(frozen=True)
class Rating:
    """What an output can be set to, and how noisily it measures itself."""

    volts: float
    amperes: float
    protection_volts: float
    reset_amperes: float
    volts_noise: float
    amperes_noise: float


class SourceChannel:
    """Drives a circuit; every change reaches the terminals 2 ms later."""

    def __init__(self, kernel: Kernel, noise: Noise, output: SourceOutput, rating: Rating) -> None:
        self._kernel = kernel
        self._noise = noise
        self._output = output
        self.rating = rating
        self._pending: Timer | None = None
        self._watch: Timer | None = None
        self._switching: Timer | None = None
        self._in_limit_ns = 0
        self._looks_from_ns: int | None = None  # since when it looks every 10 ms, whether or not that can matter
        self._current_protection = False
        self.set_up()

    def set_up(self) -> None:
        """Take the reset state: off, zero volts, protection at its highest."""
        self.volts = 0.0
        self.amperes = self.rating.reset_amperes
        self.series_ohm = 0.0
        self.rising_volts_per_second = self.falling_volts_per_second = math.inf
        self.rise_delay_s = self.fall_delay_s = 0.0
        self._shown_volts = 0.0
        if self._switching is not None:
            self._switching.cancel()
        self.on = False
        self.protection_volts = self.rating.protection_volts
        self.current_protection = False
        self.protection_amperes = self.rating.amperes
        self.protection_delay_s = 0.05
        self.over_voltage = False
        self.over_current = False
        self.apply()

    @property
    def current_protection(self) -> bool:
        """Whether staying in the current limit latches."""
        return self._current_protection

    @current_protection.setter
    def current_protection(self, on: bool) -> None:
        self._current_protection = on
        self._look_out()

    @property
    def tripped(self) -> bool:
        """Whether a protection has latched."""
        return self.over_voltage or self.over_current

    def switch(self, on: bool) -> None:
        """Switch on or off; a latched protection keeps it off."""
        self.on = on and not self.tripped
        self.apply()

    def switch_later(self, on: bool) -> None:
        """Switch on or off after the output's own delay; the last command counts."""
        if self._switching is not None:
            self._switching.cancel()
        delay_s = self.rise_delay_s if on else self.fall_delay_s
        if delay_s:
            self._switching = self._kernel.after(round(delay_s * 1e9), lambda: self.switch(on))
        else:
            self.switch(on)

    def apply(self) -> None:
        """Let the terminals follow the settings."""
        if self._pending is not None:
            self._pending.cancel()
        self._pending = self._kernel.after(_SETTLING_NS, self._settle)
        if not self.on:
            self._looks_from_ns = None
        elif self._looks_from_ns is None:
            self._looks_from_ns = self._kernel.now_ns
        self._look_out()

    def clear_protection(self) -> None:
        """Unlatch; the output stays off."""
        self.over_voltage = self.over_current = False

    def measured_volts(self, seconds: float, end_ns: int | None = None) -> float:
        """Measure the terminals over the aperture that ends now, or then."""
        mean = self._mean(self._output.volts.mean, seconds, end_ns)
        return mean + self.rating.volts_noise * self._noise.normal()

    def measured_amperes(self, seconds: float, end_ns: int | None = None) -> float:
        """Measure the current over the aperture that ends now, or then; negative while it sinks."""
        return self.true_amperes(seconds, end_ns) + self.rating.amperes_noise * self._noise.normal()

    def true_amperes(self, seconds: float, end_ns: int | None = None) -> float:
        """Return the mean current without the meter's noise."""
        return self._mean(self._output.amperes.mean, seconds, end_ns)

    @property
    def constant_current(self) -> bool:
        """Whether the current limit rules."""
        return self.on and self._output.constant_current

    @property
    def condition(self) -> int:
        """Bits as in the questionable instrument summary: 1 CC, 2 CV, 512 OV, 1024 OC."""
        mode = (_CONSTANT_CURRENT if self.constant_current else _CONSTANT_VOLTAGE) if self.on else 0
        return mode | _OVER_VOLTAGE * self.over_voltage | _OVER_CURRENT * self.over_current

    def _mean(self, mean: Callable[[int, int], float], seconds: float, end_ns: int | None) -> float:
        stop_ns = self._kernel.now_ns if end_ns is None else end_ns
        return mean(max(0, stop_ns - round(seconds * 1e9)), stop_ns)

    def _settle(self) -> None:
        self._pending = None
        volts = self._shown_volts = self._next_volts()
        self._output.set(self.on, volts, self.amperes, self.series_ohm)
        if self.on and volts > self.protection_volts:
            self.over_voltage = True
            self.switch(False)
        elif self.on and volts != self.volts:
            self._pending = self._kernel.after(_SLEW_NS, self._settle)

    def _next_volts(self) -> float:
        """What the terminals carry next: the setpoint, or a step on the way to it."""
        if not self.on:
            return self.volts if self.rising_volts_per_second == math.inf else 0.0
        up = self.volts > self._shown_volts
        step = (self.rising_volts_per_second if up else self.falling_volts_per_second) * _SLEW_NS * 1e-9
        if abs(self.volts - self._shown_volts) <= step:
            return self.volts
        return self._shown_volts + (step if up else -step)

    @property
    def _could_trip(self) -> bool:
        watched = self._current_protection or self.protection_amperes < self.rating.amperes
        return self.on and (watched or self.volts > self.protection_volts)

    def _look_out(self) -> None:
        """Look from the next of the moments every 10 ms on; a protection that can't trip isn't worth a look."""
        if self._watch is None and self._looks_from_ns is not None and self._could_trip:
            now_ns = self._kernel.now_ns
            self._in_limit_ns = now_ns - (now_ns - self._looks_from_ns) % _WATCH_NS
            self._watch = self._kernel.at(self._in_limit_ns + _WATCH_NS, self._check)

    def _check(self) -> None:
        """Look at the terminals every 10 ms while on: only so can a protection see the load change."""
        self._watch = None
        if not self._could_trip:
            return
        now_ns = self._kernel.now_ns
        # looking costs a reading of the load: only where a protection could trip by what it sees
        could_exceed = self._pending is None and self.volts > self.protection_volts
        if could_exceed and self._output.volts.mean(now_ns - 1_000_000, now_ns) > self.protection_volts:
            self.over_voltage = True
        if self.protection_amperes < self.rating.amperes:
            self.over_current = self.true_amperes(1e-3) > self.protection_amperes
        if self._pending is not None or not (self.current_protection and self._output.constant_current):
            self._in_limit_ns = now_ns
        elif now_ns - self._in_limit_ns >= self.protection_delay_s * 1e9:
            self.over_current = True
        if self.tripped:
            self.switch(False)
        else:
            self._watch = self._kernel.after(_WATCH_NS, self._check)
