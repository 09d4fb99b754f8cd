"""A label is scanned that isn't the unit's: real runs on the twin."""

from pathlib import Path
from typing import Any

import pytest

from rig.record import Record
from tests.cli.test_retest_on_twin import rig_json
from tests.record.begun import opened

SCANNED, OTHER = "VS1-2026-000701", "VS1-2026-000702"
MOVES = (" LVL ", " HEAT L", " DUTY ", " BTN ", " EE ")
SAYS = f"the unit says {OTHER}, the label scanned says {SCANNED}"


def scan(data: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The unit of the twin says the serial after the label's."""
    return rig_json("test", SCANNED, "--defect", "serial_differs", "--data", str(data), *arguments)


@pytest.mark.timeout(120)
def test_a_wrong_scan_is_not_judged_and_the_same_again_fails_in_every_plan(tmp_path: Path) -> None:
    status, answer = scan(tmp_path)
    assert (status, answer["verdict"], answer["reasons"]) == (2, "ERROR", [f"{SAYS}: scan again"])
    assert (answer["unit_status"], answer["failed"]) == ("not judged", [])
    status, answer = scan(tmp_path, "--plan", "sampled")
    assert (status, answer["verdict"], answer["failed"]) == (1, "FAIL", ["identity.serial"])
    assert answer["reasons"][1] == f"identity.serial: {SAYS}, for the second time: its memory or its label is wrong"
    with opened(tmp_path) as record:
        commands = [line for one in record.attempts(SCANNED) for line in sent(record, one.run_id)]
    assert commands
    assert not [
        line for line in commands if any(word in line for word in (" LVL ", " HEAT L", " DUTY ", " BTN ", " EE "))
    ]


def sent(record: Record, run_id: str) -> list[str]:
    """What the run told the unit."""
    return [line for body in record.events(run_id, "bench.transcript") for line in body["unit"] if line[0] == ">"]
