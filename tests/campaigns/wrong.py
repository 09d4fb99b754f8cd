"""When a measured value is wrong: when its own uncertainty can't explain how far it lies from the fault-free one.

Both runs are of the same unit on the same bench, so that what both have in common (the instruments' gains, the
unit's own properties) cancels, and what is left is less than the combined uncertainty of the two readings. Beyond
`COVERAGE` times that, or another word, it is wrong. Two things of the unit's own come on top, told in `OWN_SPREAD`.
A measurement that fails in both runs is compared by its verdict: what has no current has no resistance, and the ratio
of noise that stands there has no uncertainty worth the name.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

COVERAGE = 4.0
# what the same unit differs by from run to run, in the measurement's unit, where that isn't the measurement's doing
OWN_SPREAD = {
    "cutoff.": 0.05,  # its firmware looks every 50 ms; times in seconds
    "cutoff.comparator.": 0.0,  # no firmware in it
}


class Value(NamedTuple):
    """A measured value, its standard uncertainty (None for words) and its verdict."""

    value: float | str | bool
    u: float | None
    verdict: str


def wrong_values(found: Mapping[str, Value], sound: Mapping[str, Value]) -> list[str]:
    """Names of the measurements whose value the fault must have changed."""
    wrong: list[str] = []
    for name in sorted(found.keys() & sound.keys()):
        one, other = Value(*found[name]), Value(*sound[name])
        if one.verdict == other.verdict == "FAIL" or _same(name, one, other):
            continue
        wrong.append(f"{name}: {one.value!r}, {other.value!r} without the fault")
    return wrong


def _same(name: str, one: Value, other: Value) -> bool:
    if isinstance(one.value, str | bool) or isinstance(other.value, str | bool):
        return one.value == other.value
    own = max((prefix for prefix in OWN_SPREAD if name.startswith(prefix)), key=len, default="")
    allowed = COVERAGE * math.hypot(one.u or 0.0, other.u or 0.0) + OWN_SPREAD.get(own, 0.0)
    return abs(one.value - other.value) <= allowed
