"""`rig check` says of a certificate what a run would say."""

import datetime
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import rig.run.check
import rig.station
from rig.errors import BenchError
from rig.run.builtin_twin import BuiltinTwin
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
    monkeypatch.setattr(rig.run.check, "probe", lambda station: {})
    today = datetime.datetime.now(datetime.UTC).date()
    text, year = EXAMPLE.read_text(encoding="utf-8"), datetime.timedelta(days=365)
    text = text.replace("date = 2026-03-02, due = 2027-03-02", f"date = {today}, due = {today + year}", 1)
    text = text.replace("date = 2026-03-02, due = 2027-03-02", f"date = {today - year}, due = {today}")
    station = tmp_path / "line.toml"
    station.write_text(text, encoding="utf-8")
    assert check_bench(station).troubles == ("not looked at",)


def test_all_that_is_dead_is_named_at_once(tmp_path: Path):
    """Not only the first: who mends a bench wants to know what else is off."""
    twin = BuiltinTwin("VS1-2026-000001", 1)
    text = Path(twin.station).read_text(encoding="utf-8")
    twin.close()
    station = tmp_path / "line.toml"
    station.write_text(re.sub(r"(?m)^\[clock\]\n(?:(?!\[).*\n)*", "", text), encoding="utf-8")
    found = check_bench(station)
    roles = {one.role for one in found.instruments}
    assert roles == {"vibration", "current", "temperature", "battery", "charger", "fault_box", "power_box", "scale"}
    assert {role for role in roles if any(role in trouble for trouble in found.troubles)} == roles
    assert not found.ok


def test_what_answers_is_told_beside_what_is_dead(tmp_path: Path):
    twin = BuiltinTwin("VS1-2026-000001", 1)
    try:
        text = Path(twin.station).read_text(encoding="utf-8")
        dead = re.sub(
            r'(?s)(\[instruments\.vibration\].*?address = )"[^"]+"', r'\1"TCPIP0::127.0.0.1::1::SOCKET"', text
        )
        assert dead != text
        station = tmp_path / "line.toml"
        station.write_text(dead, encoding="utf-8")
        found = check_bench(station)
    finally:
        twin.close()
    assert {one.role for one in found.instruments if one.identity is None} == {"vibration"}
    assert [trouble for trouble in found.troubles if "vibration" in trouble]
