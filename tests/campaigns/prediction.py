"""Predicted final temperatures of many simulated pads: intervals that hold, early stops, seldom a wrong decision."""

import argparse
import secrets

from benchmarks.thermal_prediction import KINDS, figures, wrong_decisions

LEAST_COVERED = 0.93  # of the 95 % intervals
MOST_SHARE = 1.0 / 3.0  # of the settling time, median stop of a step
ERROR_RATE = 0.05
MARGINS_KELVIN = (0.05, 0.15, 0.3)


def main(arguments: list[str]) -> int:
    """Send `--points` pads through each kind of soak; 1 when a bound doesn't hold."""
    parser = argparse.ArgumentParser(prog="prediction", description=__doc__)
    parser.add_argument("--points", type=int, default=500, help="pads of each kind")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    chosen = parser.parse_args(arguments)
    broken = 0
    for kind, text in KINDS.items():
        found = figures(chosen.points, chosen.seed, kind)
        holds = found.covered >= LEAST_COVERED and (kind != "step" or found.share <= MOST_SHARE)
        broken += not holds
        print(
            f"{text}: covers {found.covered:.1%}, median stop at {found.share:.3f} of the settling time "
            f"({found.seconds:.0f} s): {'holds' if holds else 'BROKEN'}",
            flush=True,
        )
    for margin in MARGINS_KELVIN:
        wrong = wrong_decisions(chosen.points, chosen.seed, margin, ERROR_RATE)
        broken += wrong > ERROR_RATE
        print(f"limit {margin:g} K away: {wrong:.1%} stop with the wrong answer, at most {ERROR_RATE:.0%}", flush=True)
    print(f"seed {chosen.seed}: {broken} bounds broken")
    return 1 if broken else 0
