"""The hand-held reference calibrator that may be put onto the accelerometer: one steady vibration of one axis."""

import math

import numpy as np

from rig.twin.noise import Noise
from rig.twin.signals import FloatArray
from rig.twin.unit.history import times_of
from rig.twin.unit.vibration import FLOOR_G_PER_ROOT_HZ, GRAVITY

CALIBRATOR_HERTZ = 159.155
CALIBRATOR_METRES_PER_SECOND_SQUARED = 10.0  # root mean square
CALIBRATOR_RELATIVE_U = 0.015  # +-3 %, k = 2
MOUNTING_RELATIVE = 0.003  # spread from one mounting to the next
CROSS_AXIS_SHARE = 0.02


class Calibrator:
    """One calibrator with an error of its own; mounted on an axis, its acceleration in g is what the sensor sees."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._noise = Noise(seed, "calibrator")
        error = max(-2.0, min(2.0, self._noise.normal()))
        self._amplitude_g = (
            math.sqrt(2.0) * CALIBRATOR_METRES_PER_SECOND_SQUARED / GRAVITY * (1.0 + CALIBRATOR_RELATIVE_U * error)
        )
        self.axis: str | None = None
        self._mounted = 0
        self._mounting = 1.0

    def mount(self, axis: str | None) -> None:
        """Put it onto that axis, or take it away; each mounting transmits a little more or less."""
        if axis not in (None, "x", "y", "z"):
            raise ValueError(f"no axis {axis!r}: x, y, z or null")
        self.axis = axis
        self._mounted += 1
        self._mounting = 1.0 + MOUNTING_RELATIVE * self._noise.normal()

    def seen_by(self, axis: str) -> "CalibratorSignal":
        """What one axis of the sensor sees of it."""
        share = 1.0 if axis == self.axis else CROSS_AXIS_SHARE
        return CalibratorSignal(share * self._mounting * self._amplitude_g, self._seed, axis)


class CalibratorSignal:
    """Its vibration along one axis, in g, with the sensor's noise."""

    def __init__(self, amplitude_g: float, seed: int, axis: str) -> None:
        self._amplitude_g = amplitude_g
        self._seed = seed
        self._axis = axis

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over an aperture: nothing, as the sensor doesn't pass DC."""
        return 0.0

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,) in g."""
        noise = Noise(self._seed, "calibrator", self._axis, str(start_ns), f"{rate_hz:g}", str(count))
        phase = math.tau * CALIBRATOR_HERTZ * start_ns / 1e9
        record: FloatArray = self._amplitude_g * np.cos(math.tau * CALIBRATOR_HERTZ * times_of(rate_hz, count) + phase)
        return record + FLOOR_G_PER_ROOT_HZ * math.sqrt(rate_hz / 2.0) * noise.normals(count)
