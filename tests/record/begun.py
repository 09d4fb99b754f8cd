"""A run of a record, begun as usual but for what a test cares about."""

from typing import Any

from rig.record import Record, RunRecord


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
