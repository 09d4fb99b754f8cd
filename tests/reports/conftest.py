"""A unit with two attempts, its page made once for all tests that only look at it."""

from pathlib import Path

import pytest

from reports.allure import build_page
from tests.record.begun import opened
from tests.reports.lived import SERIAL, live_results, record_attempt


@pytest.fixture(scope="session")
def passing_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What allure-pytest wrote in a run where everything passed."""
    return live_results(tmp_path_factory.mktemp("passing") / "plan", failing=0)


@pytest.fixture(scope="session")
def failing_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What allure-pytest wrote in a run whose first test failed."""
    return live_results(tmp_path_factory.mktemp("failing") / "plan", failing=3)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory, failing_results: Path, passing_results: Path) -> Path:
    """The page of a unit that failed with a hostile firmware text, then passed."""
    data = tmp_path_factory.mktemp("data")
    with opened(data) as record:
        record_attempt(
            record,
            failing_results,
            outcomes=("failed", "passed", "passed"),
            hertz=52.0,
            firmware="\udce9<script>alert(3)</script>",
            verdict="FAIL",
        )
        record_attempt(record, passing_results)
    return build_page(data, SERIAL)
