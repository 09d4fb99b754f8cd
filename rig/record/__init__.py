"""What happened, durably: the journal of events and everything derived from it."""

from rig.record.history import FirstPass, UnitHistory
from rig.record.journal import Draft
from rig.record.models import (
    Attempt,
    ExpectedMeasurement,
    MeasurementRow,
    ReportFile,
    TestRow,
    VerifyReport,
    WaveformRow,
)
from rig.record.projection import BUDGETS, MEASURED
from rig.record.record import Record
from rig.record.run_record import RunRecord

__all__ = [
    "BUDGETS",
    "MEASURED",
    "Attempt",
    "Draft",
    "ExpectedMeasurement",
    "FirstPass",
    "MeasurementRow",
    "Record",
    "ReportFile",
    "RunRecord",
    "TestRow",
    "UnitHistory",
    "VerifyReport",
    "WaveformRow",
]
