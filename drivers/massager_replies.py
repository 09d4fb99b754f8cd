"""What the unit says about itself, as typed values.

Source: the interface document, docs/reference/debug-port.md, "Commands".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from drivers.debug_port_frame import crc16

NONE = "NONE"  # what a unit without a fault says


class Incomplete(ValueError):  # noqa: N818
    """A reply lacks a field, or a field isn't of its format."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The reply to `ID?`."""

    model: str
    serial: str
    hardware: str
    firmware: str
    build: str
    boot_loader: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """From the reply's fields; raises Incomplete."""
        return cls(*(text(fields, key) for key in ("model", "sn", "hw", "fw", "build", "boot")))


@dataclass(frozen=True, slots=True)
class Status:
    """The reply to `STAT?`; `fault` is NONE without one."""

    state: str
    level: int
    heat: str
    program: str
    pad: str
    fault: str
    test: bool
    up_seconds: float
    reset: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """From the reply's fields; raises Incomplete."""
        return cls(
            state=text(fields, "state"),
            level=whole(fields, "level"),
            heat=text(fields, "heat"),
            program=text(fields, "prog"),
            pad=text(fields, "pad"),
            fault=text(fields, "fault"),
            test=flag(fields, "test"),
            up_seconds=milliseconds(fields, "up_ms"),
            reset=text(fields, "reset"),
        )


@dataclass(frozen=True, slots=True)
class Readings:
    """The reply to `READ?` and the content of a TELE event.

    Temperatures and ADC counts are those of NTC1 to NTC4; a temperature is NaN where the unit has none.
    """

    unit_seconds: float
    state: str
    level: int
    motor_duty: float
    rpm: float
    motor_amperes: float
    heater_duty: float
    heater_amperes: float
    ntc_celsius: tuple[float, ...]
    adc_counts: tuple[int, ...]
    battery_volts: float
    pad: str
    fault: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """From the fields of a reply or event; raises Incomplete."""
        return cls(
            unit_seconds=milliseconds(fields, "t_ms"),
            state=text(fields, "state"),
            level=whole(fields, "lvl"),
            motor_duty=number(fields, "duty_m"),
            rpm=number(fields, "rpm"),
            motor_amperes=number(fields, "i_m"),
            heater_duty=number(fields, "duty_h"),
            heater_amperes=number(fields, "i_h"),
            ntc_celsius=tuple(_temperature(fields, f"ntc{index}") for index in range(1, 5)),
            adc_counts=tuple(whole(fields, f"adc{index}") for index in range(1, 5)),
            battery_volts=number(fields, "vbat"),
            pad=text(fields, "pad"),
            fault=text(fields, "fault"),
        )


@dataclass(frozen=True, slots=True)
class FaultReport:
    """The reply to `FAULT?`: the first latched fault (NONE without one), and all present codes."""

    code: str
    latched: bool
    count: int
    unit_seconds: float
    all: tuple[str, ...]

    @property
    def codes(self) -> str:
        """Every code, present or latched, as one text; NONE without any."""
        return ",".join(dict.fromkeys(code for code in (self.code, *self.all) if code != NONE)) or NONE

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """From the reply's fields; raises Incomplete."""
        codes = tuple(code for code in fields.get("all", "").split(",") if code not in ("", NONE))
        return cls(
            code=text(fields, "code"),
            latched=flag(fields, "latched"),
            count=whole(fields, "count"),
            unit_seconds=milliseconds(fields, "t_ms"),
            all=codes,
        )


@dataclass(frozen=True, slots=True)
class LogRecord:
    """The reply to `LOG? <i>`: one of `count` records, oldest first; `intact`: its own CRC holds."""

    count: int
    index: int
    unit_seconds: float
    code: str
    argument: str
    intact: bool

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """From the reply's fields; raises Incomplete."""
        covered = " ".join(f"{key}={fields[key]}" for key in fields if key != "crc")
        return cls(
            count=whole(fields, "n"),
            index=whole(fields, "i"),
            unit_seconds=milliseconds(fields, "t_ms"),
            code=text(fields, "code"),
            argument=text(fields, "arg"),
            intact=f"{crc16(covered.encode('ascii')):04X}" == text(fields, "crc").upper(),
        )


@dataclass(frozen=True, slots=True)
class CoastDown:
    """The reply to `TEST COAST?`: time until below 2000 rpm, from 4000 rpm or from the lower start speed."""

    seconds: float
    start_rpm: float

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """From the reply's fields; raises Incomplete."""
        return cls(milliseconds(fields, "coast_ms"), number(fields, "start_rpm"))


def text(fields: Mapping[str, str], key: str) -> str:
    """Return the field's text; raises Incomplete when it isn't there."""
    try:
        return fields[key]
    except KeyError:
        raise Incomplete(f"no {key}= in the reply") from None


def number(fields: Mapping[str, str], key: str) -> float:
    """Return the field as a finite number; raises Incomplete."""
    try:
        value = float(text(fields, key))
    except ValueError as error:
        raise Incomplete(f"{key}={fields.get(key, '')} is no number") from error
    if not math.isfinite(value):
        raise Incomplete(f"{key}={fields[key]} is no number")
    return value


def whole(fields: Mapping[str, str], key: str) -> int:
    """Return the field as a whole number; raises Incomplete."""
    value = number(fields, key)
    if value != int(value):
        raise Incomplete(f"{key}={fields[key]} is no whole number")
    return int(value)


def milliseconds(fields: Mapping[str, str], key: str) -> float:
    """Return the field, given in ms, in seconds; raises Incomplete."""
    return number(fields, key) / 1000.0


def flag(fields: Mapping[str, str], key: str) -> bool:
    """Return the field, given as 0 or 1; raises Incomplete."""
    value = text(fields, key)
    if value not in ("0", "1"):
        raise Incomplete(f"{key}={value} is neither 0 nor 1")
    return value == "1"


def _temperature(fields: Mapping[str, str], key: str) -> float:
    # an open or shorted NTC has no temperature; that is no broken reply
    return math.nan if text(fields, key).upper() in ("NAN", "NONE") else number(fields, key)
