"""limits.toml: its compact form, and the single limits it stands for."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, cast

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from rig.measure import Limit, Rule
from rig.product.model import ConditionValues, Model, Strings
from rig.product.settings import Energy


def _listed(value: object) -> object:
    return cast("object", value) if isinstance(value, list) else [value]


Chosen = Annotated[ConditionValues, BeforeValidator(_listed)]


class Bounds(Model):
    """The allowed interval, either end of which may be missing, and the value that a good unit has."""

    low: float | None = None
    high: float | None = None
    nominal: float | None = None

    @field_validator("high")
    @classmethod
    def _not_below_low(cls, high: float | None, info: ValidationInfo) -> float | None:
        low = info.data.get("low")
        if high is not None and low is not None and low > high:
            raise ValueError(f"low {low} is above high {high}")
        return high

    @property
    def given(self) -> bool:
        """Whether there is an interval at all."""
        return self.low is not None or self.high is not None


def _pair(value: object) -> object:
    if not isinstance(value, list):
        return value
    given = cast("list[object]", value)
    if len(given) == 3:
        return {"low": given[0], "nominal": given[1], "high": given[2]}
    if len(given) != 2:
        raise ValueError("give [low, high], [low, nominal, high], { low = ... } or { high = ... }")
    return {"low": given[0], "high": given[1]}


BoundsOrPair = Annotated[Bounds, BeforeValidator(_pair)]


class LimitEntry(Bounds):
    """One `[[limit]]`: the same id at one or many conditions.

    `conditions` holds at every combination of the values given; `by.NAME` gives one interval for each
    value of one more condition, as `[low, high]`, `[low, nominal, high]` or `{ high = ... }`. `pads` restricts the
    entry to runs with one of these pads fitted. `knowingly` is the reason why a limit lies nearer to its nominal
    value than two expanded uncertainties of its readings, where it does.
    """

    id: str
    requirement: str
    source: str
    pads: Strings = ()
    conditions: Annotated[dict[str, Chosen], Field(default_factory=dict)]
    by: Annotated[dict[str, dict[str, BoundsOrPair]], Field(default_factory=dict, max_length=1)]
    one_of: Strings | None = None
    safety: bool = False
    rule: Rule | None = None
    knowingly: str = ""

    def limits(self, unit: str, values: Mapping[str, tuple[str | int, ...]]) -> Iterator[Limit]:
        """Expand the limits this entry stands for; `values` are those each condition can have.

        Raises ConfigError (by `Limit`) where an interval and `one_of`, or neither, are given.
        """
        rows: list[tuple[dict[str, str | int], Bounds]] = [({}, self)]
        for name, table in self.by.items():
            by_key = {str(value): value for value in values.get(name, ())}
            rows = [({name: by_key.get(key, key)}, bounds) for key, bounds in table.items()]
        for chosen in product(*self.conditions.values()):
            for extra, bounds in rows:
                yield Limit(
                    id=self.id,
                    conditions=dict(zip(self.conditions, chosen, strict=True)) | extra,
                    unit=unit,
                    low=bounds.low,
                    high=bounds.high,
                    one_of=self.one_of,
                    safety=self.safety,
                    requirement=self.requirement,
                    source=self.source,
                    rule=self.rule or ("guarded" if self.safety and self.one_of is None else "simple"),
                    nominal=bounds.nominal,
                    knowingly=self.knowingly,
                )


class Limits(Model):
    """limits.toml."""

    limit: Annotated[tuple[LimitEntry, ...], Field(strict=False)]


def as_tables(minimum: object) -> object:
    """Return what TOML says under `minimum` with a tuple of tables for each id, where one table may stand alone."""
    if not isinstance(minimum, dict):
        return minimum
    tables = cast("dict[str, object]", minimum)
    return {
        key: tuple(cast("list[object]", value)) if isinstance(value, list) else (value,)
        for key, value in tables.items()
    }


class PlanRule(Model):
    """The smallest set a plan must measure, and the pads it can run with.

    A unit is passed only by a PASS of every plan that `releases`.
    `energy` is what one energising may take, where it isn't what the settings say. `minimum` names each id with
    the conditions it must be measured at: every combination of the values given, or of each table in a list of
    tables.
    """

    text: str
    pads: Strings
    releases: bool = False
    energy: Energy | None = None
    minimum: dict[str, "tuple[dict[str, Chosen], ...]"]

    @field_validator("minimum", mode="before")
    @classmethod
    def _tables(cls, minimum: object) -> object:
        return as_tables(minimum)

    def expected(self) -> Iterator[tuple[str, dict[str, str | int]]]:
        """Each id with each of its conditions."""
        for id_, tables in self.minimum.items():
            for table in tables:
                for chosen in product(*table.values()):
                    yield id_, dict(zip(table, chosen, strict=True))


class Plans(Model):
    """plans.toml."""

    plans: dict[str, PlanRule]
