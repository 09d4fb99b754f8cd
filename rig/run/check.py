"""`rig check`: is every instrument of the station there, who it should be, in calibration, and off."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rig.bench import Bench
from rig.bench.probe import probe
from rig.errors import RigError, UsageError
from rig.product import Product, load_product
from rig.record import Birth, heads
from rig.record.begin import begin_record, require_none
from rig.record.store import FILE_NAME, translated
from rig.run.builtin_twin import BuiltinTwin
from rig.run.place import place_of, record_of
from rig.station import CalibrationStatus, Station, calibration_status, load_station, reference_status


@dataclass(frozen=True, slots=True)
class InstrumentCheck:
    """One instrument: what it says it is (None: the bench couldn't be opened), and its calibration."""

    role: str
    address: str
    identity: str | None
    calibration: CalibrationStatus | None

    @property
    def ok(self) -> bool:
        """Whether it may be used."""
        return self.identity is not None and (self.calibration is None or self.calibration.usable)


@dataclass(frozen=True, slots=True)
class BenchCheck:
    """What was found; `troubles` are lines that say what to do, `warnings` what will have to be done.

    `watchdog` is how many seconds after its last restart the watchdog relay had made each supply line dead.
    """

    station: str
    instruments: tuple[InstrumentCheck, ...]
    troubles: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    watchdog: Mapping[str, float] = field(default_factory=dict[str, float])
    record: str = ""

    @property
    def ok(self) -> bool:
        """Whether units may be tested here."""
        return not self.troubles and bool(self.watchdog) and all(one.ok for one in self.instruments)

    def lines(self) -> Iterator[str]:
        """Yield it for people."""
        for one in self.instruments:
            due = f"calibrated until {one.calibration.due}" if one.calibration else "needs no calibration"
            yield f"{one.role:12} {one.address:40} {one.identity or '-':56} {due}"
        yield from (f"warning: {line}" for line in self.warnings)
        for line, seconds in self.watchdog.items():
            yield f"{'watchdog':12} the {line} line was dead {seconds:.2f} s after the last restart"
        yield from self.troubles
        yield from (self.record,) if self.record else ()
        yield f"{self.station}: {'ok' if self.ok else 'NOT READY'}"

    def as_json(self) -> dict[str, object]:
        """Return it with the keys of the command line's contract."""
        return {
            "ok": self.ok,
            "station": self.station,
            "instruments": [
                {
                    "role": one.role,
                    "address": one.address,
                    "identity": one.identity,
                    "certificate": one.calibration.certificate if one.calibration else None,
                    "due": one.calibration.due.isoformat() if one.calibration else None,
                    "ok": one.ok,
                }
                for one in self.instruments
            ],
            "watchdog_s": {line: round(seconds, 3) for line, seconds in self.watchdog.items()},
            "troubles": list(self.troubles),
            "warnings": list(self.warnings),
            "record": self.record or None,
        }


def check_bench(station_path: Path | None, product: Path | None = None, *, begin: bool = False) -> BenchCheck:
    """Open the bench of a station file, or of a twin started for it, and say what is there; leaves all off.

    The watchdog is proved at the product's voltages. `begin`: begin the station's record, where all is well. Raises
    ConfigError or UsageError when there is no station to check, or its record is there already; RecordError when it
    can't be begun.
    """
    definition = load_product(product)
    if station_path is not None:
        station = load_station(station_path)
        place = record_of(station, station_path)
        if begin:
            place = place_of(None, station, station_path)[0]
            require_none(place, station.name)
        found = _check(station, definition)
        return replace(found, record=_record(station, place, begin=begin and found.ok))
    if begin:
        raise UsageError("--begin-record: the twin's record begins by itself; give --station FILE")
    twin = BuiltinTwin(definition.first_serial, 1)
    try:
        return _check(load_station(twin.station), definition)
    finally:
        twin.close()


def _record(station: Station, place: Path | None, *, begin: bool) -> str:
    """Say where the station's record is; begin it where asked to."""
    if place is None:
        return ""
    if begin:
        done = begin_record(place, Birth.of(simulated=station.simulated, station=station.name))
        if station.data.heads_to is not None:
            elsewhere = Path(station.data.heads_to)
            with translated(elsewhere):
                heads.append(elsewhere, heads.missing(elsewhere, heads.read(place / heads.FILE_NAME)), durably=True)
        return done
    if (place / FILE_NAME).is_file():
        return f"record at {place}"
    return f"no record at {place} yet: --begin-record begins it, once the bench is ready"


def _check(station: Station, product: Product) -> BenchCheck:
    today = datetime.datetime.now(datetime.UTC).date()  # as for a run
    by_name = {status.name: status for status in calibration_status(station, today)}
    troubles = [status.text for status in by_name.values() if not status.usable]
    warnings = [status.text for status in by_name.values() if status.state == "due soon"]
    warnings += [status.text for status in reference_status(station, today) if status.state != "ok"]
    identities: dict[str, str] = {}
    watchdog: dict[str, float] = {}
    settings = product.settings
    try:
        with Bench(station, "rig check") as bench:
            identities = bench.identities()
            watchdog = bench.prove_watchdog(
                settings.supply.volts, settings.charger.volts, settings.supply.limit_amperes
            )
    except RigError as error:
        troubles.append(str(error))
        if not identities:  # it stopped at the first that is missing: whoever mends the bench wants to know all
            answers = probe(station)
            identities = {role: said for role, said in answers.items() if isinstance(said, str)}
            troubles += [str(said) for said in answers.values() if not isinstance(said, str)]
    return BenchCheck(
        station.name,
        tuple(
            InstrumentCheck(role, instrument.address, identities.get(role), by_name.get(f"instruments.{role}"))
            for role, instrument in station.instruments.items()
        ),
        tuple(dict.fromkeys(troubles)),
        tuple(warnings),
        watchdog,
    )
