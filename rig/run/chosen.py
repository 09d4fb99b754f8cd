"""The files and tests of a plan that the user has named, where it is run with plain `pytest`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Chosen:
    """A file, a directory or a test that the user has named, as one part of a plan."""

    said: str
    path: Path
    names: str

    def has(self, item: pytest.Item) -> bool:
        """Whether a collected test belongs to it."""
        if item.path != self.path and self.path not in item.path.parents:
            return False
        within = item.nodeid.partition("::")[2]
        return not self.names or within == self.names or within.startswith((f"{self.names}::", f"{self.names}["))


class Direct:
    """A plug-in that brings which parts of the plan the user has named; none for the whole."""

    def __init__(self, plan: Path, chosen: Sequence[Chosen]) -> None:
        self.chosen = tuple(chosen)
        self._plan = plan

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Have the whole plan collected, whatever was named: only so its manifest is known."""
        config.args = [str(self._plan)]
