"""PI control of the pad plate by NTC1, ten times a second (vs1.md section 2)."""

from rig.twin.unit.nominal import NOMINAL


class HeaterControl:
    """Duty from the plate's error; the integral waits while the output is at its limit."""

    def __init__(self) -> None:
        self._integral = 0.0

    def reset(self) -> None:
        """Start without memory."""
        self._integral = 0.0

    def duty(self, setpoint_celsius: float, celsius: float) -> float:
        """The duty 0..1 for the next tenth of a second."""
        error = setpoint_celsius - celsius
        proportional = NOMINAL.heater_gain_per_kelvin * error
        step = NOMINAL.heater_integral_per_kelvin_second * error * NOMINAL.heater_period_seconds
        wanted = proportional + self._integral + step
        if 0.0 < wanted < 1.0:
            self._integral += step
        return min(max(proportional + self._integral, 0.0), 1.0)
