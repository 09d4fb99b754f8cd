"""Predicted final temperatures of 500 simulated pads: coverage of the 95 % interval and how early the soak stops.

Run: python benchmarks/thermal_prediction.py [PADS]

The pads have the production spread of the reference massager, ambient 15 to 35 C, a thermocouple on the face read
once a second with 0.03 K of noise and 0.05 K of slow drift. Two soaks: a heater at constant voltage (a step), and
one regulated at the plate, whose power is read. A soak has settled when it stays within 2 % of its rise.
"""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.analysis.thermal import predict_final

FloatArray = NDArray[np.float64]
SECONDS = 2400
LOOK_SECONDS = 15


@dataclass(frozen=True)
class Soak:
    """One simulated soak: what is measured each second, where it ends and when it has settled."""

    seconds: FloatArray
    celsius: FloatArray
    watts: FloatArray
    final_celsius: float
    settled_seconds: float


def simulate(rng: np.random.Generator, pads: int, regulated: bool) -> list[Soak]:
    """Draw pads and heat them: plate and face, losses to the body and the air, a heater that warms up."""
    plate, face, to_face, to_air, to_body, ohm = (
        nominal * rng.normal(1.0, spread, pads)
        for nominal, spread in ((14, 0.04), (32, 0.06), (1.5, 0.10), (11, 0.05), (12, 0.08), (6.8, 0.02))
    )
    ambient = rng.uniform(15.0, 35.0, pads)
    volts = np.full(pads, 7.4) if regulated else rng.uniform(3.0, 4.5, pads)
    hot, warm, sensed = ambient.copy(), ambient.copy(), ambient.copy()
    integral, duty, dt = np.zeros(pads), np.ones(pads), 0.1
    faces, powers = np.empty((SECONDS + 1, pads)), np.zeros((SECONDS + 1, pads))
    faces[0] = ambient
    for second in range(1, SECONDS + 1):
        for _ in range(10):
            if regulated:
                error = 43.0 - sensed
                wanted = 0.35 * error + 0.02 * integral
                duty = np.clip(wanted, 0.0, 1.0)
                integral += np.where((wanted < 1.0) | (error < 0.0), error * dt, 0.0)
            power = duty * volts**2 / (ohm * (1.0 + 0.003 * (hot - ambient)))
            flow = (hot - warm) / to_face
            hot = hot + dt * (power - flow - (hot - ambient) / to_body) / plate
            warm = warm + dt * (flow - (warm - ambient) / to_air) / face
            sensed = sensed + dt * (hot - sensed) / 1.5
            powers[second] += power * dt
        faces[second] = warm
    drift = np.empty_like(faces)
    drift[0] = 0.05 * rng.standard_normal(pads)
    for second in range(1, SECONDS + 1):
        drift[second] = 0.98 * drift[second - 1] + 0.05 * np.sqrt(1 - 0.98**2) * rng.standard_normal(pads)
    read = faces + drift + 0.03 * rng.standard_normal(faces.shape)
    seconds = np.arange(SECONDS + 1.0)
    unsettled = np.abs(faces - faces[-1]) > 0.02 * np.abs(faces[-1] - ambient)
    settled = SECONDS + 1.0 - np.argmax(unsettled[::-1], axis=0)
    return [
        Soak(seconds, read[:, pad], powers[:, pad], float(faces[-1, pad]), float(settled[pad])) for pad in range(pads)
    ]


def stop(soak: Soak, regulated: bool) -> tuple[float, float, float]:
    """Look every 15 s: share of the settling time at which the soak stops, error, uncertainty there."""
    for seconds in range(30, SECONDS, LOOK_SECONDS):
        part = slice(0, seconds + 1)
        found = predict_final(soak.seconds[part], soak.celsius[part], soak.watts[part] if regulated else None)
        if found.enough:
            return seconds / soak.settled_seconds, found.final_celsius - soak.final_celsius, found.u
    return np.inf, 0.0, 1.0


def figures(pads: int, seed: int, regulated: bool) -> tuple[float, float, float]:
    """Coverage at k = 2, median share of the settling time, root mean square error in kelvin."""
    rng = np.random.default_rng(seed)
    results = np.array([stop(soak, regulated) for soak in simulate(rng, pads, regulated)])
    covered = float(np.mean(np.abs(results[:, 1]) <= 1.96 * results[:, 2]))
    return covered, float(np.median(results[:, 0])), float(np.sqrt(np.mean(results[:, 1] ** 2)))


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for name, regulated in (("step", False), ("regulated", True)):
        covered, share, error = figures(count, 2026, regulated)
        print(f"{name:10s} {count} pads: 95 % interval covers {100 * covered:.1f} %, ", end="")
        print(f"median stop at {share:.3f} of the settling time, rms error {error:.3f} K")
