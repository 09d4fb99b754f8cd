"""What happened, durably: the journal of events and everything derived from it."""

from rig.record.birth import Birth, Kind
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
    "Birth",
    "Draft",
    "ExpectedMeasurement",
    "FirstPass",
    "Kind",
    "MeasurementRow",
    "Record",
    "ReportFile",
    "RunRecord",
    "TestRow",
    "UnitHistory",
    "VerifyReport",
    "WaveformRow",
]
