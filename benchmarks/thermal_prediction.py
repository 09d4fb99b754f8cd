"""Predicted final temperatures of 500 simulated pads: coverage of the 95 % interval and how early the soak stops.

Run: python -m benchmarks.thermal_prediction [--pads 500] [--seed 2026] [--troubles [NAME ...]]

The pads have the production spread of the reference massager, ambient 15 to 35 C, a thermocouple on the face read
once a second with 0.03 K of noise and 0.05 K of slow drift. Three soaks: a heater at constant voltage (a step); one
regulated at the plate, whose power is read; the same with a thermocouple on the plate. A soak has settled when it
stays within 2 % of its rise.
"""

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rig.analysis.thermal import Prediction, predict_final

FloatArray = NDArray[np.float64]
SECONDS = 2400
LOOK_SECONDS = 15
KINDS = {
    "step": "step",
    "power": "regulated, heater power read",
    "plate": "regulated, plate measured",
}


@dataclass(frozen=True)
class Soak:
    """One simulated soak: what is measured each second, where it ends and when it has settled."""

    seconds: FloatArray
    celsius: FloatArray
    plate: FloatArray
    watts: FloatArray
    final_celsius: float
    settled_seconds: float
    slow_seconds: float


@dataclass(frozen=True)
class Sensing:
    """What a sensor adds: first-order drift, noise, steps; and by how much plate and face begin off the ambient."""

    drift_kelvin: float = 0.05
    drift_seconds: float = 50.0
    noise_kelvin: float = 0.03
    resolution_kelvin: float = 0.0
    start_kelvin: float = 0.0


CLEAN = Sensing()
TROUBLES = {
    "drift": Sensing(drift_kelvin=0.2, drift_seconds=120.0),
    "coarse": Sensing(resolution_kelvin=0.3),
    "warm": Sensing(start_kelvin=2.0),
    "all": Sensing(0.2, 120.0, 0.03, 0.3, 2.0),
}


@dataclass(frozen=True)
class Figures:
    """Coverage of the 95 % interval; median stop as a share of the settling time and in seconds; rms error."""

    covered: float
    share: float
    seconds: float
    error_kelvin: float


@dataclass(frozen=True)
class Troubled:
    """Soaks that stop, and how many of these are covered; median stop, of the settling time; share in three taus."""

    stopped: int
    covered: int
    share: float
    early: float


def simulate(rng: np.random.Generator, pads: int, regulated: bool, sensing: Sensing = CLEAN) -> list[Soak]:
    """Draw pads and heat them: plate and face, losses to the body and the air, a heater that warms up."""
    plate, face, to_face, to_air, to_body, ohm = (
        nominal * rng.normal(1.0, spread, pads)
        for nominal, spread in ((14, 0.04), (32, 0.06), (1.5, 0.10), (11, 0.05), (12, 0.08), (6.8, 0.02))
    )
    ambient = rng.uniform(15.0, 35.0, pads)
    volts = np.full(pads, 7.4) if regulated else rng.uniform(3.0, 4.5, pads)
    hot, warm, sensed = ambient.copy(), ambient.copy(), ambient.copy()
    if sensing.start_kelvin > 0.0:  # cooling still, the plate more than the face
        hot += rng.uniform(0.0, 1.5 * sensing.start_kelvin, pads)
        warm += rng.uniform(0.0, sensing.start_kelvin, pads)
    integral, duty, dt = np.zeros(pads), np.ones(pads), 0.1
    faces, plates, powers = (np.zeros((SECONDS + 1, pads)) for _ in range(3))
    faces[0], plates[0] = warm, hot
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
        faces[second], plates[second] = warm, hot
    read, read_plates = thermocouple(rng, faces, sensing), thermocouple(rng, plates, sensing)
    seconds = np.arange(SECONDS + 1.0)
    unsettled = np.abs(faces - faces[-1]) > 0.02 * np.abs(faces[-1] - ambient)
    settled = SECONDS + 1.0 - np.argmax(unsettled[::-1], axis=0)
    # eigenvalues of the two nodes
    trace = -(1.0 / to_face + 1.0 / to_body) / plate - (1.0 / to_face + 1.0 / to_air) / face
    product = (1.0 / (to_face * to_air) + 1.0 / (to_face * to_body) + 1.0 / (to_body * to_air)) / (plate * face)
    slow = -1.0 / (0.5 * trace + np.sqrt(0.25 * trace**2 - product))
    return [
        Soak(seconds, read[:, pad], read_plates[:, pad], powers[:, pad], *map(float, last))
        for pad, last in enumerate(zip(faces[-1], settled, slow, strict=True))
    ]


def thermocouple(rng: np.random.Generator, celsius: FloatArray, sensing: Sensing) -> FloatArray:
    """Add noise, slow drift and the steps of the resolution to temperatures (seconds, pads)."""
    drift = np.empty_like(celsius)
    kept = float(np.exp(-1.0 / sensing.drift_seconds))
    fresh = sensing.drift_kelvin * np.sqrt(1 - kept**2)
    drift[0] = sensing.drift_kelvin * rng.standard_normal(celsius.shape[1])
    for second in range(1, len(celsius)):
        drift[second] = kept * drift[second - 1] + fresh * rng.standard_normal(celsius.shape[1])
    read = celsius + drift + sensing.noise_kelvin * rng.standard_normal(celsius.shape)
    step = sensing.resolution_kelvin
    return np.round(read / step) * step if step > 0.0 else read


def predicted(soak: Soak, seconds: int, kind: str, **wanted: float) -> Prediction:
    """What is known after so many seconds; `kind`: step, power or plate."""
    part = slice(0, seconds + 1)
    watts = soak.watts[part] if kind == "power" else None
    plate = soak.plate[part] if kind == "plate" else None
    return predict_final(soak.seconds[part], soak.celsius[part], watts, source_celsius=plate, **wanted)


def stop(soak: Soak, kind: str, first_seconds: int = 30) -> tuple[float, float, float, float]:
    """Look every 15 s: share of the settling time at which the soak stops, error, uncertainty there, seconds."""
    for seconds in range(first_seconds, SECONDS, LOOK_SECONDS):
        found = predicted(soak, seconds, kind)
        if found.enough:
            return seconds / soak.settled_seconds, found.final_celsius - soak.final_celsius, found.u, seconds
    return np.inf, np.inf, 1.0, np.inf  # never sure: not covered either


def figures(pads: int, seed: int, kind: str, first_seconds: int = 30) -> Figures:
    """Send that many pads through a soak of that kind; nobody asks before the first look."""
    soaks = simulate(np.random.default_rng(seed), pads, regulated=kind != "step")
    shares, errors, us, seconds = np.array([stop(soak, kind, first_seconds) for soak in soaks]).T
    return Figures(
        float(np.mean(np.abs(errors) <= 1.96 * us)),
        float(np.median(shares)),
        float(np.median(seconds)),
        float(np.sqrt(np.mean(errors[np.isfinite(errors)] ** 2))),
    )


def troubled(pads: int, seed: int, sensing: Sensing, first_seconds: int = 30) -> Troubled:
    """Send that many pads through a step read by such a sensor: only soaks that stop can be covered."""
    soaks = simulate(np.random.default_rng(seed), pads, regulated=False, sensing=sensing)
    stops = [stop(soak, "step", first_seconds) for soak in soaks]
    ended = [(error, u) for share, error, u, _ in stops if np.isfinite(share)]
    return Troubled(
        len(ended),
        sum(abs(error) <= 1.96 * u for error, u in ended),
        float(np.median([share for share, _, _, _ in stops])),
        sum(seconds <= 3.0 * soak.slow_seconds for (_, _, _, seconds), soak in zip(stops, soaks, strict=True)) / pads,
    )


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson's score); all of 0 to 1 when nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    z = 1.96
    middle = (hits + 0.5 * z**2) / (count + z**2)
    half = z * np.sqrt(hits * (count - hits) / count + 0.25 * z**2) / (count + z**2)
    return float(middle - half), float(middle + half)


def wrong_decisions(pads: int, seed: int, margin_kelvin: float, error_rate: float, first_seconds: int = 120) -> float:
    """Share of soaks that stop on the wrong side of a limit which the end misses by that margin, either way.

    Every other pad's limit lies below its end, so that it should be found outside; looks every 15 s for 15 min.
    """
    wrong = 0
    looks = range(first_seconds, 900, LOOK_SECONDS)
    for number, soak in enumerate(simulate(np.random.default_rng(seed), pads, regulated=True)):
        side = 1.0 if number % 2 else -1.0
        high = soak.final_celsius + side * margin_kelvin
        for seconds in looks:
            found = predicted(soak, seconds, "plate", high=high, looks=len(looks), error_rate=error_rate)
            if found.enough:
                wrong += (found.final_celsius <= high) != (side > 0.0)
                break
    return wrong / pads


def main() -> None:
    """Print a line for each kind of soak, or a table of troubled steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pads", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    names = ["clean", *TROUBLES]
    parser.add_argument("--troubles", nargs="*", choices=names, help="steps through sensors with these; all by default")
    options = parser.parse_args()
    if options.troubles is not None:
        print(f"{'sensor':7} {'pads':>5} {'stopped':>7}  {'covered (95 %)':24} {'median stop'} {'in three taus':>16}")
        for name in options.troubles or names:
            found = troubled(options.pads, options.seed, TROUBLES.get(name, CLEAN))
            low, high = wilson(found.covered, found.stopped)
            covered = f"{100 * found.covered / max(found.stopped, 1):.1f} % ({100 * low:.1f} to {100 * high:.1f})"
            print(f"{name:7} {options.pads:5} {found.stopped:7}  {covered:24} ", end="")
            print(f"{found.share:11.3f} {100 * found.early:14.1f} %", flush=True)
        return
    for kind, text in KINDS.items():
        found = figures(options.pads, options.seed, kind)
        print(
            f"{text:34} {options.pads} pads: 95 % interval covers {100 * found.covered:.1f} %, median stop at ", end=""
        )
        print(f"{found.share:.3f} of the settling time, {found.seconds:.0f} s, rms error {found.error_kelvin:.3f} K")


if __name__ == "__main__":
    main()
