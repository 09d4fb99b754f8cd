"""retest.toml: when a unit may be tested again, and how its attempts decide."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rig.product.model import Model, Positive

Role = Literal["operator", "technician", "engineer", "quality"]  # as the station file has them


class Cool(Model):
    """How cool a unit must be before it is tested again, and how long it takes to become so.

    `measurement` at `condition` has found each sensor good or bad at rest: a bad one isn't asked.
    """

    within_kelvin: Positive
    measurement: str
    condition: str
    time_constant_seconds: Positive
    every_seconds: Positive
    most_seconds: Positive

    def warm(self, kelvin: Mapping[int, float]) -> bool:
        """Whether any of these sensors, by how many kelvin it is from the ambient, is too far from it."""
        return any(not abs(difference) < self.within_kelvin for difference in kelvin.values())

    def wait_seconds(self, kelvin: float) -> float:
        """Estimate how long a sensor this far from the ambient takes to come near, by an exponential decay, s."""
        return self.time_constant_seconds * max(0.0, math.log(abs(kelvin) / self.within_kelvin)) if kelvin else 0.0


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
