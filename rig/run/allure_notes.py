"""What Allure is told about a test as it runs: title, subsystem, requirement, each measurement as a step.

Allure's pages show; they never decide. Verdicts come from the record.
"""

import html
from typing import Any

import allure
import pytest
from allure_commons import plugin_manager
from allure_commons.utils import uuid4

from rig.measure import Verdict, format_limit, format_reading
from rig.product import Product
from rig.run.manifest import declaration, title
from rig.run.observer import Measurement, Observer
from rig.run.outcome import OutOfLimits

_DYNAMIC: Any = allure.dynamic  # untyped by its makers


class AllureNotes(Observer):
    """An observer of the run and a plug-in of pytest at once."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._of_test: list[Measurement] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Name the test and file it under product, subsystem and requirement."""
        self._of_test = []
        _DYNAMIC.title(title(item))
        _DYNAMIC.epic(self._product.title)
        ids = [id for ids, _ in declaration(item).measures for id in ids]
        if ids:
            _DYNAMIC.feature(ids[0].partition(".")[0].replace("_", " ").capitalize())
        for marker in item.iter_markers("requirement"):
            for id in marker.args:
                text = self._product.requirements[id].text if id in self._product.requirements else ""
                _DYNAMIC.story(f"{id}: {text}".removesuffix(": "))

    def measured(self, measurement: Measurement) -> None:
        """Add a step that says value, uncertainty and limits."""
        self._of_test.append(measurement)
        text = f"{measurement.expected.name}: {format_reading(measurement.reading, measurement.limit)}"
        step = uuid4()
        failure = None if measurement.decision.verdict is Verdict.PASS else OutOfLimits(text)
        plugin_manager.hook.start_step(uuid=step, title=text, params={})
        plugin_manager.hook.stop_step(
            uuid=step, title=text, exc_type=type(failure) if failure else None, exc_val=failure, exc_tb=None
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        """Describe the test by the table of what it measured."""
        if self._of_test:
            _DYNAMIC.description_html(table(self._of_test))


def table(measurements: list[Measurement]) -> str:
    """Return measurements as an HTML table, everything escaped."""
    rows = [
        (
            one.expected.name,
            format_reading(one.reading),
            format_limit(one.limit),
            str(one.decision.verdict),
            one.limit.requirement,
        )
        for one in measurements
    ]
    heading = "".join(f"<th>{name}</th>" for name in ("Measurement", "Value", "Limits", "Verdict", "Requirement"))
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{heading}</tr>{body}</table>"
