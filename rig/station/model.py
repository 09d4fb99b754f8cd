"""What a station file says: instruments by role, wiring, sensors, the unit's port and people."""

import datetime
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Role = Literal["vibration", "current", "temperature", "battery", "charger", "fault_box", "power_box", "scale"]
Driver = Literal["dmm6500", "daq6510", "2281s", "e36312a", "k8090", "mt_sics"]
Positive = Annotated[float, Field(gt=0)]
Relay = Annotated[int, Field(ge=1, le=8)]
ScannerChannel = Annotated[int, Field(ge=1, le=10)]
LoggerChannel = Annotated[int, Field(ge=101, le=122)]

DRIVERS: Mapping[str, str] = MappingProxyType(
    {
        "vibration": "dmm6500",
        "current": "dmm6500",
        "temperature": "daq6510",
        "battery": "2281s",
        "charger": "e36312a",
        "fault_box": "k8090",
        "power_box": "k8090",
        "scale": "mt_sics",
    }
)
SERIAL_DRIVERS = frozenset({"k8090", "mt_sics"})
CALIBRATED = frozenset({"dmm6500", "daq6510", "2281s", "e36312a", "mt_sics"})  # what measures; relays don't
VISA_ADDRESS = re.compile(
    r"(TCPIP\d*::[^:]+::\d+::SOCKET|TCPIP\d*::[^:]+(::[^:]+)?(::INSTR)?|USB\d*::.+|GPIB\d*::.+)",
    re.IGNORECASE,
)


def _no_blanks(text: str) -> str:
    if not text or text != text.strip():
        raise ValueError("empty, or with blanks around it")
    return text


Text = Annotated[str, AfterValidator(_no_blanks)]


class Model(BaseModel):
    """The strictness of station files: frozen, no unknown key, no conversion, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Calibration(Model):
    """A calibration certificate: its number, the day it was issued, and the day it runs out."""

    certificate: Text
    date: datetime.date
    due: datetime.date

    @model_validator(mode="after")
    def _due_after_date(self) -> Self:
        if self.due <= self.date:
            raise ValueError(f"due {self.due} is not after date {self.date}")
        return self


class Instrument(Model):
    """One instrument: its driver, VISA address or serial port, and, where it measures, its calibration."""

    driver: Driver
    address: Text
    serial_number: Text | None = None
    calibration: Calibration | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.driver in CALIBRATED and self.calibration is None:
            raise ValueError(f"a {self.driver} measures: give calibration = {{ certificate, date, due }}")
        if self.driver not in SERIAL_DRIVERS and not VISA_ADDRESS.fullmatch(self.address):
            raise ValueError(
                f"address {self.address!r} is no VISA address; for example TCPIP0::192.0.2.10::5025::SOCKET"
            )
        return self


class Unit(Model):
    """The unit's debug port: any pyserial URL, and the key that opens TEST."""

    url: Text
    station_key: Text
    driver: Literal["vs1"] = "vs1"
    baud: Annotated[int, Field(gt=0)] = 115200


class Accelerometer(Model):
    """The accelerometer behind its conditioner; one that is connected has a bias between the two."""

    volts_per_g: Positive = 0.1
    relative_u: Positive = 0.015
    bias_low_volts: float = 8.0
    bias_high_volts: float = 14.0
    serial_number: Text | None = None
    calibration: Calibration | None = None


class Thermocouples(Model):
    """The thermocouples' type and standard uncertainty in kelvin (class 1 type T: 0.5 K over sqrt 3)."""

    type: Literal["T", "K", "J", "E"] = "T"
    u_kelvin: Positive = 0.29
    calibration: Calibration | None = None


class Sensors(Model):
    """Sensors between unit and instruments."""

    accelerometer: Accelerometer = Accelerometer()
    thermocouples: Thermocouples = Thermocouples()


class VibrationWiring(Model):
    """Scanner channels of the vibration meter."""

    x: ScannerChannel = 1
    y: ScannerChannel = 2
    z: ScannerChannel = 3
    ntc1: ScannerChannel = 4
    ntc2: ScannerChannel = 5
    bias: ScannerChannel = 6


class TemperatureWiring(Model):
    """Channels of the temperature logger."""

    face: LoggerChannel = 101
    plate: LoggerChannel = 102
    handle: LoggerChannel = 103
    motor: LoggerChannel = 104
    ambient: LoggerChannel = 105
    lid: LoggerChannel = 110


class FaultBoxWiring(Model):
    """Relays of the fault box; `emulator_ohm` is the calibrated resistance of codes 0 to 15.

    Bit 0 of a code is the first relay of the ladder. Each further relay adds a resistor in parallel, so that
    the resistances fall from code to code.
    """

    ntc1_emulator: Relay = 1
    ntc2_emulator: Relay = 2
    ntc1_open: Relay = 3
    ntc1_short: Relay = 4
    ladder: Annotated[tuple[Relay, ...], Field(strict=False, min_length=4, max_length=4)] = (5, 6, 7, 8)
    emulator_ohm: Annotated[tuple[Positive, ...], Field(strict=False, min_length=16, max_length=16)]
    emulator_relative_u: Positive = 0.001

    @model_validator(mode="after")
    def _falling(self) -> Self:
        for code, (before, after) in enumerate(zip(self.emulator_ohm, self.emulator_ohm[1:], strict=False)):
            if after >= before:
                raise ValueError(f"emulator_ohm[{code + 1}] {after} is not below emulator_ohm[{code}] {before}")
        return self


class PowerBoxWiring(Model):
    """Relays of the power box."""

    brake: Relay = 1
    power_key: Relay = 2
    level_key: Relay = 3
    charger_line: Relay = 4
    meter_bypass: Relay = 5
    wiggler: Relay = 6
    lamp: Relay = 7
    contactor: Relay = 8


class Cable(Model):
    """One row of the wiring table, for people: which cable, from where, to where."""

    cable: Text
    start: Text
    end: Text


class Wiring(Model):
    """What is connected where; `supply_path_ohm` is the good battery line, contactor and shunt included."""

    supply_path_ohm: Positive = 0.09
    vibration: VibrationWiring = VibrationWiring()
    temperature: TemperatureWiring = TemperatureWiring()
    fault_box: FaultBoxWiring
    power_box: PowerBoxWiring = PowerBoxWiring()
    cables: Annotated[tuple[Cable, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        fault_box = self.fault_box
        places: dict[str, list[int]] = {
            "vibration": list(self.vibration.model_dump().values()),
            "temperature": list(self.temperature.model_dump().values()),
            "fault_box": [
                fault_box.ntc1_emulator,
                fault_box.ntc2_emulator,
                fault_box.ntc1_open,
                fault_box.ntc1_short,
                *fault_box.ladder,
            ],
            "power_box": list(self.power_box.model_dump().values()),
        }
        for name, used in places.items():
            twice = sorted({number for number in used if used.count(number) > 1})
            if twice:
                raise ValueError(f"{name}: {', '.join(map(str, twice))} is used twice")
        return self


class Operator(Model):
    """Someone who may use the station."""

    role: Literal["operator", "technician", "engineer", "quality"]


class Guard(Model):
    """Limits of the guard: the longest silence of a run, and the hottest anything may get."""

    beat_seconds: Positive = 1.0
    watchdog_seconds: Positive = 2.0
    max_celsius: float = 90.0
    address: Text | None = None


class Clock(Model):
    """The twin's clock; a real bench has none."""

    address: Annotated[str, Field(pattern=r"^.+:\d+$")]


class Control(Model):
    """The twin's control channel; a real bench has none."""

    address: Annotated[str, Field(pattern=r"^.+:\d+$")]


class Data(Model):
    """Where records go, unless the command says otherwise."""

    directory: Text


class CalibrationRule(Model):
    """How many days before a due date the station starts to warn."""

    warn_days: Annotated[int, Field(ge=0)] = 30


class Station(Model):
    """A test station, real or twin."""

    name: Text
    operator: Text | None = None
    instruments: dict[Role, Instrument]
    unit: Unit
    wiring: Wiring
    sensors: Sensors = Sensors()
    operators: Annotated[dict[str, Operator], Field(default_factory=dict)]
    guard: Guard = Guard()
    calibration: CalibrationRule = CalibrationRule()
    clock: Clock | None = None
    control: Control | None = None
    data: Data | None = None
