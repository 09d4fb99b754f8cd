"""TEST COAST?: how long the free motor takes from 4000 to 2000 rpm."""

import math
from collections.abc import Callable

FROM_RPM = 4000.0
TO_RPM = 2000.0

CoastAnswer = Callable[[float, float], None]


class Coast:
    """One coast-down under way; thresholds are interpolated between the motor's steps."""

    def __init__(self, start_rpm: float, now_ns: int, answer: CoastAnswer) -> None:
        self._start_rpm = start_rpm
        self._begin_ns = None if start_rpm > FROM_RPM else now_ns
        self._answer = answer

    def step(self, now_ns: int, rpm: float, slope: float, clock: float) -> bool:
        """Look at the speed (rpm) and its slope (rpm/s); true once 2000 rpm are passed and the answer is given."""
        if self._begin_ns is None and rpm <= FROM_RPM:
            self._begin_ns = now_ns - _since(FROM_RPM, rpm, slope)
        if self._begin_ns is None or rpm > TO_RPM:
            return False
        end_ns = now_ns - _since(TO_RPM, rpm, slope)
        self._answer((end_ns - self._begin_ns) * 1e-6 * clock, self._start_rpm)
        return True


def _since(threshold_rpm: float, rpm: float, slope: float) -> int:
    """How long ago (ns) a falling speed passed a threshold."""
    if math.isclose(slope, 0.0):
        return 0
    return round((rpm - threshold_rpm) / slope * 1e9)
