"""The station definition: instruments, wiring, calibration and people of one test bench."""

from rig.station.calibration import (
    CalibrationStatus,
    calibration_status,
    reference_status,
    require_calibration,
    used_calibration,
)
from rig.station.loader import load_station, station_from
from rig.station.model import Station
from rig.station.people import TWIN_PEOPLE

__all__ = [
    "TWIN_PEOPLE",
    "CalibrationStatus",
    "Station",
    "calibration_status",
    "load_station",
    "reference_status",
    "require_calibration",
    "station_from",
    "used_calibration",
]
