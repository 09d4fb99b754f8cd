"""budgets.toml: what contributes to the uncertainty of each measurement id."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rig.measure.budget import Distribution
from rig.product.model import Model, Strings

Share = Annotated[float, Field(ge=0.0)]
Sensor = Literal["thermocouples", "accelerometer", "emulator"]
Place = Literal["face", "plate", "handle", "motor", "ambient"]


class Line(Model):
    """One contribution, from one of three origins.

    `instrument` with `function` and `range` takes what the definition of the instrument in that role says; `at`
    is the input it is read at, where that isn't the result itself. `sensor` takes what the station file says of
    its sensor, of thermocouples the one at `place`. Otherwise `value` (in `unit`, by default the result's) and
    `share` of the result give the width of a `distribution`, with its `source`.
    """

    name: str
    instrument: str | None = None
    function: str | None = None
    range: float | None = None
    at: float | None = None
    sensor: Sensor | None = None
    place: Place | None = None
    value: Share | None = None
    share: Share | None = None
    unit: str | None = None
    distribution: Distribution = "rectangular"
    sensitivity: float = 1.0
    source: str = ""

    @model_validator(mode="after")
    def _one_origin(self) -> "Line":
        stated = self.value is not None or self.share is not None
        if (self.instrument is not None) + (self.sensor is not None) + stated != 1:
            raise ValueError("give one of instrument, sensor, and value or share")
        if stated and not self.source:
            raise ValueError("give the source of this figure")
        if (self.sensor == "thermocouples") != (self.place is not None):
            raise ValueError("thermocouples have a place, and nothing else has")
        if (self.instrument is None) != (self.function is None):
            raise ValueError("instrument and function go together")
        return self


class Between(Model):
    """Two lines that err together: their names, and the coefficient of correlation."""

    between: Annotated[Strings, Field(min_length=2, max_length=2)]
    coefficient: Annotated[float, Field(ge=-1.0, le=1.0)]


class Typical(Model):
    """What the uncertainty that a reading brings itself amounts to on a good unit."""

    value: Share = 0.0
    share: Share = 0.0


class BudgetEntry(Model):
    """One `[[budget]]`: the contributions to one or several ids.

    `estimator` says what the uncertainty is that the readings bring themselves, `typical` how large it is.
    """

    ids: Annotated[Strings, Field(min_length=1)]
    lines: Annotated[tuple[Line, ...], Field(strict=False)] = ()
    correlations: Annotated[tuple[Between, ...], Field(strict=False)] = ()
    estimator: str = ""
    typical: Typical = Typical()

    @model_validator(mode="after")
    def _not_empty(self) -> "BudgetEntry":
        if not self.lines and not self.estimator:
            raise ValueError("neither lines nor an estimator: a reading that is exact says so in a line of value 0")
        return self


class Budgets(Model):
    """budgets.toml."""

    budget: Annotated[tuple[BudgetEntry, ...], Field(strict=False)]

    def by_id(self) -> dict[str, BudgetEntry]:
        """Entries by the ids they are for; the last one counts, `problems` finds the others."""
        return {id_: entry for entry in self.budget for id_ in entry.ids}
