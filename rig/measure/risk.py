"""Global risk of a decision rule: how many bad units of a process pass, how many good ones fail."""

import math
from collections.abc import Callable
from itertools import pairwise

REACH = 12.0  # standard deviations beyond which a normal process has no units: 1e-33
BEND = 8.0  # standard uncertainties beyond which a reading is never mistaken: 1e-15
STEPS = 200  # of Simpson's rule between two bends, for an error below 1e-7


def global_risk(
    process_mean: float,
    process_sd: float,
    u: float,
    low: float,
    high: float,
    acceptance_low: float,
    acceptance_high: float,
) -> tuple[float, float]:
    """Compute consumer's and producer's risk for a normal process measured with normal errors.

    All arguments in one unit. Consumer's risk: the share of all units that are out of tolerance and accepted;
    producer's risk: the share that are in tolerance and rejected. Source: JCGM 106:2012, section 9.

    Raises ValueError unless both standard deviations are positive.
    """
    if process_sd <= 0.0 or u <= 0.0:
        raise ValueError(f"standard deviations must be positive: process {process_sd}, reading {u}")
    # in units of the process spread about its mean, so that ohms around 1500 lose no digits
    spread = u / process_sd
    tolerance = [(edge - process_mean) / process_sd for edge in (low, high)]
    acceptance = [(edge - process_mean) / process_sd for edge in (acceptance_low, acceptance_high)]

    def accepted(z: float) -> float:
        """Density of true values z, times the probability that such a unit is accepted."""
        chance = _cdf((acceptance[1] - z) / spread) - _cdf((acceptance[0] - z) / spread)
        return chance * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)

    def integral(start: float, stop: float) -> float:
        start, stop = max(start, -REACH), min(stop, REACH)
        if start >= stop:
            return 0.0
        # the integrand bends only within some u of an acceptance limit: those stretches get panels of their own
        bends = {edge + bend * spread for edge in acceptance for bend in (-BEND, 0.0, BEND)}
        edges = sorted({start, stop, *(edge for edge in bends if start < edge < stop)})
        return sum(_simpson(accepted, low, high) for low, high in pairwise(edges))

    consumer = integral(-REACH, tolerance[0]) + integral(tolerance[1], REACH)
    conforming = _cdf(tolerance[1]) - _cdf(tolerance[0])
    return consumer, conforming - integral(tolerance[0], tolerance[1])


def _simpson(function: Callable[[float], float], start: float, stop: float) -> float:
    width = (stop - start) / STEPS
    odd = sum(function(start + step * width) for step in range(1, STEPS, 2))
    even = sum(function(start + step * width) for step in range(2, STEPS, 2))
    return (function(start) + 4.0 * odd + 2.0 * even + function(stop)) * width / 3.0


def _cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
