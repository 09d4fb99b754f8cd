"""What a certificate says: until when, what has to be corrected, and how well that is known."""

import datetime
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from rig.definitions import Within
from rig.station.values import Model, Text

Quantity = Literal["volts", "amperes", "celsius", "newtons"]
Axis = Literal["x", "y", "z"]
Place = Literal["face", "plate", "handle", "motor", "ambient"]


class Correction(Model):
    """The true value is gain x reading + offset; what is left is a standard uncertainty (k = 1).

    `offset` and `u` are in the unit of the reading, `relative_u` is a share of the value.
    """

    gain: Annotated[float, Within(0.5, 2.0)] = 1.0
    offset: Annotated[float, Within(-5.0, 5.0)] = 0.0
    relative_u: Annotated[float, Within(0.0, 0.1)] = 0.0
    u: Annotated[float, Within(0.0, 5.0)] = 0.0

    @property
    def changes_nothing(self) -> bool:
        """Whether the reading is taken as it is."""
        return self.gain == 1.0 and self.offset == 0.0

    def applied(self, reading: float) -> float:
        """Correct one reading."""
        return self.gain * reading + self.offset

    def applied_to(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Correct a record (count,), in its own precision."""
        return samples if self.changes_nothing else samples * np.float32(self.gain) + np.float32(self.offset)

    def u_of(self, value: float) -> float:
        """Give the standard uncertainty that calibration leaves at a value."""
        return math.hypot(self.relative_u * value, self.u)

    def then(self, following: "Correction") -> "Correction":
        """Give both corrections as one, this one first; uncertainties add as squares."""
        return Correction.model_construct(
            gain=self.gain * following.gain,
            offset=following.gain * self.offset + following.offset,
            relative_u=math.hypot(self.relative_u, following.relative_u),
            u=math.hypot(following.gain * self.u, following.u),
        )


AS_READ = Correction()
_QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {"V": "volts", "A": "amperes", "degC": "celsius", "K": "celsius", "N": "newtons"}
)


class Certificate(Model):
    """A calibration certificate: its number, the day it was issued, and the day it runs out."""

    certificate: Text
    date: datetime.date
    due: datetime.date

    @model_validator(mode="after")
    def _due_after_date(self) -> Self:
        if self.due <= self.date:
            raise ValueError(f"due {self.due} is not after date {self.date}")
        return self


class Calibration(Certificate):
    """An instrument's certificate with what it corrects; a quantity that isn't named is taken as read."""

    volts: Correction | None = None
    amperes: Correction | None = None
    celsius: Correction | None = None
    newtons: Correction | None = None

    def correction(self, quantity: Quantity) -> Correction:
        """Give the correction of one quantity."""
        return getattr(self, quantity) or AS_READ

    def of_unit(self, unit: str) -> Correction | None:
        """Give what is stated of the quantity in that unit: V, A, degC or K, N; None where nothing is."""
        quantity: Quantity | None = _QUANTITIES.get(unit)
        return None if quantity is None else getattr(self, quantity)

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that are corrected, or whose uncertainty is stated."""
        return tuple(name for name in ("volts", "amperes", "celsius", "newtons") if getattr(self, name) is not None)


class Accelerometer(Model):
    """The accelerometer behind its conditioner; one that is connected has a bias between the two.

    `volts_per_g` is the x axis's sensitivity, and that of axes without one of their own. `relative_u` is the standard
    uncertainty of these sensitivities, by the certificate or by `rig calibrate accelerometer`.
    """

    volts_per_g: Annotated[float, Within(0.001, 10.0, "V/g")] = 0.1
    volts_per_g_y: Annotated[float, Within(0.001, 10.0, "V/g")] | None = None
    volts_per_g_z: Annotated[float, Within(0.001, 10.0, "V/g")] | None = None
    relative_u: Annotated[float, Within(1e-5, 0.1)] = 0.015
    bias_low_volts: Annotated[float, Within(1.0, 23.0, "V")] = 8.0
    bias_high_volts: Annotated[float, Within(2.0, 23.5, "V")] = 14.0
    serial_number: Text | None = None
    calibration: Certificate | None = None

    def sensitivity(self, axis: Axis) -> float:
        """Give the volts per g of an axis."""
        own = {"x": None, "y": self.volts_per_g_y, "z": self.volts_per_g_z}[axis]
        return self.volts_per_g if own is None else own


class Thermocouples(Model):
    """The thermocouples' type and standard uncertainty in kelvin (class 1 type T: 0.5 K over sqrt 3).

    `corrections` by place; where one states a `u` of its own, in kelvin, that replaces `u_kelvin`.
    """

    type: Literal["T", "K", "J", "E"] = "T"
    u_kelvin: Annotated[float, Within(0.001, 2.0, "K")] = 0.29
    corrections: Annotated[dict[Place, Correction], Field(default_factory=dict)]
    calibration: Certificate | None = None

    def correction(self, place: Place) -> Correction:
        """Give the correction of one thermocouple, its uncertainty included."""
        given = self.corrections.get(place, AS_READ)
        return given if given.u > 0.0 else given.model_copy(update={"u": self.u_kelvin})


class Sensors(Model):
    """Sensors between unit and instruments."""

    accelerometer: Accelerometer = Accelerometer()
    thermocouples: Thermocouples = Thermocouples(corrections={})


class Calibrator(Model):
    """A reference calibrator for accelerometers: root mean square acceleration at one frequency.

    Each axis is recorded over so many mountings, `seconds` each.
    """

    hertz: Annotated[float, Within(10.0, 2000.0, "Hz")] = 159.155
    metres_per_second_squared: Annotated[float, Within(0.5, 100.0, "m/s2")] = 10.0
    relative_u: Annotated[float, Within(1e-5, 0.1)] = 0.015
    mountings: Annotated[int, Field(ge=2)] = 3
    seconds: Annotated[float, Within(0.05, 60.0, "s")] = 1.0
    rate_hz: Annotated[float, Within(1000.0, 1e6, "Hz")] = 10_000.0
    range_volts: Annotated[float, Within(0.1, 100.0, "V")] = 1.0
    calibration: Certificate


class Thermometer(Model):
    """A reference thermometer in a bath: its standard uncertainty, the bath's evenness included, in kelvin.

    Thermocouples are read so many times at each of the two points.
    """

    u_kelvin: Annotated[float, Within(0.0005, 1.0, "K")] = 0.05
    low_celsius: Annotated[float, Within(-20.0, 60.0, "degC")] = 20.0
    high_celsius: Annotated[float, Within(0.0, 120.0, "degC")] = 50.0
    readings: Annotated[int, Field(ge=3)] = 10
    settle_seconds: Annotated[float, Within(0.1, 3600.0, "s")] = 60.0
    calibration: Certificate


class References(Model):
    """What the station's sensors are calibrated against, between two certificates."""

    calibrator: Calibrator | None = None
    thermometer: Thermometer | None = None
