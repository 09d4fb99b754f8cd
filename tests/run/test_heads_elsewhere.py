"""A station that names a file elsewhere for the signed heads: each verdict's is there before anybody is told."""

from pathlib import Path

from rig.record import heads
from tests.record.begun import opened
from tests.run.conftest import RunPlan
from tests.station.places import simulated_station


def station(place: Path, heads_to: Path) -> Path:
    return simulated_station(place, "station.toml", **{"[data]\n": f'[data]\nheads_to = "{heads_to.as_posix()}"\n'})


def test_each_head_is_added_there(tmp_path: Path, run_plan: RunPlan, good_plan: str):
    elsewhere = tmp_path / "other machine" / "heads.jsonl"
    for runs in (1, 2):
        again = () if runs == 1 else ("--again", "the heads are looked at")
        ran = run_plan(good_plan, "--station", str(station(tmp_path, elsewhere)), *again)
        assert ran.verdict == "PASS"
        assert not [note for note in ran.told.notes if "heads" in note]
        assert heads.read(elsewhere) == heads.read(ran.data / heads.FILE_NAME)
        assert len(heads.read(elsewhere)) == 1 + 2 * runs  # the birth's, each verdict's, and that of its report's files
    (ran.data / heads.FILE_NAME).unlink()
    with opened(ran.data) as record:
        report = record.verify(against=[elsewhere])
        assert report.ok, report.reason


def test_where_it_cannot_be_written_the_verdict_stands_and_somebody_is_told(
    tmp_path: Path, run_plan: RunPlan, good_plan: str
):
    ran = run_plan(good_plan, "--station", str(station(tmp_path, tmp_path)))
    assert ran.verdict == "PASS"
    (note,) = [text for text in ran.told.notes if "heads" in text]
    assert note.startswith(f"signed heads not written to {tmp_path}: Is a directory; ")
