"""What stands beside every verdict of a record whose units aren't real, or whose runs count for nothing."""

from html import escape
from typing import Any

from rig.measure.unit_words import SIMULATED
from rig.record import Record

_STYLE = "background:#57606a;color:#fff;font:bold 14px/2 system-ui,sans-serif;padding:0 1em;letter-spacing:.05em"


def marks_strip(record: Record) -> str:
    """Return a strip of HTML that says so; nothing where the unit's word says it already, or nothing is to be said."""
    marks = [one for one in record.birth.marks if one != SIMULATED]
    return f'<div id="rig-marks" style="{_STYLE}">{escape("; ".join(marks))}</div>' if marks else ""


def marks_of(record: Record) -> dict[str, Any]:
    """Return it as JSON holds it."""
    return {"simulated": record.simulated, "trial": record.trial, "kind": str(record.birth.kind)}
