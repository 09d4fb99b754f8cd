"""The calibration gate: nothing is measured with an instrument past its due date."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rig.errors import CalibrationDue
from rig.station.certified import Axis, Certificate
from rig.station.model import Station

AXES: tuple[Axis, ...] = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class CalibrationStatus:
    """How one instrument or sensor stands: certificate, due date, days left (negative: overdue)."""

    name: str
    certificate: str
    date: datetime.date
    due: datetime.date
    days_left: int
    state: Literal["ok", "due soon", "overdue", "not yet valid"]

    @property
    def usable(self) -> bool:
        """Whether it may measure today."""
        return self.state in ("ok", "due soon")

    @property
    def text(self) -> str:
        """One line: which, until when, under which certificate."""
        return f"{self.name}: calibration {self.state}, due {self.due} (certificate {self.certificate})"


def calibration_status(station: Station, today: datetime.date) -> list[CalibrationStatus]:
    """List every calibrated instrument and sensor of the station, as it stands on that day.

    An instrument is still good on its due date. It is "due soon" from the station's `warn_days` before it.
    """
    return [_status(name, one, today, station.calibration.warn_days) for name, one in used_certificates(station)]


def used_certificates(station: Station) -> Iterator[tuple[str, Certificate]]:
    """Yield the certificate of all that a run measures with, by its key path in the station file."""
    for role, entry in station.instruments.items():
        if entry.calibration is not None:
            yield f"instruments.{role}", entry.calibration
    sensors = station.sensors
    for name, certificate in (
        ("sensors.accelerometer", sensors.accelerometer.calibration),
        ("sensors.thermocouples", sensors.thermocouples.calibration),
        ("wiring.fault_box.emulator", station.wiring.fault_box.emulator_calibration),
    ):
        if certificate is not None:
            yield name, certificate


def reference_status(station: Station, today: datetime.date) -> list[CalibrationStatus]:
    """List the station's references, which sensors are calibrated against, as they stand on that day."""
    references = {
        "references.calibrator": station.references.calibrator,
        "references.thermometer": station.references.thermometer,
    }
    return [
        _status(name, one.calibration, today, station.calibration.warn_days)
        for name, one in references.items()
        if one is not None
    ]


def used_calibration(station: Station) -> dict[str, dict[str, object]]:
    """Give what a run's record keeps: for each instrument and sensor its certificate, corrections and uncertainty.

    Values are JSON; keys are key paths of the station file.
    """
    used: dict[str, dict[str, object]] = {
        name: certificate.model_dump(mode="json", exclude_none=True) for name, certificate in used_certificates(station)
    }
    sensors, emulator = station.sensors, station.wiring.fault_box
    accelerometer = sensors.accelerometer
    used.setdefault("sensors.accelerometer", {}).update(
        volts_per_g={axis: accelerometer.sensitivity(axis) for axis in AXES},
        relative_u=accelerometer.relative_u,
        serial_number=accelerometer.serial_number,
    )
    used.setdefault("sensors.thermocouples", {}).update(
        type=sensors.thermocouples.type,
        u_kelvin=sensors.thermocouples.u_kelvin,
        corrections={place: one.model_dump() for place, one in sensors.thermocouples.corrections.items()},
    )
    used.setdefault("wiring.fault_box.emulator", {}).update(
        ohm=list(emulator.emulator_ohm), relative_u=emulator.emulator_relative_u
    )
    return used


def require_calibration(station: Station, today: datetime.date) -> list[CalibrationStatus]:
    """Let a run begin only with calibrated instruments; returns those that are due soon.

    Raises CalibrationDue naming every instrument that is overdue, or whose certificate lies in the future.
    """
    statuses = calibration_status(station, today)
    unusable = [status.text for status in statuses if not status.usable]
    if unusable:
        raise CalibrationDue(f"{'; '.join(unusable)}: calibrate, then correct the station file")
    return [status for status in statuses if status.state == "due soon"]


def _status(name: str, calibration: Certificate, today: datetime.date, warn_days: int) -> CalibrationStatus:
    days_left = (calibration.due - today).days
    state: Literal["ok", "due soon", "overdue", "not yet valid"] = "ok"
    if days_left < 0:
        state = "overdue"
    elif calibration.date > today:
        state = "not yet valid"
    elif days_left <= warn_days:
        state = "due soon"
    return CalibrationStatus(name, calibration.certificate, calibration.date, calibration.due, days_left, state)
