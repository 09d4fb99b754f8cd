"""Readings and limits as people read them: `50.02 Hz ±0.04 (49.00 .. 51.00)`."""

import math
from functools import lru_cache

from rig.measure.decide import COVERAGE
from rig.measure.limit import Limit
from rig.measure.reading import Reading
from rig.measure.verdict import Decision

PREFIXES = ((1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))
PREFIXED_UNITS = frozenset({"A", "V", "ohm", "Nm/A"})
WHOLE_UNITS = frozenset({"count", "counts"})
MOST_DECIMALS = 9


def format_reading(reading: Reading, limit: Limit | None = None) -> str:
    """Write one line: value, unit, expanded uncertainty (k = 2) where known, and the limit in brackets.

    Digits follow the uncertainty (one, or two when it starts with 1 or 2) and are never fewer than the limits
    need; currents, voltages, resistances and torque constants get a prefix that suits the limit.
    """
    if isinstance(reading.value, str | bool):
        return str(reading.value) if limit is None else f"{reading.value} ({format_limit(limit)})"
    bounds = [] if limit is None else [bound for bound in (limit.low, limit.high) if bound is not None]
    scale, prefix = _prefix(reading.unit, bounds or [reading.value])
    if limit is not None and abs(reading.value) >= 1000.0 * scale and reading.unit in PREFIXED_UNITS:
        return f"{format_reading(reading)} ({format_limit(limit)})"  # far out: each with the prefix it needs
    expanded = None if reading.u is None else COVERAGE * reading.u / scale
    value = reading.value / scale
    decimals = _decimals(reading.unit, value, expanded, [bound / scale for bound in bounds])
    unit = "" if reading.unit == "1" else f" {prefix}{reading.unit}" if reading.unit else ""
    text = f"{value:.{decimals}f}{unit}"
    if expanded:
        text += f" ±{expanded:.{decimals}f}"
    if limit is not None:
        text += f" ({_interval(limit, scale, decimals)})"
    return text


def format_limit(limit: Limit) -> str:
    """Write the limit alone, with its unit: `49.00 .. 51.00 Hz`, `≤ 40 µA`, `forward or stopped`."""
    if limit.one_of is not None:
        return " or ".join(str(state) for state in limit.one_of)
    bounds = [bound for bound in (limit.low, limit.high) if bound is not None]
    scale, prefix = _prefix(limit.unit, bounds)
    scaled = [bound / scale for bound in bounds]
    unit = "" if limit.unit == "1" else f" {prefix}{limit.unit}"
    return f"{_interval(limit, scale, max(_own_decimals(bound) for bound in scaled))}{unit}"


def format_acceptance(reading: Reading, limit: Limit, decision: Decision) -> str:
    """Write the interval of acceptance after the guard band, "" where it is the limit itself.

    Digits are those of the reading's uncertainty.
    """
    low, high = decision.acceptance_low, decision.acceptance_high
    if not reading.u or (low, high) == (limit.low, limit.high):
        return ""
    bounds = [bound for bound in (limit.low, limit.high) if bound is not None]
    scale, prefix = _prefix(limit.unit, bounds)
    decimals = max(
        _decimals_of_uncertainty(COVERAGE * reading.u / scale), *(_own_decimals(bound / scale) for bound in bounds)
    )
    unit = "" if limit.unit == "1" else f" {prefix}{limit.unit}"
    return f"{_spelled(low, high, scale, decimals)}{unit}"


def _interval(limit: Limit, scale: float, decimals: int) -> str:
    return _spelled(limit.low, limit.high, scale, decimals)


def _spelled(low_bound: float | None, high_bound: float | None, scale: float, decimals: int) -> str:
    low = "" if low_bound is None else f"{low_bound / scale:.{decimals}f}"
    high = "" if high_bound is None else f"{high_bound / scale:.{decimals}f}"
    return f"{low} .. {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"


def _prefix(unit: str, values: list[float]) -> tuple[float, str]:
    if unit not in PREFIXED_UNITS:
        return 1.0, ""
    largest = max((abs(value) for value in values), default=0.0)
    if largest == 0.0:
        return 1.0, ""
    for scale, prefix in PREFIXES:
        if largest >= 0.9995 * scale:
            return scale, prefix
    return PREFIXES[-1]


def _decimals(unit: str, value: float, expanded: float | None, bounds: list[float]) -> int:
    needed = max((_own_decimals(bound) for bound in bounds), default=0)
    if unit in WHOLE_UNITS and value.is_integer() and not expanded:
        return needed
    if expanded:
        return max(needed, _decimals_of_uncertainty(expanded))
    size = max((abs(bound) for bound in bounds), default=abs(value)) or abs(value) or 1.0
    return max(needed, min(MOST_DECIMALS, max(0, 2 - math.floor(math.log10(size)))))


def _decimals_of_uncertainty(expanded: float) -> int:
    exponent = math.floor(math.log10(expanded))
    # rounding 2.96 to one digit would say 3 with a leading 2: two digits below 3 keep the loss under 2 %
    digits = 2 if expanded / 10.0**exponent < 2.95 else 1
    return min(MOST_DECIMALS, max(0, digits - 1 - exponent))


@lru_cache(maxsize=1024)  # the same limits come again with each unit, and three times each
def _own_decimals(bound: float) -> int:
    text = f"{bound:.6g}"
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return min(MOST_DECIMALS, max(0, decimals))
