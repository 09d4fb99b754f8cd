"""Writes Allure's results as allure-pytest's own writer does, in a fraction of its time, and harmless in every text."""

import json
import re
import uuid
from pathlib import Path
from typing import Any, cast

import allure_commons
from allure_commons.logger import AllureFileLogger

from rig.record.text import clean

_Base: Any = AllureFileLogger  # untyped by its makers
# what `clean` looks for, as an ASCII encoder spells it; may find too much, never too little
_HOSTILE_JSON = re.compile(r"\\(?:[bfr]|u00[0189]|u007f|ud[89a-f]|ufff[ef])")


class ResultFiles(_Base):
    """One file for each result, and for each fixture that has something to tell."""

    def __init__(self, directory: Path) -> None:
        _Base.__init__(self, str(directory))
        self._directory = directory

    @allure_commons.hookimpl
    def report_result(self, result: Any) -> None:
        """Write a test's result."""
        self._write(result)

    @allure_commons.hookimpl
    def report_container(self, container: Any) -> None:
        """Write a fixture that failed, or that has steps or files of its own; that others passed tells nothing."""
        container.befores = [entry for entry in container.befores if _tells(entry)]
        container.afters = [entry for entry in container.afters if _tells(entry)]
        if container.befores or container.afters:
            self._write(container)

    def _write(self, item: Any) -> None:
        path = self._directory / item.file_pattern.format(prefix=uuid.uuid4())
        text = json.dumps(item, default=_told)
        if _HOSTILE_JSON.search(text):
            text = json.dumps(_cleaned(json.loads(text)))
        temporary = path.with_name(f"{path.name}.tmp")
        temporary.write_text(text, encoding="ascii")
        temporary.replace(path)


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
