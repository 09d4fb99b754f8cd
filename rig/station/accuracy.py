"""How accurate an instrument is by its data sheet: data of its definition, one file a driver."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field

from rig.definitions import read_toml, validate
from rig.errors import ConfigError
from rig.station.values import Model, NotNegative, Positive

DIRECTORY = Path(__file__).parent / "instruments"


class Accuracy(Model):
    """Limits of error on one range: shares of reading and range, a fixed part, and the smallest step shown.

    Without `range` it holds for all there is. `limit` and `step` are in the function's unit.
    """

    range: Positive | None = None
    of_reading: NotNegative = 0.0
    of_range: NotNegative = 0.0
    limit: NotNegative = 0.0
    step: NotNegative = 0.0

    @property
    def fixed(self) -> float:
        """The part that doesn't grow with the reading."""
        return self.limit + self.of_range * (self.range or 0.0)


class Function(Model):
    """What an instrument measures or sources, in which unit, and where its figures stand."""

    name: str
    unit: str
    source: str
    ranges: Annotated[tuple[Accuracy, ...], Field(strict=False, min_length=1)]


class _File(Model):
    function: Annotated[tuple[Function, ...], Field(strict=False)]


@dataclass(frozen=True)
class InstrumentAccuracy:
    """The data sheet of one driver's instrument."""

    driver: str
    functions: Mapping[str, Function]

    def on(self, function: str, range_: float | None) -> tuple[Function, Accuracy]:
        """Look up a function on a range; raises ConfigError where the definition doesn't have it."""
        known = self.functions.get(function)
        if known is None:
            raise ConfigError(f"{self._source}: no function {function!r}; it has {', '.join(self.functions)}")
        for accuracy in known.ranges:
            if accuracy.range == range_:
                return known, accuracy
        raise ConfigError(f"{self._source}: {function} has no range {range_}")

    @cached_property
    def _source(self) -> str:
        return str(DIRECTORY / f"{self.driver}.toml")


def accuracy_of(driver: str) -> InstrumentAccuracy:
    """Read the definition of a driver's instrument; raises ConfigError for a broken one, and where there is none."""
    path = DIRECTORY / f"{driver}.toml"
    functions = validate(_File, read_toml(path), str(path)).function
    return InstrumentAccuracy(driver, {function.name: function for function in functions})
