"""Whatever is changed behind the record's back is found, and the first place is named."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rig.measure import Limit, Reading, decide
from rig.record import Record
from tests.record.begun import begun

CURRENT = Limit("motor.current", {"level": 3}, "A", 0.1, 0.3)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A record of 14 events: run 1, test 2, readings 3 to 8, waveform 9, ends 10 and 11, head, files 13, head."""
    with Record.open(tmp_path) as record:
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
        assert record.verify().events == 14
    return tmp_path


def edit(directory: Path, *statements: str) -> None:
    connection = sqlite3.connect(directory / "record.sqlite")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def untriggered(*statements: str) -> tuple[str, ...]:
    return ("drop trigger event_refuses_update", "drop trigger event_refuses_delete", *statements)


@pytest.mark.parametrize("statement", ["delete from event", "update event set utc = '' where seq = 3"])
def test_the_journal_refuses_to_be_changed(directory: Path, statement: str):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        edit(directory, statement)


@pytest.mark.parametrize("column", ["utc", "run", "kind", "body", "previous", "hash"])
def test_a_changed_column_of_an_event_is_found(directory: Path, column: str):
    edit(directory, *untriggered(f"update event set \"{column}\" = 'x' where seq = 5"))  # noqa: S608
    assert_broken(directory, 5)


@pytest.mark.parametrize("seq", [1, 5, 12, 13, 14])
def test_a_missing_event_is_found(directory: Path, seq: int):
    edit(directory, *untriggered(f"delete from event where seq = {seq}"))  # noqa: S608
    assert_broken(directory, seq)


def test_swapped_events_are_found(directory: Path):
    moves = ((4, 100), (5, 4), (100, 5))
    statements = [f"update event set seq = {to} where seq = {of}" for of, to in moves]  # noqa: S608
    edit(directory, *untriggered(*statements))
    assert_broken(directory, 4)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("update measurement set value = 0.2 where event = 3", 3),
        ("update measurement set verdict = 'FAIL' where event = 4", 4),
        ("update measurement set conditions = '{}' where event = 4", 4),
        ("delete from measurement where event = 7", 7),
        ("update run set verdict = 'FAIL'", 1),
        ("update test set outcome = 'failed'", 2),
        ("update waveform set rate_hz = 2000", 9),
        ("update blob set content = x'00'", 13),
        ("insert into test select event, run, 'other', outcome, message, 0, 0, '', '' from test", 2),
    ],
)
def test_a_changed_table_is_found(directory: Path, statement: str, broken_at: int):
    edit(directory, statement)
    assert_broken(directory, broken_at)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!")])
def test_a_changed_waveform_is_found(directory: Path, damage: Callable[[Path], object]):
    (waveform,) = (directory / "waveforms").iterdir()
    damage(waveform)
    assert_broken(directory, 9)


def assert_broken(directory: Path, at: int) -> None:
    with Record.open(directory) as record:
        report = record.verify()
    assert not report.ok
    assert report.broken_at == at
    assert report.reason
