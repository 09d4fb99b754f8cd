"""Asking each instrument of a bench by itself who it is: one that is dead hides no other."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from drivers.k8090 import BAUD as RELAY_BAUD
from drivers.k8090 import RelayBoard
from drivers.mt_sics import BAUD as SCALE_BAUD
from drivers.mt_sics import Scale
from drivers.scpi import ScpiSession
from drivers.serial_line import SerialLine
from rig.bench_clock import BenchClock
from rig.clock import Clock, WallClock
from rig.errors import RigError
from rig.station import Station
from rig.station.model import Role

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "vibration": "DMM6500",
        "current": "DMM6500",
        "temperature": "DAQ6510",
        "battery": "2281S",
        "charger": "E36312A",
    }
)


def probe(station: Station) -> Mapping[str, str | RigError]:
    """Return what each instrument says it is, by role, or why it doesn't; nothing is switched."""
    twin = station.clock
    try:
        clock: Clock = WallClock() if twin is None else BenchClock(twin.address, twin.token, "probe")
    except RigError:
        return {}  # the twin itself has gone, and has been named already
    try:
        return {role: _answer(lambda role=role: _identity(station, role, clock)) for role in station.instruments}
    finally:
        clock.close()


def _answer(ask: Callable[[], str]) -> str | RigError:
    try:
        return ask()
    except RigError as error:
        return error


def _identity(station: Station, role: Role, clock: Clock) -> str:
    instrument = station.instruments[role]
    address, serial_number = instrument.address, instrument.serial_number
    if role in MODELS:
        session = ScpiSession(
            address,
            clock,
            role=role,
            model=MODELS[role],
            serial_number=serial_number,
            timeout_seconds=instrument.reply_seconds,
        )
        try:
            return session.identity
        finally:
            session.close()
    line = SerialLine(address, SCALE_BAUD if role == "scale" else RELAY_BAUD, clock, role=role)
    try:
        if role == "scale":
            return f"MT-SICS {Scale(line, clock, serial_number=serial_number).serial}"
        RelayBoard(line, clock)
        return "K8090"
    finally:
        line.close()
