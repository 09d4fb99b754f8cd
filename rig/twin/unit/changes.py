"""How defects change an individual: functions of its parameters and the severity."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.spread import Truth

Change = Callable[[Truth, float], Truth]


def scaled(name: str, shift: float) -> Change:
    """A parameter off by a share."""

    def change(truth: Truth, severity: float) -> Truth:
        value: float = getattr(truth, name)
        return replace(truth, **{name: value * (1.0 + severity * shift)})

    return change


def replaced(**values: object) -> Change:
    """Parameters with other values."""
    return lambda truth, _severity: replace(truth, **values)  # pyright: ignore[reportArgumentType]


def between(name: str, good: float, bad: float) -> Change:
    """A parameter on its way from good to bad, by severity."""
    return lambda truth, severity: replace(truth, **{name: good + severity * (bad - good)})


def added(name: str, value: float) -> Change:
    """A parameter that a good unit has at 0."""
    return lambda truth, severity: replace(truth, **{name: value * severity})


def first_sensor(name: Literal["ntc_factor", "ntc_beta"], factor: float) -> Change:
    """The control thermistor NTC1 only."""

    def change(truth: Truth, severity: float) -> Truth:
        values: tuple[float, float, float, float] = getattr(truth, name)
        return replace(truth, **{name: (values[0] * (1.0 + severity * (factor - 1.0)), *values[1:])})

    return change


def shorted_turn(truth: Truth, severity: float) -> Truth:
    """Less resistance, and a ripple once a turn."""
    return replace(truth, winding_ohm=truth.winding_ohm * (1.0 - 0.12 * severity), ripple=0.03 + 0.12 * severity)


def dry(truth: Truth, severity: float) -> Truth:
    """A rough bearing: noise and outer race lines."""
    lines = 0.3 * truth.bearing_g * severity
    return replace(truth, bearing_g=truth.bearing_g * (1.0 + 2.0 * severity), bearing_lines_g=lines)


def no_eccentric(truth: Truth, _severity: float) -> Truth:
    """The shaft alone."""
    inertia = truth.inertia - NOMINAL.eccentric_inertia
    return replace(truth, unbalance_kg_m=0.02 * truth.unbalance_kg_m, inertia=inertia)


def resistive(truth: Truth, severity: float) -> Truth:
    """A bad pad contact that vibration modulates."""
    return replace(truth, contact_ohm=1.0 * severity, contact_flutter=0.2)


def shunt(truth: Truth, severity: float) -> Truth:
    """A wrong shunt for both currents."""
    gain = 1.0 + 0.10 * severity
    return replace(
        truth,
        motor_sense_gain=truth.motor_sense_gain * gain,
        heater_sense_gain=truth.heater_sense_gain * gain,
    )


def levels(truth: Truth, _severity: float) -> Truth:
    """Level 4 in the table is level 5's."""
    rpm = truth.level_rpm
    return replace(truth, level_rpm=(*rpm[:4], rpm[5], rpm[5]))
