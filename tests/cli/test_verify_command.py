"""`rig verify` as somebody types it: tables brought back, heads elsewhere, the key's mode."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.verify import write_journal
from rig.cli import cli, status_of
from rig.errors import RecordError
from rig.record.heads import FILE_NAME as HEADS
from rig.record.signing import SigningKey
from rig.record.store import FILE_NAME, PROJECTIONS
from tests.record.tampering import copied, settled


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("written") / "data"
    write_journal(place, 150)
    settled(place)
    return place


@pytest.fixture
def data(written: Path, tmp_path: Path) -> Path:
    return copied(written, tmp_path / "data")


def edit(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / FILE_NAME)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def verify(capfd: pytest.CaptureFixture[str], data: Path, *arguments: str) -> tuple[int, dict[str, object]]:
    status = status_of(cli, ["verify", "--json", "--data", str(data), *arguments])
    return status, json.loads(capfd.readouterr().out.splitlines()[-1])


def test_dropped_tables_come_back(data: Path, capfd: pytest.CaptureFixture[str]):
    content = contents(data)
    edit(data, *(f'drop table "{name}"' for name in reversed(PROJECTIONS)))
    status, found = verify(capfd, data)
    assert (status, found["ok"]) == (1, False)
    assert "`rig verify --rebuild` makes it again" in str(found["reason"])
    status, found = verify(capfd, data, "--rebuild")
    assert (status, found["ok"], found["rebuilt"]) == (0, True, True)
    status, found = verify(capfd, data)
    assert (status, found["ok"], found["rebuilt"]) == (0, True, False)
    assert contents(data) == content
    assert status_of(cli, ["show", "--json", "--data", str(data), "VS1-2026-000000"]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["attempts"][0]["verdict"] == "PASS"


def contents(data: Path) -> dict[str, list[object]]:
    with closing(sqlite3.connect(data / FILE_NAME)) as connection:
        return {name: connection.execute(f'select * from "{name}" order by 1, 2, 3').fetchall() for name in PROJECTIONS}  # noqa: S608


def test_a_changed_table_is_named_and_made_anew(data: Path, capfd: pytest.CaptureFixture[str]):
    edit(data, "update run set verdict = 'FAIL'")
    status, found = verify(capfd, data, "--rebuild")
    assert (status, found["rebuilt"], found["broken_at"]) == (1, True, 3)
    assert verify(capfd, data)[0] == 0


def test_heads_elsewhere_show_a_lost_tail(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    elsewhere = tmp_path / "elsewhere" / "heads.jsonl"
    assert verify(capfd, data, "--heads-to", str(elsewhere))[0] == 0
    once = elsewhere.read_text()
    assert len(once.splitlines()) == 3  # of its birth, the verdict, the report files
    assert verify(capfd, data, "--heads-to", str(elsewhere))[0] == 0
    assert elsewhere.read_text() == once  # each head once
    assert verify(capfd, data, "--against", str(elsewhere))[0] == 0
    # cut cleanly before the last two events (files and their head), here and in the record's own copy of the heads
    edit(
        data,
        "drop trigger event_refuses_update",
        "drop trigger event_refuses_delete",
        "delete from event where seq > (select max(seq) from event) - 2",
        "delete from report_file",
        "delete from blob",
    )
    (data / HEADS).write_text("".join(once.splitlines(keepends=True)[:2]))
    assert verify(capfd, data)[0] == 0
    status, found = verify(capfd, data, "--against", str(elsewhere))
    assert status == 1
    assert "is missing" in str(found["reason"])
    assert str(elsewhere) in str(found["reason"])


def test_a_file_of_heads_that_is_none_is_one_line(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    (tmp_path / "list").write_text("eggs\n")
    for path, reason in ((tmp_path / "list", "line 1 is no signed head"), (tmp_path / "nothing", "No such file")):
        assert status_of(cli, ["verify", "--data", str(data), "--against", str(path)]) == 2
        out, err = capfd.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert reason in err


def test_the_key_is_its_owners_alone(tmp_path: Path):
    path = tmp_path / "new" / "signing-key.pem"
    key = SigningKey(path)
    key.ready()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert SigningKey(path).public == key.public
    path.chmod(0o640)
    with pytest.raises(RecordError, match=r"others can read it; make it private \(chmod 600\)"):
        SigningKey(path).ready()
