"""What a station file says: instruments by role, wiring, sensors, the unit's port and people."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rig.definitions import Within
from rig.station.certified import AS_READ, Calibration, Certificate, Correction, Place, Quantity, References, Sensors
from rig.station.rules import CalibrationRule, Data, Guard, Prompt
from rig.station.values import Model, Text

Role = Literal["vibration", "current", "temperature", "battery", "charger", "fault_box", "power_box", "scale"]
Driver = Literal["dmm6500", "daq6510", "2281s", "e36312a", "k8090", "mt_sics"]
Relay = Annotated[int, Field(ge=1, le=8)]
ScannerChannel = Annotated[int, Field(ge=1, le=10)]
EmulatorOhm = Annotated[float, Within(100.0, 100_000.0, "ohm")]
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
# what measures, and what its readings are; relays don't
QUANTITIES: Mapping[str, tuple[Quantity, ...]] = MappingProxyType(
    {
        "dmm6500": ("volts", "amperes"),
        "daq6510": ("volts", "celsius"),
        "2281s": ("volts", "amperes"),
        "e36312a": ("volts", "amperes"),
        "mt_sics": ("newtons",),
    }
)
VISA_ADDRESS = re.compile(
    r"(TCPIP\d*::[^:]+::\d+::SOCKET|TCPIP\d*::[^:]+(::[^:]+)?(::INSTR)?|USB\d*::.+|GPIB\d*::.+)",
    re.IGNORECASE,
)


class Instrument(Model):
    """One instrument: its driver, VISA address or serial port, and, where it measures, its calibration.

    `reply_seconds` is wall time after which a VISA instrument counts as silent.
    """

    driver: Driver
    address: Text
    reply_seconds: Annotated[float, Within(0.1, 60.0, "s")] = 10.0
    serial_number: Text | None = None
    calibration: Calibration | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        measured = QUANTITIES.get(self.driver, ())
        if measured and self.calibration is None:
            raise ValueError(f"a {self.driver} measures: give calibration = {{ certificate, date, due }}")
        for quantity in self.calibration.quantities if self.calibration is not None else ():
            if quantity not in measured:
                raise ValueError(f"calibration.{quantity}: a {self.driver} doesn't measure {quantity}")
        if self.driver not in SERIAL_DRIVERS and not VISA_ADDRESS.fullmatch(self.address):
            raise ValueError(
                f"address {self.address!r} is no VISA address; for example TCPIP0::192.0.2.10::5025::SOCKET"
            )
        if self.driver == "k8090" and self.serial_number is not None:
            raise ValueError("a k8090 can't say its serial number: leave serial_number out")
        return self

    def correction(self, quantity: Quantity) -> Correction:
        """Give what its certificate corrects of that quantity."""
        return AS_READ if self.calibration is None else self.calibration.correction(quantity)


class Unit(Model):
    """The unit's debug port: any pyserial URL, and the key that opens TEST."""

    url: Text
    station_key: Text
    driver: Literal["vs1"] = "vs1"
    baud: Annotated[int, Field(gt=0)] = 115200


class VibrationWiring(Model):
    """Scanner channels of the vibration meter."""

    x: ScannerChannel = 1
    y: ScannerChannel = 2
    z: ScannerChannel = 3
    ntc1: ScannerChannel = 4
    ntc2: ScannerChannel = 5
    bias: ScannerChannel = 6
    battery: ScannerChannel = 7


class TemperatureWiring(Model):
    """Channels of the temperature logger."""

    face: LoggerChannel = 101
    plate: LoggerChannel = 102
    handle: LoggerChannel = 103
    motor: LoggerChannel = 104
    ambient: LoggerChannel = 105
    lid: LoggerChannel = 110

    @property
    def thermocouples(self) -> dict[Place, int]:
        """The channel of each thermocouple, by its place."""
        return {
            "face": self.face,
            "plate": self.plate,
            "handle": self.handle,
            "motor": self.motor,
            "ambient": self.ambient,
        }


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
    emulator_ohm: Annotated[tuple[EmulatorOhm, ...], Field(strict=False, min_length=16, max_length=16)]
    emulator_relative_u: Annotated[float, Within(1e-6, 0.02)] = 0.001
    emulator_calibration: Certificate | None = None

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
    heat_key: Relay = 7
    contactor: Relay = 8

    @model_validator(mode="before")
    @classmethod
    def _no_lamp(cls, data: object) -> object:
        if isinstance(data, dict) and "lamp" in data:
            raise ValueError(
                "the lamp has gone: call this relay heat_key, and wire it to a solenoid on the unit's heat key"
            )
        return data  # pyright: ignore[reportUnknownVariableType]


class Cable(Model):
    """One row of the wiring table, for people: which cable, from where, to where."""

    cable: Text
    start: Text
    end: Text


class Wiring(Model):
    """What is connected where; `supply_path_ohm` is the good battery line, contactor and shunt included."""

    supply_path_ohm: Annotated[float, Within(0.001, 1.0, "ohm")] = 0.09
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


class Clock(Model):
    """The twin's clock; a real bench has none; `token` is what it wants to be shown first."""

    address: Annotated[str, Field(pattern=r"^.+:\d+$")]
    token: Text


class Control(Model):
    """The twin's control channel; a real bench has none; `token` is what it wants to be shown first."""

    address: Annotated[str, Field(pattern=r"^.+:\d+$")]
    token: Text


class Station(Model):
    """A test station; `simulated` where its unit and instruments are a twin's, `slots` are those of its bench.

    A simulated station has records of its own: none of its verdicts counts for a real unit.
    """

    name: Text
    simulated: bool = False
    operator: Text | None = None
    slots: Annotated[int, Field(ge=1, le=64)] = 1
    instruments: dict[Role, Instrument]
    unit: Unit
    wiring: Wiring
    sensors: Sensors = Sensors()
    references: References = References()
    operators: Annotated[dict[str, Operator], Field(default_factory=dict)]
    guard: Guard = Guard()
    prompt: Prompt = Prompt()
    calibration: CalibrationRule = CalibrationRule()
    clock: Clock | None = None
    control: Control | None = None
    data: Data = Data()

    def celsius_corrections(self) -> dict[int, Correction]:
        """Give the correction of each thermocouple channel: the logger's, then that of the thermocouple."""
        logger = self.instruments["temperature"].correction("celsius")
        thermocouples, places = self.sensors.thermocouples, self.wiring.temperature.thermocouples
        return {channel: logger.then(thermocouples.correction(place)) for place, channel in places.items()}
