"""Speed by the two Hall sensors: signed, in the unit's own time, with its calibration."""

import math

from rig.twin.kernel import Kernel
from rig.twin.unit.motor import Motor
from rig.twin.unit.spread import Truth

RPM = 60.0 / math.tau


class Tach:
    """What the firmware knows of the motor's turning."""

    def __init__(self, kernel: Kernel, motor: Motor, truth: Truth) -> None:
        self._kernel = kernel
        self._motor = motor
        self._truth = truth
        self._blind_ns: int | None = kernel.now_ns if truth.tach_ratio == 0.0 else None
        self.gain = 1.0

    def believe(self, on: bool) -> None:
        """TEST TACH: use the sensors, or ignore them from now on."""
        if on and self._truth.tach_ratio != 0.0:
            self._blind_ns = None
        elif self._blind_ns is None:
            self._blind_ns = self._kernel.now_ns

    def omega(self) -> float:
        """Signed speed in rad/s."""
        if self._blind_ns is not None:
            return 0.0
        self._motor.advance(self._kernel.now_ns)
        return self._motor.omega * self._truth.tach_ratio * self._truth.rotation / self._truth.clock

    def rpm(self) -> float:
        """Signed speed in rpm, calibrated."""
        return self.omega() * RPM * self.gain

    def edge_age(self) -> float:
        """Seconds since the last edge seen."""
        seen_ns = self._motor.last_edge_ns if self._blind_ns is None else self._blind_ns
        return (self._kernel.now_ns - seen_ns) * 1e-9
