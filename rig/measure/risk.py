"""Global risk of a decision rule: how many bad units of a process pass, how many good ones fail."""

import math


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
    from scipy.integrate import quad  # here, since it costs start-up  # pyright: ignore

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
        edges = [edge for edge in acceptance if start < edge < stop]
        return float(quad(accepted, start, stop, points=edges or None, limit=200)[0])  # pyright: ignore

    consumer = integral(-REACH, tolerance[0]) + integral(tolerance[1], REACH)
    conforming = _cdf(tolerance[1]) - _cdf(tolerance[0])
    return consumer, conforming - integral(tolerance[0], tolerance[1])


REACH = 12.0  # standard deviations beyond which a normal process has no units: 1e-33


def _cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
