"""`rig check`: is every instrument of the station there, who it should be, in calibration, and off."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rig.bench import Bench
from rig.errors import RigError
from rig.product import load_product
from rig.run.builtin_twin import BuiltinTwin
from rig.run.options import DEFAULT_SERIAL
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
        }


def check_bench(station_path: Path | None) -> BenchCheck:
    """Open the bench of a station file, or of a twin started for it, and say what is there; leaves all off.

    Raises ConfigError or UsageError when there is no station to check.
    """
    if station_path is not None:
        return _check(load_station(station_path))
    twin = BuiltinTwin(DEFAULT_SERIAL, 1)
    try:
        return _check(load_station(twin.station))
    finally:
        twin.close()


def _check(station: Station) -> BenchCheck:
    today = datetime.datetime.now(datetime.UTC).date()  # as for a run
    by_name = {status.name: status for status in calibration_status(station, today)}
    troubles = [status.text for status in by_name.values() if not status.usable]
    warnings = [status.text for status in by_name.values() if status.state == "due soon"]
    warnings += [status.text for status in reference_status(station, today) if status.state != "ok"]
    identities: dict[str, str] = {}
    watchdog: dict[str, float] = {}
    settings = load_product().settings
    try:
        with Bench(station, "rig check") as bench:
            identities = bench.identities()
            watchdog = bench.prove_watchdog(
                settings.supply.volts, settings.charger.volts, settings.supply.limit_amperes
            )
    except RigError as error:
        troubles.append(str(error))
    return BenchCheck(
        station.name,
        tuple(
            InstrumentCheck(role, instrument.address, identities.get(role), by_name.get(f"instruments.{role}"))
            for role, instrument in station.instruments.items()
        ),
        tuple(troubles),
        tuple(warnings),
        watchdog,
    )
