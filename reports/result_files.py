"""Writes Allure's results as allure-pytest's own writer does, in a fraction of its time, and harmless in every text.

Results are written at the end of the session: a new file after each durable commit would wait for the disk. What a
death takes with it is written anew from the record.
"""

import json
import uuid
from pathlib import Path
from typing import Any, cast

import allure_commons
from allure_commons.logger import AllureFileLogger

from rig.record.text import HOSTILE_JSON, clean

WITHHELD = "withheld"
_Base: Any = AllureFileLogger  # untyped by its makers


class ResultFiles(_Base):
    """One file for each result, and for each fixture that has something to tell."""

    def __init__(self, directory: Path) -> None:
        _Base.__init__(self, str(directory))
        self._directory = directory
        self._results: dict[str, str] = {}

    def write(self) -> None:
        """Write what was reported since the last time; raises OSError."""
        for name in list(self._results):
            (self._directory / name).write_text(self._results.pop(name), encoding="ascii")

    @allure_commons.hookimpl
    def report_result(self, result: Any) -> None:
        """Keep a test's result, without the values of parameters that the pages shall not show."""
        for parameter in result.parameters:
            if parameter.mode is not None:  # masked or hidden: by the page only, the file would hold it in clear
                parameter.value = WITHHELD
        self._keep(result)

    @allure_commons.hookimpl
    def report_container(self, container: Any) -> None:
        """Keep a fixture that failed, or that has steps or files of its own; that others passed tells nothing."""
        container.befores = [entry for entry in container.befores if _tells(entry)]
        container.afters = [entry for entry in container.afters if _tells(entry)]
        if container.befores or container.afters:
            self._keep(container)

    def _keep(self, item: Any) -> None:
        text = json.dumps(item, default=_told)
        if HOSTILE_JSON.search(text):
            text = json.dumps(_cleaned(json.loads(text)))
        self._results[item.file_pattern.format(prefix=uuid.uuid4())] = text


def _told(item: object) -> dict[str, object]:
    fields: dict[str, object] = vars(item)
    return {name: value for name, value in fields.items() if value or value is False}


def _tells(entry: Any) -> bool:
    # the nameless finalizers that pytest 9.1 brought have no status
    return bool(entry.steps or entry.attachments or entry.status not in ("passed", None))


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(entry) for entry in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _cleaned(entry) for name, entry in cast("dict[str, object]", value).items()}
    return value
