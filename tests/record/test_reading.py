"""A reader leaves a record as it is, wherever that lies, and closes nothing."""

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rig.errors import RecordError
from rig.record import Record
from tests.record.begun import begun, opened

WRITER = """
import os, pathlib, signal, sys
from tests.record.begun import begun, opened
record = opened(pathlib.Path(sys.argv[1]))
run = begun(record, "B")
run.test_started("t", 0.0)
run.commit()
print(run.run_id, flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""
Everything = dict[str, tuple[str, int, int]]


def everything(directory: Path) -> Everything:
    """Every file by name: its bytes' hash, its time of change, and that of its directory."""
    return {
        str(path.relative_to(directory)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mtime_ns,
            path.stat().st_nlink if path.is_dir() else 0,
        )
        for path in [directory, *directory.rglob("*")]
    }


def read_all(directory: Path) -> tuple[list[str], str, bool]:
    with Record.read(directory) as record:
        state = record.attempts("B")[-1].state if "B" in record.serials() else ""
        record.histories()
        return record.serials(), state, record.verify().ok


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A record that nobody has open."""
    place = tmp_path / "whole"
    with opened(place) as record:
        begun(record).end("PASS", [], 1.0, 1.0)
    return place


@pytest.fixture
def died(tmp_path: Path) -> Path:
    """A record whose writer was killed in the middle of a run."""
    place = tmp_path / "died"
    with opened(place) as record:
        begun(record).end("PASS", [], 1.0, 1.0)
    with writer(place) as process:
        process.communicate("die\n")
    assert (place / "record.sqlite-wal").stat().st_size
    return place


def writer(place: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    return process


def test_a_whole_record(whole: Path):
    before = everything(whole)
    assert read_all(whole) == (["A"], "", True)
    assert everything(whole) == before


def test_an_open_run_of_a_dead_process_is_shown_as_such_and_closed_by_the_next_writer(died: Path):
    before = everything(died)
    serials, state, _ = read_all(died)
    assert (serials, state.partition(" (")[0]) == (["A", "B"], "cut off")
    assert everything(died) == before
    with opened(died) as record:
        assert record.attempts("B")[-1].state == "INTERRUPTED"


def test_a_log_without_its_index_is_read_through_a_copy(died: Path):
    (died / "record.sqlite-shm").unlink()  # as an archive may have been made
    before = everything(died)
    assert read_all(died)[0] == ["A", "B"]
    assert everything(died) == before


def test_beside_a_living_writer(tmp_path: Path):
    place = tmp_path / "living"
    opened(place).close()
    with writer(place) as process:
        before = everything(place)
        assert read_all(place)[:2] == (["B"], "still running")
        assert everything(place) == before
        process.send_signal(signal.SIGKILL)


def test_an_older_schema_is_read_through_a_copy(whole: Path):
    connection = sqlite3.connect(whole / "record.sqlite")
    with connection:
        connection.execute("drop table disposition")
        connection.execute("pragma user_version = 1")
    connection.close()
    before = everything(whole)
    assert read_all(whole) == (["A"], "", True)
    assert everything(whole) == before
    opened(whole).close()  # a writer brings it up to date
    assert everything(whole) != before


def test_a_writer_that_comes_while_it_is_read_is_seen(whole: Path):
    with Record.read(whole) as record:
        assert record.serials() == ["A"]
        with opened(whole) as other:
            begun(other, "B").end("PASS", [], 1.0, 1.0)
        assert record.serials() == ["A", "B"]
        with opened(whole) as other:
            begun(other, "C").end("PASS", [], 1.0, 1.0)
            assert record.serials() == ["A", "B", "C"]


@pytest.mark.parametrize("call", [lambda record: begun(record, "B"), lambda record: record.note("a.kind", {})])
def test_nothing_can_be_written_through_it(whole: Path, call: Callable[[Record], object]):
    before = everything(whole)
    with Record.read(whole) as record, pytest.raises(RecordError, match="opened for reading"):
        call(record)
    left = {name for name in everything(whole) if name not in before}
    assert not left


@pytest.fixture
def read_only_disk(tmp_path: Path):
    """A function that puts a record on a disk mounted read-only; skipped where that isn't allowed."""
    mount, place = shutil.which("mount"), tmp_path / "disk"
    place.mkdir()
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting takes root; the other tests compare every byte")
    if subprocess.run([mount, "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("no mounting here; the other tests compare every byte")

    def put(record: Path) -> Path:
        shutil.copytree(record, place / "data")
        subprocess.run([mount, "-o", "remount,ro", str(place)], check=True)
        return place / "data"

    yield put
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("left", ["nothing", "log", "log without index"])
def test_on_a_read_only_disk(
    whole: Path, died: Path, read_only_disk: Callable[[Path], Path], left: str, capfd: pytest.CaptureFixture[str]
):
    from rig.cli import cli, status_of

    if left == "log without index":
        (died / "record.sqlite-shm").unlink()
    data = read_only_disk(whole if left == "nothing" else died)
    with pytest.raises(OSError, match="Read-only"):
        (data / "x").write_text("")
    assert read_all(data)[0][0] == "A"
    for command in (["show"], ["show", "A"], ["verify"]):
        assert status_of(cli, [*command, "--data", str(data)]) == 0, capfd.readouterr().err
    assert status_of(cli, ["report", "A", "--data", str(data)]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert "Read-only" in line
    assert "--output DIR" in line
