"""What the run before, in the same nest, has found: for a label that is scanned again."""

from pathlib import Path

import pytest

from rig.record import RunRecord
from tests.record.begun import begun, opened
from tests.record.test_history import SAFETY, take

MISMATCH = "identity.mismatch"


def mismatch(run: RunRecord, said: str, *, confirmed: bool = False, again: bool = False) -> None:
    run.event(MISMATCH, {"scanned": "A", "said": said, "confirmed": confirmed, "again": again})
    run.end("ERROR", [], 1.0, 1.0)


def test_the_run_before_is_the_last_one_of_that_station_and_slot(tmp_path: Path):
    with opened(tmp_path) as record:
        mismatch(begun(record), "B")
        for elsewhere in ({"slot": 2}, {"station": "other"}):
            mismatch(begun(record, **elsewhere), "C")
        here = begun(record)
        assert [body["said"] for body in record.events_before(here.run_id, MISMATCH)] == ["B"]
        here.end("INTERRUPTED", [], 1.0, 1.0)
        here = begun(record, "D", plan="sampled")
        assert record.events_before(here.run_id, MISMATCH) == []
        here.end("PASS", [], 1.0, 1.0)
        assert record.events_before(begun(record, slot=3).run_id, MISMATCH) == []


@pytest.mark.parametrize(
    ("confirmed", "again", "standing"),
    [(False, False, "not judged"), (True, False, "blocked"), (False, True, "blocked")],
)
def test_what_another_unit_measured_is_not_held_against_the_scanned_one(tmp_path, confirmed, again, standing):
    with opened(tmp_path) as record:
        run = begun(record, "A", tests=["t::one"])
        take(run, SAFETY, "gone")
        mismatch(run, "B", confirmed=confirmed, again=again)
        assert record.history("A").status.standing == standing
