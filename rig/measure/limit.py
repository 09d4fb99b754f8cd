"""A limit: what a measurement, under its conditions, is allowed to be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rig.errors import ConfigError

Condition = str | int | float
Rule = Literal["simple", "guarded", "guarded-reject"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The allowed interval of a number, or the allowed texts and states, of one measurement.

    `low` and `high` are the tolerance limits, both allowed themselves, in `unit`; either may be missing.
    `rule` says how the uncertainty of a reading is counted (see `rig.measure.decide`), `requirement` and
    `source` why. `nominal` is what a good unit has; `knowingly` is the reason why the limit lies nearer to it
    than two expanded uncertainties, where it does.

    Raises ConfigError for a limit that allows nothing, everything, or numbers and texts at once.
    """

    id: str
    conditions: Mapping[str, Condition] = field(default_factory=dict[str, Condition])
    unit: str = ""
    low: float | None = None
    high: float | None = None
    one_of: tuple[str | bool, ...] | None = None
    safety: bool = False
    requirement: str = ""
    source: str = ""
    rule: Rule = "simple"
    nominal: float | None = None
    knowingly: str = ""

    def __post_init__(self) -> None:
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        if self.one_of is not None and (bounds or not self.one_of):
            raise ConfigError(f"limit {self.name}: one_of stands alone and is not empty")
        if self.one_of is None and not bounds:
            raise ConfigError(f"limit {self.name}: give low, high or one_of")
        if not all(math.isfinite(bound) for bound in bounds):
            raise ConfigError(f"limit {self.name}: low and high are finite numbers")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ConfigError(f"limit {self.name}: low {self.low} is above high {self.high}")
        if self.nominal is not None and not _within(self.nominal, self.low, self.high):
            raise ConfigError(f"limit {self.name}: nominal {self.nominal} is outside of its limits")

    @property
    def name(self) -> str:
        """The id with its conditions, as people read it: `motor.current, level 3`."""
        return f"{self.id}, {condition_text(self.conditions)}" if self.conditions else self.id


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def condition_text(conditions: Mapping[str, Condition]) -> str:
    """Write conditions in one line: `level 3, pad FLAT`."""
    return ", ".join(f"{name} {value}" for name, value in conditions.items())
