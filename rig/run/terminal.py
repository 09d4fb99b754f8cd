"""The verdict at the end of a plain `pytest test_plans/...`, which shows its own progress."""

import pytest

from rig.plain import safe
from rig.run.observer import Observer, Summary
from rig.run.progress import closing_lines, verdict_lines

NAMES = {"green": "green", "red": "red", "amber": "yellow", "grey": "white"}


class TerminalVerdict(Observer):
    """Says what the run came to, below pytest's own counts."""

    def __init__(self, plugins: pytest.PytestPluginManager) -> None:
        self._plugins = plugins

    def ended(self, summary: Summary) -> None:
        """Write the verdict, its reasons and what to do."""
        reporter: pytest.TerminalReporter | None = self._plugins.get_plugin("terminalreporter")
        if reporter is None:
            return
        colour = NAMES[summary.words.colour]
        reporter.section("verdict")
        for line in verdict_lines(summary):
            reporter.write_line(safe(line), **{colour: True, "bold": True})
        for line in (*summary.marks, *summary.alarms):
            reporter.write_line(safe(line), bold=True)
        for line in closing_lines(summary):
            reporter.write_line(safe(line))
        reporter.write_line(f"`rig report {summary.serial}` makes the page")
