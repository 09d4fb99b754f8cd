"""Making a unit's page: what lies in its directory, and what happens when it can't be made."""

import json
from pathlib import Path

import pytest

from reports import allure
from reports.allure_generator import DEFINITION, cache_directory
from reports.files import directory_name
from rig.errors import RigError, UsageError
from tests.record.begun import opened
from tests.reports.lived import SERIAL, TESTS, record_attempt


def test_the_full_waveforms_lie_beside_the_page(page: Path):
    names = [path.name for path in (page.parent / "waveforms").iterdir()]
    assert len(names) == 2
    assert all(len(name) == len("x" * 64 + ".parquet") for name in names)
    assert sorted(path.name for path in page.parent.iterdir()) == ["index.html", "plain.html", "waveforms"]


def test_without_network_at_first_use_the_plain_page_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    with opened(tmp_path) as record:
        record_attempt(record, None)
    with pytest.raises(RigError) as raised:
        allure.build_page(tmp_path, SERIAL)
    plain = tmp_path / "reports" / SERIAL / "plain.html"
    assert str(raised.value).endswith(f"the plain page stands at {plain}")
    assert "can't be installed" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "50.02 Hz" in plain.read_text()
    assert not list((tmp_path / "reports" / SERIAL).glob("index.html"))
    assert list(cache_directory().iterdir()) == []


def test_a_page_is_made_of_every_attempt_of_one_unit_and_of_nothing_else(
    tmp_path: Path, passing_results: Path, monkeypatch: pytest.MonkeyPatch
):
    given: list[list[Path]] = []

    def generate(configuration: Path, results: list[Path], cwd: Path) -> None:
        assert json.loads(configuration.read_text())["variables"]["serial"] == SERIAL
        found = [json.loads(path.read_text()) for place in results for path in place.glob("*-result.json")]
        # the generator takes what has one history for retests of each other: the last one alone is counted
        assert len({(one["historyId"], one["fullName"]) for one in found}) == len(TESTS)
        given.append([*results])
        (cwd / "page").mkdir()
        (cwd / "page" / "index.html").write_text("<html><head></head><body></body></html>")

    monkeypatch.setattr(allure, "generate", generate)
    with opened(tmp_path) as record:
        record_attempt(record, passing_results, verdict="FAIL")
        record_attempt(record, passing_results, serial="VS1-2646-00043")
        record_attempt(record, passing_results)
    page = allure.build_page(tmp_path, SERIAL)
    assert [place.name for place in given[0]] == ["attempt-1", "attempt-2"]
    for made in (page, page.with_name("plain.html")):
        assert SERIAL in made.read_text()
        assert "VS1-2646-00043" not in made.read_text()


def test_an_unknown_serial_is_a_usage_error(tmp_path: Path):
    opened(tmp_path).close()
    with pytest.raises(UsageError, match="never tested"):
        allure.build_page(tmp_path, "VS1-2646-99999")


@pytest.mark.parametrize(
    "serial", ["../other", "a/b", "", ".", "a\\b", "x" * 200, "A\0", "con", "LPT1.txt", "A.", "A ", "Ａ"]
)
def test_a_serial_never_leads_out_of_the_reports(serial: str):
    with pytest.raises(RigError, match="can't name a report"):
        directory_name(serial)


def test_the_pinned_tree_has_hashes_and_no_addresses():
    lock = (DEFINITION / "package-lock.json").read_text()
    assert lock.count('"integrity": "sha512-') == 159
    assert "://" not in lock
    assert '"allure": "3.18.0"' in (DEFINITION / "package.json").read_text()
