"""What Allure is told about a test as it runs: title, subsystem, requirement, each measurement as a step.

Allure's pages show; they never decide. Verdicts come from the record.
"""

import html
from collections.abc import Callable, Generator
from typing import Any

import allure_commons
import pytest
from allure_commons import model2
from allure_commons.types import LabelType
from allure_commons.utils import now

from rig.measure import Verdict, format_acceptance, format_limit, format_reading
from rig.product import Product
from rig.run.manifest import declaration, title
from rig.run.observer import Measurement, Observer

_model: Any = model2  # untyped by its makers


class AllureNotes(Observer):
    """An observer of the run, a plug-in of pytest and one of Allure: fills each result in before it is written.

    Allure's own way, a call of its hooks for each step and each label, takes longer than the measurement.
    """

    def __init__(self, product: Product, drop: Callable[[Observer, Exception], None]) -> None:
        """`drop` is told when the notes can't be written: the run goes on without them."""
        self._product = product
        self._drop = drop
        self._item: pytest.Item | None = None
        self._of_test: list[Measurement] = []
        self._taken_at: list[int] = []

    def pytest_configure(self) -> None:
        """Register with Allure, whose plug-in manager outlives the session."""
        allure_commons.plugin_manager.register(self, "rig-allure-notes")

    def pytest_unconfigure(self) -> None:
        """Leave it."""
        allure_commons.plugin_manager.unregister(self)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin the notes of a test."""
        self._item = item
        self._of_test, self._taken_at = [], []

    def measured(self, measurement: Measurement) -> None:
        """Note when it was taken; what it says is written down after the test."""
        self._of_test.append(measurement)
        self._taken_at.append(now())

    @allure_commons.hookimpl(wrapper=True)
    def report_result(self, result: Any) -> Generator[None, object, object]:
        """Name the test, file it under product, subsystem and requirement, and describe it by what it measured."""
        item, self._item = self._item, None
        if item is not None:
            try:
                self._fill(result, item)
            except Exception as error:  # whatever it is: what shows decides nothing
                self._drop(self, error)
        return (yield)

    def _fill(self, result: Any, item: pytest.Item) -> None:
        result.name = title(item)
        result.labels += [_model.Label(name, value) for name, value in self._labels(item)]
        result.steps += map(_step, self._of_test, self._taken_at)
        if self._of_test:
            result.descriptionHtml = table(self._of_test)

    def _labels(self, item: pytest.Item) -> Generator[tuple[str, str]]:
        yield LabelType.EPIC, self._product.title
        ids = [id for ids, _ in declaration(item).measures for id in ids]
        if ids:
            yield LabelType.FEATURE, ids[0].partition(".")[0].replace("_", " ").capitalize()
        for marker in item.iter_markers("requirement"):
            for id in marker.args:
                text = self._product.requirements[id].text if id in self._product.requirements else ""
                yield LabelType.STORY, f"{id}: {text}".removesuffix(": ")


def _step(measurement: Measurement, at: int) -> Any:
    text = f"{measurement.expected.name}: {format_reading(measurement.reading, measurement.limit)}"
    step = _model.TestStepResult(name=text, status="passed", start=at, stop=at)
    if measurement.decision.verdict is not Verdict.PASS:
        step.status, step.statusDetails = "failed", _model.StatusDetails(message=text)
    return step


def table(measurements: list[Measurement]) -> str:
    """Return measurements as an HTML table, everything escaped."""
    rows = [
        (
            one.expected.name,
            format_reading(one.reading),
            format_limit(one.limit),
            format_acceptance(one.reading, one.limit, one.decision),
            str(one.decision.verdict),
            one.limit.requirement,
        )
        for one in measurements
    ]
    heads = ("Measurement", "Value ± U (k = 2)", "Limits", "Accepted", "Verdict", "Requirement")
    heading = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{heading}</tr>{body}</table>"
