"""The decision rule: is a reading inside its limit, given how uncertain it is.

Source: JCGM 106:2012 sections 7 and 8; ILAC-G8:09/2019; required by ISO/IEC 17025:2017 clause 7.8.6.
"""

import math

from rig.errors import ConfigError
from rig.measure.limit import Limit
from rig.measure.reading import Reading
from rig.measure.verdict import Decision, Verdict

COVERAGE = 2.0  # k of U = k u; guard band w = U (r = 1): at most 2.3 % false accepts at each limit (ILAC-G8)


def decide(reading: Reading, limit: Limit) -> Decision:
    """Judge one reading against its limit by the limit's rule.

    simple: PASS inside the tolerance limits, FAIL outside. guarded: PASS only inside the limits narrowed by
    2 u, FAIL elsewhere. guarded-reject: PASS inside the narrowed limits, FAIL outside the limits widened by
    2 u, MARGINAL between. Readings exactly on an acceptance limit pass. Where 2 u leaves no room between the
    limits, nothing passes.

    Raises ConfigError when the two don't fit: another unit, a text against an interval, or a guarded rule
    without u.
    """
    if reading.unit != limit.unit:
        raise ConfigError(f"{limit.name}: measured in {reading.unit!r}, its limit is in {limit.unit!r}")
    if limit.one_of is not None:
        return _decide_state(reading, limit, limit.one_of)
    if isinstance(reading.value, str | bool):
        raise ConfigError(f"{limit.name}: {reading.value!r} is no number, its limit is an interval")
    if limit.rule != "simple" and reading.u is None:
        raise ConfigError(f"{limit.name}: rule {limit.rule} needs the reading's standard uncertainty")
    guard = 0.0 if limit.rule == "simple" else COVERAGE * (reading.u or 0.0)
    accepted = _inside(reading.value, limit, -guard)
    if accepted:
        verdict = Verdict.PASS
    elif limit.rule == "guarded-reject" and _inside(reading.value, limit, guard):
        verdict = Verdict.MARGINAL
    else:
        verdict = Verdict.FAIL
    return Decision(
        verdict,
        acceptance_low=None if limit.low is None else limit.low + guard,
        acceptance_high=None if limit.high is None else limit.high - guard,
        p_conform=None if reading.u is None else conformance_probability(reading.value, reading.u, limit),
    )


def conformance_probability(value: float, u: float, limit: Limit) -> float:
    """Compute the probability that the true value lies within the limit, for a normal reading.

    Value and standard uncertainty u in the limit's unit; a missing side is at infinity. Source: JCGM
    106:2012, section 7.
    """
    low, high = limit.low, limit.high
    if u == 0.0:
        return 1.0 if (low is None or value >= low) and (high is None or value <= high) else 0.0
    above = 0.0 if high is None else _upper_tail((high - value) / u)
    below = 0.0 if low is None else _upper_tail((value - low) / u)
    return max(0.0, 1.0 - above - below)


def _decide_state(reading: Reading, limit: Limit, allowed: tuple[str | bool, ...]) -> Decision:
    if reading.is_number:
        raise ConfigError(f"{limit.name}: {reading.value!r} is a number, its limit is one of {allowed}")
    return Decision(Verdict.PASS if reading.value in allowed else Verdict.FAIL)


def _inside(value: float, limit: Limit, widened_by: float) -> bool:
    return (limit.low is None or value >= limit.low - widened_by) and (
        limit.high is None or value <= limit.high + widened_by
    )


def _upper_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))
