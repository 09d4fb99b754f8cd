"""Every column of every table, every event, every file, the tail, the whole chain: no change stays unseen."""

import random
from pathlib import Path

import pytest

from benchmarks.verify import write_journal
from rig.measure import Limit, Reading, decide
from rig.record import Record
from rig.record.heads import FILE_NAME as HEADS
from rig.record.signing import SigningKey
from tests.record.begun import begun, opened
from tests.record.tampering import COLUMNS, KINDS, TABLES, Tamper, copied, cut, rewrite, settled, tampered

SEED = random.SystemRandom().randrange(10**6)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of a few runs and dispositions, nobody writing."""
    place = tmp_path_factory.mktemp("written") / "data"
    write_journal(place, 400)
    with opened(place) as record:
        for number in range(2):
            fail(record, f"VS1-2026-{900 + number:06d}")
    settled(place)
    return place


def fail(record: Record, serial: str) -> None:
    """A run with a failed safety measurement, and somebody who opens the unit again."""
    run = begun(record, serial)
    limit = Limit("cutoff.time", {}, "s", high=0.5, safety=True)
    run.measurement("t", limit.id, {}, Reading(0.9, "s"), limit, decide(Reading(0.9, "s"), limit), 1.0)
    run.end("FAIL", ["cutoff.time"], 1.0, 1.0)
    record.dispose(record.history(serial), reason=f"repaired {serial}", by="somebody", role="engineer", station="twin")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of 10 000 events."""
    place = tmp_path_factory.mktemp("long") / "data"
    assert write_journal(place, 10_000) >= 10_000
    settled(place)
    return place


def found(record: Path, against: Path | None = None) -> tuple[int | None, str | None]:
    with Record.read(record) as opened:
        report = opened.verify(against=[] if against is None else [against])
    assert report.ok == (report.broken_at is None) == (report.reason is None)
    return report.broken_at, report.reason


def assert_found(record: Path, how: Tamper, seed: int) -> None:
    expected = tampered(record, how, seed)
    at, reason = found(record)
    assert at == expected, f"seed {seed}: {reason}"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_is_found_where_it_is(written: Path, tmp_path: Path, kind: str):
    assert_found(copied(written, tmp_path / "copy"), KINDS[kind], SEED)


def test_nothing_is_left_out():
    assert {"event", "run", "test", "measurement", "waveform", "report_file", "disposition", "blob"} == set(TABLES)
    assert len(COLUMNS) == len(set(COLUMNS)) > 60


@pytest.mark.parametrize("kind", ["remove event", "change event.body", "change measurement.value", "cut the tail"])
def test_found_in_ten_thousand_events(long: Path, tmp_path: Path, kind: str):
    assert found(long) == (None, None)
    assert_found(copied(long, tmp_path / "copy"), KINDS[kind], SEED)


def test_an_older_copy_of_the_whole_database_is_found(written: Path, tmp_path: Path):
    """The tail is cut off from journal and tables alike, as when a backup is put back."""
    record = copied(written, tmp_path / "copy")
    elsewhere = copied(written, tmp_path / "elsewhere") / HEADS
    with opened(tmp_path / "old"):
        pass
    (tmp_path / "old" / "record.sqlite").replace(record / "record.sqlite")
    assert found(record)[0] == 1
    (record / HEADS).unlink()
    assert found(record) == (None, None)  # only what lies elsewhere can tell
    at, reason = found(record, against=elsewhere)
    assert at == 1
    assert str(elsewhere) in str(reason)


def test_a_tail_cut_cleanly_is_found_by_the_heads(written: Path, tmp_path: Path):
    for number in range(4):
        record = copied(written, tmp_path / str(number))
        elsewhere = copied(written, tmp_path / f"elsewhere-{number}") / HEADS
        last = tampered(record, cut, SEED + number) - 1
        with Record.open(record, recover=False) as opened:
            opened.verify(rebuild=True)  # the tables agree with what is left
        assert found(record)[0] is not None, f"seed {SEED + number}"
        (record / HEADS).unlink()
        at, reason = found(record, against=elsewhere)
        assert at is not None, f"seed {SEED + number}"
        assert at <= last + 1, reason


def test_a_chain_written_anew_with_another_key_is_found(written: Path, tmp_path: Path):
    record = copied(written, tmp_path / "copy")
    elsewhere = copied(written, tmp_path / "elsewhere") / HEADS
    stranger = SigningKey(tmp_path / "stranger.pem")
    head = tampered(record, rewrite(stranger), SEED)
    (record / HEADS).unlink()
    at, reason = found(record)
    assert at == head
    assert "isn't known here" in str(reason)
    with Record.read(record) as opened:
        assert opened.verify(keys=[stranger.public[:16]]).ok
        report = opened.verify(keys=[stranger.public[:16]], against=[elsewhere])
    assert report.broken_at is not None
    assert "was written anew" in str(report.reason)


def test_a_chain_written_anew_with_the_stolen_key_is_found_elsewhere(written: Path, tmp_path: Path):
    record = copied(written, tmp_path / "copy")
    elsewhere = copied(written, tmp_path / "elsewhere") / HEADS
    with Record.read(record) as opened:
        key = opened._key
    tampered(record, rewrite(key), SEED)
    (record / HEADS).unlink()
    assert found(record) == (None, None)
    assert found(record, against=elsewhere)[0] is not None
