"""Massage programs: what speed a program asks for at each moment (vs1.md section 2)."""

import math

from rig.twin.unit.nominal import PROGRAMS

RAMP_SECONDS = 8.0
WAVE_HZ = 0.5
PULSE_SECONDS = 1.0
STEP_SECONDS = 30.0


class Program:
    """One running program."""

    def __init__(self, name: str, level_rpm: tuple[float, ...]) -> None:
        self.name = name
        self.type = PROGRAMS[name]
        self._rpm = level_rpm
        self._low = level_rpm[self.type.low]
        self._high = level_rpm[self.type.high]

    def speed(self, seconds: float) -> tuple[float, int, bool]:
        """Wanted rpm, the level that stands for it, and whether the change is a soft start, after so long."""
        kind = self.type
        match kind.profile:
            case "ramp":
                phase = seconds / RAMP_SECONDS % 2.0
                share = phase if phase < 1.0 else 2.0 - phase
                return self._between(share, seconds)
            case "wave":
                share = 0.5 - 0.5 * math.cos(math.tau * WAVE_HZ * seconds)
                return self._between(share, seconds)
            case "pulse":
                on = seconds / PULSE_SECONDS % 2.0 < 1.0
                return (self._high, kind.high, True) if on else (0.0, 0, True)
            case _:
                level = kind.low + int(seconds / STEP_SECONDS) % (kind.high - kind.low + 1)
                return self._rpm[level], level, True

    def _between(self, share: float, seconds: float) -> tuple[float, int, bool]:
        rpm = self._low + share * (self._high - self._low)
        levels = range(self.type.low, self.type.high + 1)
        level = min(levels, key=lambda index: abs(self._rpm[index] - rpm))
        return rpm, level, seconds < 0.3
