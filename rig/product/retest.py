"""retest.toml: when a unit may be tested again, and how its attempts decide."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rig.definitions import Within
from rig.product.model import Model, Positive

Warm = Literal["face", "plate", "handle", "motor"]  # places with a thermocouple, as the station file has them
Role = Literal["operator", "technician", "engineer", "quality"]  # as the station file has them


class Cool(Model):
    """How cool a unit must be before anything is powered, by the bench's thermocouples, and how long that takes.

    `time_constant_seconds` names the places on the unit that are looked at, each with the slowest decay of its heat.
    """

    within_kelvin: Annotated[float, Within(0.1, 5.0, "K")]
    time_constant_seconds: Annotated[dict[Warm, Positive], Field(min_length=1)]
    every_seconds: Positive
    most_seconds: Positive

    def warm(self, kelvin: Mapping[str, float]) -> bool:
        """Whether any place, by how many kelvin it is from the ambient, is too far from it."""
        return any(not abs(difference) < self.within_kelvin for difference in kelvin.values())

    def wait_seconds(self, kelvin: Mapping[str, float]) -> float:
        """Estimate how long the places, so far from the ambient, take to come near, by exponential decays, s."""
        far = {place: abs(value) / self.within_kelvin for place, value in kelvin.items()}
        waits = [
            seconds * math.log(max(1.0, far.get(place, 0.0))) for place, seconds in self.time_constant_seconds.items()
        ]
        return max(waits)


class Retest(Model):
    """retest.toml: out of `attempts`, `deciding` of one verdict decide."""

    attempts: Annotated[int, Field(ge=1)]
    deciding: Annotated[int, Field(ge=1)]
    advice: str
    disposition_roles: Annotated[tuple[Role, ...], Field(strict=False, min_length=1)]
    cool: Cool

    @model_validator(mode="after")
    def _always_decided(self) -> Self:
        if self.attempts != 2 * self.deciding - 1:
            raise ValueError(f"{self.deciding} of {self.attempts} leave it open: attempts must be 2 x deciding - 1")
        return self
