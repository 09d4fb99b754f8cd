"""The station definition: instruments, wiring, calibration and people of one test bench."""

from rig.station.calibration import CalibrationStatus, calibration_status, require_calibration
from rig.station.loader import load_station, station_from
from rig.station.model import Station

__all__ = [
    "CalibrationStatus",
    "Station",
    "calibration_status",
    "load_station",
    "require_calibration",
    "station_from",
]
