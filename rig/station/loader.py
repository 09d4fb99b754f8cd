"""Reads station files: every error at once, one line each, with file and key path."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from rig.definitions import read_toml, validate
from rig.errors import ConfigError
from rig.station.model import DRIVERS, Station


def load_station(path: Path | str) -> Station:
    """Load a station from its TOML file.

    Raises ConfigError with every error, one line each: file, key path, what is wrong.
    """
    return station_from(read_toml(Path(path)), str(path))


def station_from(tables: Mapping[str, object], source: str) -> Station:
    """Check the tables of a station file; `source` is its name in messages.

    Raises ConfigError as `load_station` does.
    """
    station = validate(Station, tables, source)
    wrong = [f"{source}: {line}" for line in _problems(station)]
    if wrong:
        raise ConfigError("\n".join(wrong))
    return station


def _problems(station: Station) -> Iterator[str]:
    for role, driver in DRIVERS.items():
        instrument = station.instruments.get(role)  # pyright: ignore[reportArgumentType]
        if instrument is None:
            yield f"instruments.{role}: missing"
        elif instrument.driver != driver:
            yield f"instruments.{role}.driver: {instrument.driver} can't be the {role}; it takes a {driver}"
    sensors, fault_box = station.sensors, station.wiring.fault_box
    for path, key, certificate in (
        ("sensors.accelerometer", "calibration", sensors.accelerometer.calibration),
        ("sensors.thermocouples", "calibration", sensors.thermocouples.calibration),
        ("wiring.fault_box", "emulator_calibration", fault_box.emulator_calibration),
    ):
        if certificate is None:
            yield f"{path}: give {key} = {{ certificate, date, due }}"
    places: dict[str, list[str]] = {}
    for role, instrument in station.instruments.items():
        places.setdefault(instrument.address.casefold(), []).append(f"instruments.{role}.address")
    places.setdefault(station.unit.url.casefold(), []).append("unit.url")
    for address, keys in places.items():
        if len(keys) > 1:
            yield f"{keys[-1]}: {address} is also {' and '.join(keys[:-1])}"
    if station.operator is not None and station.operator not in station.operators:
        yield f"operator: {station.operator!r} is not among [operators]"
    if not station.simulated:
        for table in ("clock", "control"):
            if getattr(station, table) is not None:
                yield f"{table}: only a twin has one; say simulated = true at the top, or leave it out"
