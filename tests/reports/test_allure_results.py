"""The results given to Allure: the record decides, whatever was or wasn't written while the run lived."""

import json
from pathlib import Path
from typing import Any

import pytest

from reports.allure_results import LOST, NOT_RUN, AttemptResults
from tests.record.begun import opened
from tests.reports.lived import TESTS, record_attempt


def restored(tmp_path: Path, results: Path | None, **run: Any) -> dict[str, dict[str, Any]]:
    """Record a run, restore its results, and return them by test."""
    with opened(tmp_path / "data") as record:
        run_id = record_attempt(record, results, **run)
        one = AttemptResults(record, record.run(run_id), {}, "plain.html", tmp_path / "restored")
        one.write()
    found = [json.loads(path.read_text()) for path in (tmp_path / "restored").glob("*-result.json")]
    assert sorted(result["fullName"] for result in found) == sorted(TESTS)
    return {result["fullName"]: result for result in found}


def test_measurements_are_steps_and_the_table_stands_in_the_description(tmp_path: Path, passing_results: Path):
    result = restored(tmp_path, passing_results)[TESTS[0]]
    assert result["name"] == "The running level turns at its speed, with its strength (level 3)"
    assert [(step["name"], step["status"]) for step in result["steps"]] == [
        ("Vibration frequency, level 3: 50.02 Hz ±0.04 (49.00 .. 51.00)", "passed")
    ]
    assert "<td>50.02 Hz ±0.04</td>" in result["descriptionHtml"]
    assert "1 of 1 expected measurements" in result["descriptionHtml"]
    labels = {label["name"]: label["value"] for label in result["labels"]}
    assert labels == {"epic": "VS-1", "feature": "plan", "story": "PRF-001"}
    assert result["links"][0]["url"] == "plain.html#PRF-001"


def test_a_killed_run_shows_the_lost_test_and_those_never_begun(tmp_path: Path, passing_results: Path):
    # what allure-pytest wrote, from another run, says all passed
    found = restored(tmp_path, passing_results, outcomes=("passed", None), verdict="INTERRUPTED")
    assert found[TESTS[0]]["status"] == "passed"
    assert (found[TESTS[1]]["status"], found[TESTS[1]]["statusDetails"]["message"]) == ("broken", LOST)
    assert (found[TESTS[2]]["status"], found[TESTS[2]]["statusDetails"]["message"]) == ("skipped", NOT_RUN)
    assert "0 of 2 expected measurements" in found[TESTS[2]]["descriptionHtml"]


@pytest.mark.parametrize("torn", ["", '{"name": "half', "[]", "null"])
def test_a_torn_result_is_written_anew(tmp_path: Path, passing_results: Path, torn: str):
    results = tmp_path / "torn"
    results.mkdir()
    for path in passing_results.glob("*-result.json"):
        (results / path.name).write_text(torn)
    found = restored(tmp_path, results)
    assert {result["status"] for result in found.values()} == {"passed"}
    assert len(found[TESTS[2]]["steps"]) == 2


def test_without_any_results_the_record_is_enough(tmp_path: Path):
    found = restored(tmp_path, None, outcomes=("passed", "passed", "broken"), verdict="ERROR")
    assert [found[test]["status"] for test in TESTS] == ["passed", "passed", "broken"]


def test_the_record_outranks_a_result_that_says_passed(tmp_path: Path, passing_results: Path):
    found = restored(tmp_path, passing_results, outcomes=("failed", "passed", "passed"), verdict="FAIL")
    assert found[TESTS[0]]["status"] == "failed"
    assert found[TESTS[0]]["statusDetails"]["message"] == f"{TESTS[0]} <i>out</i>"


def test_live_results_survive_hostile_text_and_phantoms(failing_results: Path):
    texts = [path.read_text() for path in failing_results.glob("*.json")]
    assert len(list(failing_results.glob("*-result.json"))) == len(TESTS)
    assert any(r"\\udce9<script>" in text for text in texts)
    assert not any("<lambda>" in text for text in texts)


def test_a_measurement_is_told_once(tmp_path: Path, passing_results: Path):
    results = tmp_path / "told"
    results.mkdir()
    steps = ("vibration.frequency, level 3: 50.02 Hz", "vibration.frequency_drift: other", "power on")
    for path in passing_results.glob("*-result.json"):
        live = json.loads(path.read_text()) | {"steps": [{"name": name, "status": "passed"} for name in steps]}
        (results / path.name).write_text(json.dumps(live))
    names = [step["name"] for step in restored(tmp_path, results)[TESTS[0]]["steps"]]
    assert names == [*steps[1:], "Vibration frequency, level 3: 50.02 Hz ±0.04 (49.00 .. 51.00)"]
