"""What every calibration needs: a station whose references are in date, hands at its bench, and the new entry."""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fixtures.hands import Hands
from rig.bench import Bench
from rig.errors import CalibrationDue, ConfigError
from rig.product.serials import first_serial
from rig.run.builtin_twin import BuiltinTwin
from rig.station import Station, calibration_status, load_station, reference_status
from rig.station.editor import write_entries

Lines = tuple[str, ...]
Values = dict[str, object]
ReferenceT = TypeVar("ReferenceT")


@dataclass(frozen=True, slots=True)
class Found:
    """What a calibration found: lines for people, values for programs, and entries below the sensor's table."""

    lines: Lines
    values: Values
    entries: dict[tuple[str, ...], object]


class Session:
    """One calibration of one sensor of a station; without a station file, on a twin of its own."""

    def __init__(self, station_path: Path | None, sensor: str, certificate: str | None) -> None:
        """`sensor`: its table below [sensors]; `certificate`: the new entry's number, default the day.

        Raises ConfigError or UsageError when there is no station to calibrate.
        """
        self.today = datetime.datetime.now(datetime.UTC).date()
        self._sensor = sensor
        self._certificate = certificate or f"IN-HOUSE-{self.today.isoformat()}"
        self._twin: BuiltinTwin | None = None
        try:
            if station_path is None:
                self._twin = BuiltinTwin(first_serial(), 1)
                station_path = self._twin.station
            self.path = station_path
            self.station = load_station(station_path)
        except BaseException:
            self.close()
            raise

    @property
    def lasting(self) -> bool:
        """Whether the station file outlives this command."""
        return self._twin is None

    @property
    def due(self) -> datetime.date:
        """How long the new entry will be good."""
        return self.today + datetime.timedelta(days=self.station.calibration.valid_days)

    def require(self, *names: str) -> None:
        """Let the calibration begin only with what is itself in calibration, by key path in the station file.

        Raises CalibrationDue naming all that isn't.
        """
        known = {
            one.name: one
            for one in (*calibration_status(self.station, self.today), *reference_status(self.station, self.today))
        }
        wrong = [
            known[name].text if name in known else f"{name}: no certificate in the station file"
            for name in names
            if name not in known or not known[name].usable
        ]
        if wrong:
            raise CalibrationDue(f"{'; '.join(wrong)}: nothing can be calibrated against it")

    def hands(self, bench: Bench) -> Hands:
        """Whoever mounts and reads off."""
        return Hands(bench.clock, self.station.control, self.station.calibration.answer_seconds)

    def write(self, found: Found) -> None:
        """Write the new entry; raises ConfigError when the station file can't be written."""
        table = ("sensors", self._sensor)
        entry: dict[tuple[str, ...], object] = {(*table, *keys): value for keys, value in found.entries.items()}
        entry |= {
            (*table, "calibration", "certificate"): self._certificate,
            (*table, "calibration", "date"): self.today,
            (*table, "calibration", "due"): self.due,
        }
        write_entries(self.path, entry)

    def answer(self, found: Found) -> Values:
        """Give the command's JSON object."""
        return {
            "ok": True,
            "station": self.station.name,
            "sensor": self._sensor,
            **found.values,
            "certificate": self._certificate,
            "date": self.today.isoformat(),
            "due": self.due.isoformat(),
            "file": str(self.path) if self.lasting else None,
        }

    def lines(self, found: Found) -> Lines:
        """Give what the command prints."""
        where = str(self.path) if self.lasting else "the built-in twin's station file, which is gone with it"
        return (*found.lines, f"certificate {self._certificate}, due {self.due}, written to {where}")

    def close(self) -> None:
        """End the twin, if there is one."""
        if self._twin is not None:
            self._twin.close()


def needed(station: Station, name: str, one: ReferenceT | None) -> ReferenceT:
    """Give the reference; raises ConfigError where the station file doesn't name one."""
    if one is None:
        raise ConfigError(
            f"{station.name}: references.{name}: missing; give what the sensors are calibrated against, with its "
            "calibration = { certificate, date, due }"
        )
    return one
