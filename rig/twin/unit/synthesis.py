"""Motor angle, speed and current at any moments, made from the motor's pieces."""

from dataclasses import dataclass

import numpy as np

from rig.twin.unit.history import FloatArray, locate
from rig.twin.unit.motor import Motor


@dataclass(frozen=True, slots=True)
class Turning:
    """The motor at sample moments, each (count,): omega rad/s, theta rad, winding amperes, effective duty."""

    omega: FloatArray
    theta: FloatArray
    amperes: FloatArray
    duty: FloatArray


def turning(motor: Motor, start_ns: int, seconds: FloatArray) -> Turning | None:
    """The motor over a record; None while it rests all through."""
    stop_ns = start_ns + int(seconds[-1] * 1e9)
    starts, rows = motor.pieces.window(start_ns, stop_ns)
    if not rows[:, [0, 1, 3, 4, 5, 7]].any():
        return None
    piece = locate(starts, seconds)
    after = seconds - starts[piece]
    omega0, alpha, theta0, level, ramp, curve, tau, duty = (rows[:, column] for column in range(8))
    slope = alpha[piece]
    first = omega0[piece]
    amperes = level[piece] + ramp[piece] * after
    if curve.any():
        amperes += curve[piece] * np.exp(-after / tau[piece])
    return Turning(
        omega=np.maximum(first + slope * after, 0.0),
        theta=theta0[piece] + (first + 0.5 * slope * after) * after,
        amperes=np.maximum(amperes, 0.0),
        duty=duty[piece],
    )
