"""The brushed motor with its eccentric: winding current and speed by exact exponential steps."""

import math

from rig.twin.unit.history import Pieces
from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.spread import Truth

BRAKE_TORQUE = 0.15
REST = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)


class Motor:
    """State: speed, angle, winding current; pieces hold omega, alpha, theta, a, b, c, tau, effective duty.

    Within a piece the current is a + b t + c exp(-t / tau) and the speed a straight line, so that a
    digitizer's record can be made at any rate afterwards.
    """

    __slots__ = (
        "_bearing",
        "_coulomb",
        "_duty",
        "_inductance",
        "_inertia",
        "_resting",
        "_time_ns",
        "_truth",
        "amperes",
        "brake",
        "contact_newtons",
        "effective_duty",
        "last_edge_ns",
        "omega",
        "pieces",
        "resistance",
        "settled",
        "theta",
        "torque_constant",
        "volts",
    )

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._duty: float | None = None
        self._inertia = truth.inertia
        self._inductance = truth.inductance_henry
        self._coulomb = truth.coulomb_torque
        self._bearing = truth.bearing_torque_per_newton * truth.unbalance_kg_m
        self._resting = True
        self._time_ns = 0
        self.amperes = 0.0
        self.omega = 0.0
        self.theta = 0.0
        self.volts = 0.0
        self.brake = False
        self.contact_newtons = 0.0
        self.effective_duty = 0.0
        self.last_edge_ns = 0
        self.settled = True
        self.pieces = Pieces(REST)
        self.warm(NOMINAL.reference_celsius)

    def warm(self, celsius: float) -> None:
        """Winding temperature: copper rises, the magnet weakens."""
        rise = celsius - NOMINAL.reference_celsius
        self.resistance = self._truth.winding_ohm * (1.0 + NOMINAL.winding_per_kelvin * rise) + self._truth.driver_ohm
        self.torque_constant = self._truth.torque_constant * (1.0 + NOMINAL.torque_per_kelvin * rise)

    @property
    def duty(self) -> float | None:
        """What the bridge was told; None is an open bridge."""
        return self._duty

    def drive(self, duty: float | None) -> None:
        """Change the bridge; the caller has advanced to the present before."""
        self._duty = duty
        if duty is None:
            self.amperes = 0.0
            self.effective_duty = 0.0

    def moving(self) -> bool:
        """Whether steps are needed: something drives or turns."""
        return self._duty is not None or self.omega > 0.0

    def advance(self, time_ns: int) -> None:
        """Integrate to a time with the present duty and volts."""
        if not self.moving():
            if not self._resting:
                self._resting = True
                self.pieces.add(self._time_ns, (0.0, 0.0, self.theta, 0.0, 0.0, 0.0, 1.0, 0.0))
            self._time_ns = time_ns
            return
        self._resting = False
        turns = int(self.theta * 0.15915494309189535)
        while self._time_ns < time_ns:
            self._step(time_ns)
        if int(self.theta * 0.15915494309189535) != turns:
            self.last_edge_ns = time_ns

    def _step(self, end_ns: int) -> None:
        start_ns = self._time_ns
        seconds = (end_ns - start_ns) * 1e-9
        omega = self.omega
        inertia = self._inertia
        viscous = self._truth.viscous_torque
        load = self._coulomb + NOMINAL.contact_torque_per_newton * self.contact_newtons
        if self.brake:
            load += BRAKE_TORQUE
        standstill = load
        load += omega * (viscous + self._bearing * omega)
        slope = viscous + 2.0 * self._bearing * omega
        torque_constant = self.torque_constant
        resistance = self.resistance
        tau = self._inductance / resistance
        limit = NOMINAL.cycle_limit_amperes
        applied = 0.0 if self._duty is None else self._duty * self.volts
        target = (applied - torque_constant * omega) / resistance
        before = self.amperes
        conducting = self._duty is not None and (target > 0.0 or before > 1e-9)
        limited = conducting and target >= limit and before >= limit - 1e-9
        transient = 0.0
        if not conducting:
            force = -load
            rate = slope / inertia
        elif limited:
            force = torque_constant * limit - load
            rate = slope / inertia
        else:
            transient = before - target
            if target > limit:
                crossing = -tau * math.log((limit - target) / transient)
                seconds = min(seconds, max(crossing, 1e-9))
            force = torque_constant * target - load
            rate = (torque_constant * torque_constant / resistance + slope) / inertia
        decay = math.exp(-seconds / tau)
        if omega <= 0.0 and torque_constant * (limit if limited else max(target, 0.0)) <= standstill:
            change = 0.0
        else:
            span = seconds if rate * seconds < 1e-9 else (1.0 - math.exp(-rate * seconds)) / rate
            change = (force * span + torque_constant * transient * tau * (1.0 - decay)) / inertia
            if omega + change < 0.0:
                if omega > 0.0:
                    seconds = max(seconds * omega / -change, 1e-9)
                    decay = math.exp(-seconds / tau)
                change = -omega
        step_ns = max(round(seconds * 1e9), 1)
        alpha = change / seconds
        if not conducting:
            level = ramp = curve = after = 0.0
            effective = 0.0
        elif limited:
            level, ramp, curve, after = limit, 0.0, 0.0, limit
            effective = (limit * resistance + torque_constant * omega) / max(self.volts, 0.1)
        else:
            ramp = -torque_constant * alpha / resistance
            level = target - tau * ramp
            curve = before - level
            after = level + ramp * seconds + curve * decay
            if after < 0.0:
                after = 0.0
            if target > limit and after > limit - 1e-4:
                after = limit
            effective = self._duty or 0.0
        self.pieces.add(start_ns, (omega, alpha, self.theta, level, ramp, curve, tau, effective))
        self.theta += (omega + 0.5 * alpha * seconds) * seconds
        self.omega = max(omega + change, 0.0)
        self.amperes = after
        self.effective_duty = effective
        self.settled = abs(alpha) < 1.0 and abs(after - before) < 0.002
        self._time_ns = min(start_ns + step_ns, end_ns)
