"""What happened, durably: the journal of events and everything derived from it."""

from rig.record.models import (
    Attempt,
    ExpectedMeasurement,
    MeasurementRow,
    ReportFile,
    TestRow,
    VerifyReport,
    WaveformRow,
)
from rig.record.record import Record
from rig.record.run_record import RunRecord

__all__ = [
    "Attempt",
    "ExpectedMeasurement",
    "MeasurementRow",
    "Record",
    "ReportFile",
    "RunRecord",
    "TestRow",
    "VerifyReport",
    "WaveformRow",
]
