"""What a product definition says: one frozen model a file, unknown keys and wrong types refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rig.definitions import Within

Positive = Annotated[float, Field(gt=0)]
PackVolts = Annotated[float, Within(1.0, 9.0, "V")]
Strings = Annotated[tuple[str, ...], Field(strict=False)]  # a TOML array is a list, not a tuple
LevelNumber = Annotated[int, Field(strict=False)]  # a TOML key is always text


class Model(BaseModel):
    """The strictness all definitions share: frozen, no unknown key, no conversion, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Battery(Model):
    """The pack, in volts; below `warning_volts` the unit warns, below `cutoff_volts` it turns off."""

    nominal_volts: PackVolts
    empty_volts: PackVolts
    full_volts: PackVolts
    warning_volts: PackVolts
    cutoff_volts: PackVolts
    capacity_mah: Positive


class Ntc(Model):
    """A thermistor in its divider, read ratiometrically.

    R(T) = r25_ohm exp(beta_kelvin (1/T - 1/298.15 K)).
    """

    r25_ohm: Annotated[float, Within(100.0, 1e6, "ohm")]
    beta_kelvin: Annotated[float, Within(2000.0, 6000.0, "K")]
    pullup_ohm: Annotated[float, Within(100.0, 1e6, "ohm")]
    adc_full_scale: Annotated[int, Field(gt=0)]


class Ambient(Model):
    """The ambient window in which a unit may be judged, in degrees Celsius."""

    low_celsius: Annotated[float, Within(0.0, 45.0, "degC")]
    high_celsius: Annotated[float, Within(5.0, 45.0, "degC")]


class ProductFacts(Model):
    """product.toml: what the device is."""

    name: str
    title: str
    serial_pattern: str
    first_serial: str
    model: str
    firmware: str
    build: str
    fitted_pad: str
    battery: Battery
    ntc: Ntc
    ambient: Ambient


class Level(Model):
    """A massage level: the speed it holds."""

    rpm: Positive

    @property
    def hz(self) -> float:
        """Turns a second: the frequency of the vibration."""
        return self.rpm / 60.0


class Heat(Model):
    """A heat setting: the set point of the pad's plate."""

    celsius: Annotated[float, Within(20.0, 60.0, "degC")]


class Levels(Model):
    """levels.toml: massage levels and heat settings."""

    levels: dict[LevelNumber, Level]
    heats: dict[str, Heat]


class Pad(Model):
    """A massage pad: `adc` is its nominal identification reading, `mass_g` adds to the moving mass."""

    id_ohm: Positive
    adc: Annotated[int, Field(gt=0)]
    adc_tolerance: Positive
    heater_ohm: Positive | None = None
    mass_g: float
    made_for: str

    @property
    def heated(self) -> bool:
        """Whether the pad has a heater."""
        return self.heater_ohm is not None


class Pads(Model):
    """pads.toml."""

    pads: dict[str, Pad]


class Program(Model):
    """A body-area program: levels, profile with its period, highest heat, length in seconds and pads."""

    body_area: str
    lowest_level: int
    highest_level: int
    profile: str
    period_seconds: Positive | None = None
    heat_cap: str
    seconds: Positive
    pads: Strings


class Programs(Model):
    """programs.toml."""

    programs: dict[str, Program]


class Fault(Model):
    """A fault of the unit: its condition, and the time in which it must react where one is promised."""

    condition: str
    reaction: str
    kind: Literal["latched", "recoverable", "calibration", "log"]
    seconds: Positive | None = None
    safety: bool = False
    hardware: bool = False


class Faults(Model):
    """faults.toml."""

    faults: dict[str, Fault]


class Requirement(Model):
    """What the product must do, in one sentence, and where that is written."""

    text: str
    source: str


class Requirements(Model):
    """requirements.toml."""

    requirements: dict[Annotated[str, Field(pattern=r"^(SAF|PRF|FUN|PRD|ELE)-\d{3}$")], Requirement]


class Measurement(Model):
    """What a measurement id means; `needs_heater` exempts pads without one.

    `made_with` names the instruments and sensors that a reading depends on, beside those of its budget.
    """

    text: str
    unit: str
    conditions: Strings = ()
    made_with: Strings = ()
    needs_heater: bool = False


ConditionValues = Annotated[tuple[str | int, ...], Field(strict=False, min_length=1)]


class Measurements(Model):
    """measurements.toml: the stable vocabulary, and the values each condition can have."""

    conditions: dict[str, ConditionValues]
    measurements: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")], Measurement]
