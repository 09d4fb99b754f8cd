"""An uncertainty budget: what contributes to a reading's standard uncertainty, combined as the GUM has it.

Source: JCGM 100:2008 (GUM), sections 4.3 (divisors), 5.1 (root sum of squares) and 5.2 (correlations).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from rig.errors import ConfigError
from rig.measure.limit import Limit
from rig.measure.reading import Reading

Distribution = Literal["normal", "normal-95", "rectangular", "triangular", "u-shaped"]
DIVISORS: Mapping[Distribution, float] = {
    "normal": 1.0,  # a standard uncertainty already
    "normal-95": 2.0,  # an expanded one, k = 2, as certificates state it
    "rectangular": math.sqrt(3.0),  # limits of error, nothing known between them
    "triangular": math.sqrt(6.0),
    "u-shaped": math.sqrt(2.0),
}
LEAST_DISTANCE = 2.0  # expanded uncertainties that a limit must at least be away from the nominal value


@dataclass(frozen=True, slots=True)
class Contribution:
    """One contribution: the width of an input's distribution, and what the input does to the result.

    The width is `value`, in `unit`, plus `share` of the result's magnitude; its standard uncertainty is width /
    divisor, and the contribution that times the sensitivity (result's unit over the input's).
    """

    name: str
    value: float
    share: float
    unit: str
    distribution: Distribution
    sensitivity: float
    source: str

    @property
    def divisor(self) -> float:
        """What the width is divided by for a standard uncertainty."""
        return DIVISORS[self.distribution]

    def width(self, result: float) -> float:
        """Half width, or multiple of the standard uncertainty, of the input at that result."""
        return self.value + self.share * abs(result)

    def u(self, result: float) -> float:
        """Standard uncertainty that it adds to that result, signed like its sensitivity, in the result's unit."""
        return self.sensitivity * self.width(result) / self.divisor


@dataclass(frozen=True, slots=True)
class Correlation:
    """Two contributions, by name, that err together (coefficient above 0) or against one another."""

    first: str
    second: str
    coefficient: float


@dataclass(frozen=True)
class Budget:
    """All contributions to the readings of one id, in its unit.

    `estimator` says what the reading's own uncertainty is that comes with it (a fit, a bracket, an interval of
    sampling); "" where it brings none. `typical_value` and `typical_share` of the nominal value are what it
    amounts to on a good unit.

    Raises ConfigError for a correlation between contributions that aren't there.
    """

    id: str
    unit: str
    contributions: tuple[Contribution, ...]
    correlations: tuple[Correlation, ...] = ()
    estimator: str = ""
    typical_value: float = 0.0
    typical_share: float = 0.0

    def __post_init__(self) -> None:
        names = [one.name for one in self.contributions]
        if len(set(names)) < len(names):
            raise ConfigError(f"budget of {self.id}: two contributions have one name")
        for one in self.correlations:
            if not {one.first, one.second} <= set(names) or one.first == one.second:
                raise ConfigError(f"budget of {self.id}: no two contributions {one.first!r} and {one.second!r}")
            if not -1.0 <= one.coefficient <= 1.0:
                raise ConfigError(f"budget of {self.id}: correlation {one.coefficient} is not within -1 and 1")

    def u(self, value: float, own_u: float = 0.0) -> float:
        """Combined standard uncertainty of a value that brings `own_u` along, in the budget's unit."""
        constant, linear, square = self._variance
        size = abs(value)
        # a rounding error of correlated terms that cancel must not become the root of a negative number
        return math.sqrt(max(0.0, constant + (linear + square * size) * size) + own_u * own_u)

    def typical_u(self, value: float) -> float:
        """Combined standard uncertainty that a good unit's reading of that value has."""
        return self.u(value, self.typical_value + self.typical_share * abs(value))

    def applied(self, reading: Reading) -> Reading:
        """Return the reading with its combined standard uncertainty; texts and states as they are."""
        if isinstance(reading.value, str | bool):
            return reading
        return Reading(reading.value, reading.unit, self.u(reading.value, reading.u or 0.0))

    def lines(self, value: float, own_u: float | None) -> list[dict[str, Any]]:
        """Every contribution to one reading, the reading's own last: what `rig show --budget` prints."""
        found: list[dict[str, Any]] = [
            {
                "name": one.name,
                "value": one.width(value),
                "unit": one.unit,
                "distribution": one.distribution,
                "divisor": one.divisor,
                "sensitivity": one.sensitivity,
                "u": abs(one.u(value)),
                "source": one.source,
            }
            for one in self.contributions
        ]
        if self.estimator or own_u:
            found.append(
                {
                    "name": "estimator",
                    "value": own_u or 0.0,
                    "unit": self.unit,
                    "distribution": "normal",
                    "divisor": 1.0,
                    "sensitivity": 1.0,
                    "u": own_u or 0.0,
                    "source": self.estimator or "the reading itself",
                }
            )
        return found

    def as_json(self) -> dict[str, Any]:
        """As the record keeps it: compact, complete."""
        return {
            "unit": self.unit,
            "estimator": self.estimator,
            "lines": [
                [one.name, one.value, one.share, one.unit, one.distribution, one.sensitivity, one.source]
                for one in self.contributions
            ],
            "correlations": [[one.first, one.second, one.coefficient] for one in self.correlations],
        }

    @classmethod
    def from_json(cls, id: str, body: Mapping[str, Any]) -> "Budget":
        """Read one back from the record."""
        return cls(
            id,
            body["unit"],
            tuple(Contribution(*line) for line in body["lines"]),
            tuple(Correlation(*row) for row in body["correlations"]),
            body["estimator"],
        )

    @cached_property
    def _variance(self) -> tuple[float, float, float]:
        """The static part's variance as a polynomial in the result's magnitude: constant, linear, square."""
        scaled = {
            one.name: (one.sensitivity * one.value / one.divisor, one.sensitivity * one.share / one.divisor)
            for one in self.contributions
        }
        pairs = [(one, one, 1.0) for one in scaled]
        pairs += [(one.first, one.second, 2.0 * one.coefficient) for one in self.correlations]
        constant = linear = square = 0.0
        for first, second, factor in pairs:
            (value, share), (other_value, other_share) = scaled[first], scaled[second]
            constant += factor * value * other_value
            linear += factor * (value * other_share + share * other_value)
            square += factor * share * other_share
        return constant, linear, square


def too_near(limit: Limit, budget: Budget) -> str | None:
    """Say how a limit lies too near its nominal value for what the readings can carry, None where it doesn't.

    Too near is less than two expanded uncertainties (2 U = 4 u). States have no such distance.
    """
    if limit.one_of is not None:
        return None
    if limit.nominal is None:
        return f"{limit.name}: no nominal value"
    needed = LEAST_DISTANCE * 2.0 * budget.typical_u(limit.nominal)
    bounds = [bound for bound in (limit.low, limit.high) if bound is not None]
    nearest = min(abs(limit.nominal - bound) for bound in bounds)
    if nearest >= needed:
        return None
    return f"{limit.name}: {nearest:.4g} {limit.unit} from nominal {limit.nominal:.6g} to a limit, 2 U is {needed:.4g}"
