"""The calibration gate: nothing is measured with an instrument past its due date."""

import datetime
from dataclasses import dataclass
from typing import Literal

from rig.errors import CalibrationDue
from rig.station.model import Calibration, Station


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
    calibrations = {f"instruments.{role}": entry.calibration for role, entry in station.instruments.items()}
    calibrations["sensors.accelerometer"] = station.sensors.accelerometer.calibration
    calibrations["sensors.thermocouples"] = station.sensors.thermocouples.calibration
    return [
        _status(name, calibration, today, station.calibration.warn_days)
        for name, calibration in calibrations.items()
        if calibration is not None
    ]


def require_calibration(station: Station, today: datetime.date) -> list[CalibrationStatus]:
    """Let a run begin only with calibrated instruments; returns those that are due soon.

    Raises CalibrationDue naming every instrument that is overdue, or whose certificate lies in the future.
    """
    statuses = calibration_status(station, today)
    unusable = [status.text for status in statuses if not status.usable]
    if unusable:
        raise CalibrationDue(f"{'; '.join(unusable)}: calibrate, then correct the station file")
    return [status for status in statuses if status.state == "due soon"]


def _status(name: str, calibration: Calibration, today: datetime.date, warn_days: int) -> CalibrationStatus:
    days_left = (calibration.due - today).days
    state: Literal["ok", "due soon", "overdue", "not yet valid"] = "ok"
    if days_left < 0:
        state = "overdue"
    elif calibration.date > today:
        state = "not yet valid"
    elif days_left <= warn_days:
        state = "due soon"
    return CalibrationStatus(name, calibration.certificate, calibration.date, calibration.due, days_left, state)
