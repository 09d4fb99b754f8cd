"""`rig check` says of a certificate what a run would say."""

import datetime
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import rig.run.check
import rig.station
from rig.errors import BenchError
from rig.run.check import check_bench

EXAMPLE = Path(rig.station.__file__).with_name("example.toml")


@pytest.fixture(params=["Etc/GMT-14", "Etc/GMT+12"])
def far_away(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place where it is often another day than in UTC: one of the two always is."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_the_day_is_that_of_utc_as_for_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_bench(*_arguments: object) -> None:
        raise BenchError("not looked at")

    monkeypatch.setattr(rig.run.check, "Bench", no_bench)
    today = datetime.datetime.now(datetime.UTC).date()
    text, year = EXAMPLE.read_text(encoding="utf-8"), datetime.timedelta(days=365)
    text = text.replace("date = 2026-03-02, due = 2027-03-02", f"date = {today}, due = {today + year}", 1)
    text = text.replace("date = 2026-03-02, due = 2027-03-02", f"date = {today - year}, due = {today}")
    station = tmp_path / "line.toml"
    station.write_text(text, encoding="utf-8")
    assert check_bench(station).troubles == ("not looked at",)
