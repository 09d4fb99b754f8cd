"""Allure's results as files: at the end of the session, all at once, harmless in every text."""

import json

import pytest
from allure_commons import model2

from reports.result_files import ResultFiles


@pytest.fixture
def files(tmp_path):
    return ResultFiles(tmp_path)


@pytest.mark.parametrize("mode", ["masked", "hidden"])
def test_what_the_page_hides_is_not_in_the_file(files, tmp_path, mode):
    parameters = [model2.Parameter("level", "3"), model2.Parameter("key", "VS1FACTORY", mode=mode)]
    files.report_result(model2.TestResult(uuid="one", name="one", status="passed", parameters=parameters))
    files.write()
    (path,) = tmp_path.iterdir()
    assert b"VS1FACTORY" not in path.read_bytes()
    assert [one["value"] for one in json.loads(path.read_bytes())["parameters"]] == ["3", "withheld"]


def test_results_are_written_when_asked_for_and_once(files, tmp_path):
    for name in ("one", "two"):
        files.report_result(model2.TestResult(uuid=name, name=name, status="passed"))
    assert list(tmp_path.iterdir()) == []
    files.write()
    written = {path: json.loads(path.read_bytes())["name"] for path in tmp_path.iterdir()}
    assert sorted(written.values()) == ["one", "two"]
    assert all(path.name.endswith("-result.json") for path in written)
    for path in written:
        path.unlink()
    files.write()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_an_os_error(files, tmp_path):
    files.report_result(model2.TestResult(uuid="one", name="one", status="passed"))
    tmp_path.rmdir()
    with pytest.raises(OSError, match="No such file"):
        files.write()


def test_control_characters_are_written_out(files, tmp_path):
    files.report_result(model2.TestResult(uuid="one", name="\x1b[2J \udce9 µ", status="passed"))
    files.write()
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_bytes())["name"] == "\\x1b[2J \\udce9 µ"
