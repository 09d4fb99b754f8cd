"""Whatever is changed behind the record's back is found, and the first place is named."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rig.measure import Limit, Reading, decide
from rig.record import Record
from tests.record.begun import begun, opened

CURRENT = Limit("motor.current", {"level": 3}, "A", 0.1, 0.3)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """16 events: birth, head, run 3, test 4, readings 5 to 10, waveform 11, ends 12 and 13, head, files 15, head."""
    with opened(tmp_path) as record:
        run = begun(record)
        run.test_started("t", 0.0)
        for number in range(6):
            reading = Reading(0.15 + number / 100, "A", 0.001)
            run.measurement("t", CURRENT.id, CURRENT.conditions, reading, CURRENT, decide(reading, CURRENT), 1.0)
        run.waveform("current", np.arange(100.0), 1000.0, "A", "t", 2.0)
        run.test_ended("t", "passed", "", 2.0)
        run.end("PASS", [], 1.0, 2.0)
        files = tmp_path / "results"
        files.mkdir()
        (files / "a.json").write_text("{}")
        run.store_report_files(files)
        assert record.verify().events == 16
    return tmp_path


def edit(directory: Path, *statements: str) -> None:
    connection = sqlite3.connect(directory / "record.sqlite")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def untriggered(*statements: str) -> tuple[str, ...]:
    return ("drop trigger event_refuses_update", "drop trigger event_refuses_delete", *statements)


@pytest.mark.parametrize("statement", ["delete from event", "update event set utc = '' where seq = 5"])
def test_the_journal_refuses_to_be_changed(directory: Path, statement: str):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        edit(directory, statement)


@pytest.mark.parametrize("column", ["utc", "run", "kind", "body", "previous", "hash"])
def test_a_changed_column_of_an_event_is_found(directory: Path, column: str):
    edit(directory, *untriggered(f"update event set \"{column}\" = 'x' where seq = 7"))  # noqa: S608
    assert_broken(directory, 7)


@pytest.mark.parametrize("seq", [1, 2, 3, 7, 14, 15, 16])
def test_a_missing_event_is_found(directory: Path, seq: int):
    edit(directory, *untriggered(f"delete from event where seq = {seq}"))  # noqa: S608
    assert_broken(directory, seq)


def test_swapped_events_are_found(directory: Path):
    moves = ((6, 100), (7, 6), (100, 7))
    statements = [f"update event set seq = {to} where seq = {of}" for of, to in moves]  # noqa: S608
    edit(directory, *untriggered(*statements))
    assert_broken(directory, 6)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("update measurement set value = 0.2 where event = 5", 5),
        ("update measurement set verdict = 'FAIL' where event = 6", 6),
        ("update measurement set conditions = '{}' where event = 6", 6),
        ("delete from measurement where event = 9", 9),
        ("update run set verdict = 'FAIL'", 3),
        ("update test set outcome = 'failed'", 4),
        ("update waveform set rate_hz = 2000", 11),
        ("update blob set content = x'00'", 15),
        ("insert into test select event, run, 'other', outcome, message, 0, 0, '', '' from test", 4),
    ],
)
def test_a_changed_table_is_found(directory: Path, statement: str, broken_at: int):
    edit(directory, statement)
    assert_broken(directory, broken_at)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!")])
def test_a_changed_waveform_is_found(directory: Path, damage: Callable[[Path], object]):
    (waveform,) = (directory / "waveforms").iterdir()
    damage(waveform)
    assert_broken(directory, 11)


def assert_broken(directory: Path, at: int) -> None:
    with Record.read(directory) as record:
        report = record.verify()
    assert not report.ok
    assert report.broken_at == at
    assert report.reason
