"""What happens while allure-pytest writes its files: texts cleaned, phantoms dropped, results named.

A pytest plug-in (`-p reports.allure_hooks`); without allure-pytest it does nothing.
"""

from collections.abc import Generator
from typing import Any, cast

import allure_commons
import attr
import pytest
from allure_commons import model2

from reports.labels import NODEID_LABEL
from rig.record.text import clean

_label: Any = model2.Label  # attrs classes without types


class LiveResults:
    """Edits each result in place before the file is written."""

    def __init__(self) -> None:
        self._nodeid = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Remember whose result is written at the end of the test."""
        self._nodeid = item.nodeid
        return (yield)

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: Any) -> None:
        """Name the test, and clean its texts: a lone surrogate would end the whole session."""
        result.labels.append(_label(name=NODEID_LABEL, value=self._nodeid))
        _clean_in_place(result)

    @allure_commons.hookimpl(tryfirst=True)
    def report_container(self, container: Any) -> None:
        """Drop the nameless finalizers that pytest 9.1 brought, which have no status; clean the rest."""
        container.befores = [entry for entry in container.befores if not _is_phantom(entry)]
        container.afters = [entry for entry in container.afters if not _is_phantom(entry)]
        _clean_in_place(container)


def pytest_configure(config: pytest.Config) -> None:
    """Register with Allure where results are being written."""
    if config.getoption("allure_report_dir", None):
        live = LiveResults()
        config.pluginmanager.register(live, "rig-live-results")
        allure_commons.plugin_manager.register(live, "rig-live-results")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave Allure, whose plug-in manager outlives the session."""
    live = config.pluginmanager.get_plugin("rig-live-results")
    if live is not None:
        allure_commons.plugin_manager.unregister(live)


def _is_phantom(entry: Any) -> bool:
    return "<lambda>" in (entry.name or "")


def _clean_in_place(node: Any) -> None:
    for field in attr.fields(node.__class__):
        value: Any = getattr(node, field.name)
        if isinstance(value, str):
            setattr(node, field.name, clean(value))
        elif isinstance(value, list):
            entries = cast("list[Any]", value)
            entries[:] = [clean(entry) if isinstance(entry, str) else entry for entry in entries]
            for entry in entries:
                _clean_where_attrs(entry)
        else:
            _clean_where_attrs(value)


def _clean_where_attrs(value: object) -> None:
    if attr.has(type(value)):
        _clean_in_place(value)
