"""A record is of one kind from its birth, and begins only where nothing is."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from rig.errors import RecordError, UsageError
from rig.record import Birth, Kind, Record, heads
from rig.record.begin import begin_record
from tests.record.begun import begun, opened

REAL = Birth.of(simulated=False, station="line-1")
SIMULATED = Birth.of(simulated=True, station="twin")
TRIALS = Birth.of(simulated=True, trial=True, station="twin")


def names(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def without_birth(directory: Path, *seeds: int | None) -> Path:
    """A record as they were before they had a kind: its first events are those of runs."""
    with Record.open(directory, SIMULATED) as record:
        for seed in seeds:
            begun(record, station="line-1", seed=seed).end("PASS", [], 1.0, 1.0)
    connection = sqlite3.connect(directory / "record.sqlite")
    with connection:
        connection.execute("drop trigger event_refuses_delete")
        connection.execute("delete from event where seq <= 2")
    connection.close()
    return directory


@pytest.mark.parametrize("birth", [REAL, SIMULATED, TRIALS])
def test_the_first_event_says_it_and_a_head_seals_it(tmp_path: Path, birth: Birth):
    with Record.open(tmp_path, birth) as record:
        assert (record.birth, record.simulated, record.trial) == (birth, birth.kind is not Kind.REAL, birth.trial)
    with Record.read(tmp_path) as record:
        assert record.birth == birth
        assert record.events("", "record.begun") == [birth.body()]
        assert record.verify().ok
        assert record.verify().signed_to == 1
    assert [head.seq for head in heads.read(tmp_path / heads.FILE_NAME)] == [1]


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        (SIMULATED, REAL, "holds simulated units, and this bench has real ones"),
        (REAL, SIMULATED, "holds real units, and this bench has simulated ones"),
        (TRIALS, SIMULATED, "holds trials, and this run is no trial"),
        (SIMULATED, TRIALS, "holds no trials, and this run is a trial"),
    ],
)
def test_the_other_kind_is_refused(tmp_path: Path, found: Birth, wanted: Birth, said: str):
    Record.open(tmp_path, found).close()
    with pytest.raises(UsageError, match=said):
        Record.open(tmp_path, wanted)


def test_nothing_begins_unasked(tmp_path: Path):
    for call in (Record.open, Record.read, lambda place: Record.open(place, REAL, begin=False)):
        with pytest.raises(UsageError, match="no record there"):
            call(tmp_path / "anywhere")
    assert names(tmp_path) == []


@pytest.mark.parametrize("left", ["heads.jsonl", "waveforms/a.parquet", "reports/A/index.html", "open/x.lock"])
def test_what_a_record_leaves_is_no_beginning(tmp_path: Path, left: str):
    (tmp_path / left).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / left).write_text("{}")
    before = names(tmp_path)
    for call in (Record.read, opened, lambda place: begin_record(place, REAL)):
        with pytest.raises(RecordError, match=f"record.sqlite is missing beside {left.partition('/')[0]}: restore it"):
            call(tmp_path)
    assert names(tmp_path) == before


def test_a_database_without_events_beside_its_heads_is_no_beginning(tmp_path: Path):
    with opened(tmp_path) as record:
        begun(record).end("PASS", [], 1.0, 1.0)
    (tmp_path / "record.sqlite").unlink()
    opened(tmp_path / "other").close()
    connection = sqlite3.connect(tmp_path / "other" / "record.sqlite")
    with connection:
        connection.execute("drop trigger event_refuses_delete")
        connection.execute("delete from event")
    connection.close()
    shutil.copy(tmp_path / "other" / "record.sqlite", tmp_path)
    with pytest.raises(RecordError, match="holds no events"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("seeds", "kind"),
    [((1, 2), Kind.SIMULATED), ((None,), Kind.UNKNOWN), ((1, None), Kind.UNKNOWN)],
)
def test_the_kind_of_an_older_record_is_found_in_its_runs_or_doubted(
    tmp_path: Path, seeds: tuple[int | None, ...], kind: Kind
):
    with Record.read(without_birth(tmp_path, *seeds)) as record:
        assert record.birth.kind is kind
        assert record.simulated
        assert record.birth.marks[0].startswith("SIMULATED" if kind is Kind.SIMULATED else "KIND UNKNOWN")
    if kind is Kind.UNKNOWN:
        for wanted in (REAL, SIMULATED):
            with pytest.raises(UsageError, match="doesn't say whether its units are real or simulated"):
                Record.open(tmp_path, wanted)


def test_an_older_record_is_taken_on_by_its_own_station_alone(tmp_path: Path):
    without_birth(tmp_path, None)
    with pytest.raises(UsageError, match="is there already"):
        begin_record(tmp_path, Birth.of(simulated=False, station="line-2"))
    assert "taken on" in begin_record(tmp_path, REAL)
    with Record.open(tmp_path, REAL) as record:
        assert not record.simulated
        assert [one.verdict for one in record.history("A").attempts] == ["PASS"]
    with pytest.raises(UsageError, match=r"is there already \(real units\)"):
        begin_record(tmp_path, REAL)


def test_a_record_with_a_run_of_the_twin_is_never_taken_on(tmp_path: Path):
    without_birth(tmp_path, None, 5)
    with pytest.raises(UsageError, match="is there already"):
        begin_record(tmp_path, REAL)


def test_a_kind_that_nobody_knows_is_doubted(tmp_path: Path):
    opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "record.sqlite")
    with connection:
        connection.execute("drop trigger event_refuses_update")
        connection.execute("update event set body = ? where seq = 1", [json.dumps({"kind": "golden"})])
    connection.close()
    with Record.read(tmp_path) as record:
        assert record.birth.kind is Kind.UNKNOWN
        assert not record.verify().ok


def test_trials_decide_nothing(tmp_path: Path):
    with Record.open(tmp_path, TRIALS) as record:
        begun(record).end("PASS", [], 1.0, 1.0)
        history = record.history("A")
        assert len(history.attempts) == 1
        assert str(history.status.standing) == "untested"
        assert [str(one.status.standing) for one in record.histories()] == ["untested"]
        assert record.first_pass() == []
