"""A reading: one measured value with its unit and standard uncertainty."""

import math
from dataclasses import dataclass

from rig.errors import ConfigError, InstrumentFault

OVERLOAD = 9.9e37  # SCPI instruments say 9.9E37 (overload) or 9.91E37 (no data) where they have no number


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value: a number with its unit, a text or a state.

    `u` is the standard uncertainty (k = 1) in the reading's own unit. A fixture gives what the reading itself
    tells (a fit, a bracket), or None; the budget of its id makes it the combined one, which every number of a run
    has. Texts and states have the unit "", and never an uncertainty.

    Raises InstrumentFault for NaN, infinity and overload, in the value or in `u`: they are never a number;
    ConfigError for a text or state with an uncertainty.
    """

    value: float | str | bool
    unit: str
    u: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.value, str | bool) and not _is_number(self.value):
            raise InstrumentFault(f"{self.value} {self.unit} is no reading: overload, or not a number")
        if self.u is not None and isinstance(self.value, str | bool):
            raise ConfigError(f"{self.value!r} is a text or a state, which has no uncertainty")
        if self.u is not None and not (_is_number(self.u) and self.u >= 0.0):
            raise InstrumentFault(f"{self.value} {self.unit}: {self.u} is no standard uncertainty")

    @property
    def is_number(self) -> bool:
        """Whether the value is a quantity, judged by an interval, rather than a text or a state."""
        return not isinstance(self.value, str | bool)


def _is_number(value: float) -> bool:
    return math.isfinite(value) and abs(value) < OVERLOAD
