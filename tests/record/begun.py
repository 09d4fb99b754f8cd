"""A record, and a run of it, begun as usual but for what a test cares about."""

from pathlib import Path
from typing import Any

from rig.record import Birth, Record, RunRecord

SIMULATED = Birth.of(simulated=True, station="twin")


def opened(directory: Path) -> Record:
    """Open a record of simulated units for writing, begun where there is none."""
    return Record.open(directory, SIMULATED)


def begun(record: Record, serial: str = "A", **given: Any) -> RunRecord:
    usual: dict[str, Any] = {
        "plan": "production",
        "manifest": [],
        "tests": ["t"],
        "station": "twin",
        "operator": "o",
        "slot": 1,
        "pad": "FLAT",
        "product_name": "VS-1",
        "limits_hash": "11aa",
        "plan_hash": "22bb",
    }
    return record.begin_run(serial=serial, **{**usual, **given})
