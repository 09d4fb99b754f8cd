"""What can be set on the 2281S by a number: header, limits, and where it is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from rig.twin.instruments.parameters import Choice, Number
from rig.twin.instruments.scpi import Command, CommandTree
from rig.twin.instruments.source import Rating

RATING: Final = Rating(20.0, 6.1, 21.0, 6.1, 50e-6, 20e-6)


@dataclass
class PowerSettings:
    """Settings of the power supply function."""

    volts: float = 0.0
    amperes: float = 0.1
    volts_limit: float = RATING.volts
    amperes_limit: float = RATING.amperes
    cycles: float = 1.0
    sample_s: float = 0.1


@dataclass
class TestSettings:
    """Settings of the battery test function."""

    volts: float = 4.2
    full_volts: float = 4.2
    charge_amperes: float = 1.0
    end_amperes: float = 0.01


_LEVEL = "[:LEVel][:IMMediate][:AMPLitude]"
_VOLTS = Number(0.0, RATING.volts, 0.0, "V")
_AMPERES = Number(0.0, RATING.amperes, 0.1, "A")
_AMPERES_PROTECTION = Number(0.0, RATING.amperes, RATING.amperes, "A")
_SIMULATOR, _TEST = "BATTery:SIMulator", "BATTery:TEST"

SETTINGS: Final[tuple[tuple[str, Number, str, str], ...]] = (
    (f"[SOURce[1]:]VOLTage{_LEVEL}", _VOLTS, "power", "volts"),
    (f"[SOURce[1]:]CURRent{_LEVEL}", _AMPERES, "power", "amperes"),
    ("[SOURce[1]:]VOLTage:LIMit", _VOLTS, "power", "volts_limit"),
    ("[SOURce[1]:]CURRent:LIMit", _AMPERES, "power", "amperes_limit"),
    ("[SOURce[1]:]VOLTage:PROTection[:LEVel]", Number(0.0, 21.0, 21.0, "V"), "source", "protection_volts"),
    ("[SENSe[1]]:CONCurrent:NPLCycles", Number(0.002, 12.0, 1.0), "power", "cycles"),
    (f"{_TEST}:VOLTage", _VOLTS, "test", "volts"),
    (f"{_TEST}:SENSe:AH:VFULl", _VOLTS, "test", "full_volts"),
    (f"{_TEST}:SENSe:AH:ILIMit", _AMPERES, "test", "charge_amperes"),
    (f"{_TEST}:CURRent:END", Number(0.0, 0.1, 0.01, "A"), "test", "end_amperes"),
    (f"{_SIMULATOR}:VOC", _VOLTS, "model", "open_circuit_volts"),
    (f"{_SIMULATOR}:VOC:FULL", _VOLTS, "model", "full_volts"),
    (f"{_SIMULATOR}:VOC:EMPTy", _VOLTS, "model", "empty_volts"),
    (f"{_SIMULATOR}:SOC", Number(0.0, 100.0, 50.0), "model", "charge_percent"),
    (f"{_SIMULATOR}:CAPacity:LIMit", Number(0.001, 99.0, 2.0), "model", "ampere_hours"),
    (f"{_SIMULATOR}:RESistance:OFFSet", Number(-100.0, 100.0, 0.0), "model", "ohm"),
    (f"{_SIMULATOR}:CURRent:LIMit", _AMPERES, "model", "amperes_limit"),
    (f"{_SIMULATOR}:CURRent:PROTection", _AMPERES_PROTECTION, "source", "protection_amperes"),
    (f"{_SIMULATOR}:TVOLtage:PROTection", Number(0.0, 21.0, 21.0, "V"), "source", "protection_volts"),
    (f"{_SIMULATOR}:SAMPle:INTerval", Number(0.1, 60.0, 0.1, "S"), "power", "sample_s"),
)


def declare_values(
    commands: CommandTree,
    owners: Mapping[str, Callable[[], object]],
    accept: Callable[[str, float], None],
    applied: Callable[[], None],
    account: Callable[[], None],
) -> None:
    """Declare the settings, each with its query; `accept` raises for a value that other settings exclude."""
    for header, limits, owner, name in SETTINGS:
        write = partial(_write, owners[owner], name, accept, applied, account)
        read = partial(_read, owners[owner], name, limits, account)
        commands.add(Command(header, (limits,), write))
        commands.add(Command(f"{header}?", (Choice("MINimum", "MAXimum", "DEFault", optional=True),), read))


def _write(
    owner: Callable[[], object],
    name: str,
    accept: Callable[[str, float], None],
    applied: Callable[[], None],
    account: Callable[[], None],
    value: float,
) -> None:
    account()
    accept(name, value)
    setattr(owner(), name, value)
    applied()


def _read(
    owner: Callable[[], object], name: str, limits: Number, account: Callable[[], None], limit: str | None
) -> str:
    account()
    named = {"MIN": limits.low, "MAX": limits.high, "DEF": limits.default}.get(limit or "")
    return f"{getattr(owner(), name) if named is None else named:.6g}"
