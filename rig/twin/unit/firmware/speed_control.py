"""The closed speed loop: a ramped target, feed-forward and PI on the tach (vs1.md section 2)."""

from rig.twin.unit.firmware.tach import RPM
from rig.twin.unit.nominal import NOMINAL

PROPORTIONAL = 0.004
INTEGRAL = 0.07
FORWARD_VOLTS_PER_SPEED = 0.0115
FORWARD_VOLTS = 0.45
FORWARD_VOLTS_PER_ACCELERATION = 6.5e-4
DUTY_RISE_PER_SECOND = 4.0  # keeps a lost tach or a held shaft from drawing 3 A from the battery at once
FIRST_DUTY = 0.2


class SpeedControl:
    """Duty of the motor bridge from target and measured speed (rad/s)."""

    __slots__ = ("_duty", "_integral", "_slope", "_target", "setpoint")

    def __init__(self) -> None:
        self._duty = FIRST_DUTY
        self._integral = 0.0
        self._slope = 0.0
        self._target = 0.0
        self.setpoint = 0.0

    @property
    def target(self) -> float:
        """Where the ramp leads to, rad/s."""
        return self._target

    def reset(self, omega: float) -> None:
        """Begin at the present speed."""
        self._integral = 0.0
        self._duty = FIRST_DUTY + FORWARD_VOLTS_PER_SPEED * omega / NOMINAL.low_off_volts
        self.setpoint = omega
        self._target = 0.0

    def aim(self, rpm: float, soft: bool = True) -> None:
        """A new target, reached by a straight ramp in the soft-start time, or followed at once."""
        target = rpm / RPM
        if target == self._target:
            return
        self._target = target
        if soft:
            self._slope = (target - self.setpoint) / NOMINAL.soft_start_seconds
        else:
            self.setpoint = target

    def duty(self, omega: float, volts: float, seconds: float) -> float:
        """The duty 0..1 for the next step."""
        setpoint = self.setpoint
        lead = 0.0
        if setpoint != self._target:
            lead = FORWARD_VOLTS_PER_ACCELERATION * self._slope
            setpoint += self._slope * seconds
            if (self._slope > 0.0) == (setpoint > self._target):
                setpoint = self._target
            self.setpoint = setpoint
        error = setpoint - omega
        forward = (FORWARD_VOLTS_PER_SPEED * setpoint + FORWARD_VOLTS + lead) / max(volts, 1.0)
        wanted = forward + PROPORTIONAL * error + self._integral
        most = min(self._duty + DUTY_RISE_PER_SECOND * seconds, 1.0)
        if 0.0 < wanted < most or (wanted >= most) == (error < 0.0):
            self._integral += INTEGRAL * error * seconds
        self._duty = min(max(wanted, 0.0), most)
        return self._duty
