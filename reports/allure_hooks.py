"""What happens while allure-pytest reports: each result is named by its test, and our writer writes it.

A pytest plug-in (`-p reports.allure_hooks`); without allure-pytest it does nothing.
"""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import allure_commons
import pytest
from allure_commons import model2
from allure_commons.logger import AllureFileLogger

from reports.labels import NODEID_LABEL
from reports.result_files import ResultFiles

_label: Any = model2.Label  # attrs classes without types


class LiveResults:
    """Names each result, and stands in for allure-pytest's writer during the session."""

    def __init__(self, directory: Path) -> None:
        self._nodeid = ""
        self._files = ResultFiles(directory)
        self._replaced: list[object] = []

    def pytest_sessionstart(self) -> None:
        """Take the writer's place."""
        manager: Any = allure_commons.plugin_manager
        self._replaced = [one for one in manager.get_plugins() if type(one) is AllureFileLogger]
        for one in self._replaced:
            manager.unregister(one)
        manager.register(self._files)
        manager.register(self, "rig-live-results")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write what was reported; a full disk must not hide the verdict."""
        with contextlib.suppress(OSError):
            self._files.write()

    def pytest_unconfigure(self) -> None:
        """Give it back: Allure's plug-in manager outlives the session, and allure-pytest takes its own out."""
        manager: Any = allure_commons.plugin_manager
        for one in (self, self._files):
            if manager.is_registered(one):
                manager.unregister(one)
        for one in self._replaced:
            manager.register(one)
        self._replaced = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Remember whose result is written at the end of the test."""
        self._nodeid = item.nodeid
        return (yield)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: Any) -> None:
        """Name the test."""
        result.labels.append(_label(name=NODEID_LABEL, value=self._nodeid))


def pytest_configure(config: pytest.Config) -> None:
    """Register where results are being written."""
    directory: str | None = config.getoption("allure_report_dir", None)
    if directory:
        config.pluginmanager.register(LiveResults(Path(directory)), "rig-live-results")
