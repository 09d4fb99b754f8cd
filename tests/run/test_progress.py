"""What a person sees can't be misread, and can't be written by a stranger."""

import io

import pytest

from rig.measure import Decision, Limit, Reading, Verdict
from rig.plain import safe
from rig.run.manifest import Expected
from rig.run.observer import Measurement, Summary, TestEnd
from rig.run.progress import ADVICE, COLOURS, LETTERS, Progress, banner
from rig.run.terminal import TerminalVerdict


class Terminal(io.StringIO):
    def isatty(self):
        return True


class OldTerminal(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii")


def measurement(value, verdict, unit="Hz"):
    limit = Limit("vibration.frequency", {"level": 3}, unit, one_of=("a",)) if isinstance(value, str) else None
    limit = limit or Limit("vibration.frequency", {"level": 3}, unit, low=49.0, high=51.0)
    expected = Expected("test_it", "vibration.frequency", {"level": 3})
    return Measurement(expected, Reading(value, unit, None), limit, Decision(verdict), 1.0)


def summary(verdict, tmp_path, reasons=("why",)):
    return Summary("run", "VS1-2026-000001", "production", 2, verdict, reasons, (), (), 1.5, 40.0, 0.0, tmp_path, {})


@pytest.mark.parametrize("verdict", list(Verdict))
def test_verdict_is_large_and_says_what_to_do(verdict, tmp_path):
    if verdict is Verdict.MARGINAL:
        return  # of a measurement only: a run is never MARGINAL
    stream = io.StringIO()
    Progress(stream).ended(summary(verdict, tmp_path))
    text = stream.getvalue()
    assert all(row in text for row in banner(str(verdict), "#"))
    assert ADVICE[verdict] in text
    assert "  - why" in text
    assert "\x1b" not in text


def test_colours_of_the_verdicts_differ():
    assert COLOURS[Verdict.PASS] != COLOURS[Verdict.FAIL]
    assert Verdict.ERROR not in COLOURS


def test_letters_have_five_equal_rows():
    assert {len(rows) for rows in LETTERS.values()} == {5}
    assert all(len({len(row) for row in rows}) == 1 for rows in LETTERS.values())


def test_terminal_without_blocks_gets_hashes(tmp_path):
    stream = OldTerminal()
    Progress(stream, colour=False).ended(summary(Verdict.PASS, tmp_path))
    stream.seek(0)
    assert "####    ###    ####   ####" in stream.read()


def test_row_holds_value_limits_and_verdict():
    stream = io.StringIO()
    Progress(stream).measured(measurement(52.0, Verdict.FAIL))
    row = stream.getvalue()
    assert "vibration.frequency, level 3" in row
    assert "52.0" in row
    assert "49" in row
    assert row.rstrip().endswith("FAIL")


@pytest.mark.parametrize("hostile", ["\x1b[2J\x1b]0;x\x07", "a\rPASS", "\x9b31m", "\u202eSSAP", "\ud800"])
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_text_from_outside_cant_command_the_terminal(stream, hostile, tmp_path):
    shown = stream()
    progress = Progress(shown, colour=False)
    progress.started(f"VS1{hostile}", "production", 1, 1, 1)
    progress.test_started("test_it", hostile)
    progress.measured(measurement(f"x{hostile}", Verdict.FAIL, unit=""))
    progress.note(hostile)
    progress.test_ended(TestEnd("test_it", "rig trouble", hostile, 1.0, 1.0))
    progress.ended(summary(Verdict.ERROR, tmp_path, (hostile,)))
    text = shown.getvalue().replace("\r\x1b[2K", "")  # our own way to clear the line below the table
    assert hostile not in text
    assert safe(hostile) in text
    assert not {"\x1b", "\r", "\x07", "\x9b", "\u202e", "\ud800"} & set(text)


class Reporter:
    def __init__(self):
        self.lines = []

    def get_plugin(self, name):
        return self if name == "terminalreporter" else None

    def section(self, title):
        self.lines.append((title, {}))

    def write_line(self, text, **markup):
        self.lines.append((text, markup))


@pytest.mark.parametrize(
    ("verdict", "colour"), [(Verdict.PASS, "green"), (Verdict.FAIL, "red"), (Verdict.ERROR, "yellow")]
)
def test_plain_pytest_says_the_verdict_below_its_counts(verdict, colour, tmp_path):
    reporter = Reporter()
    TerminalVerdict(reporter).ended(summary(verdict, tmp_path, ("a\x1b[2Jb",)))
    assert reporter.lines[1] == (f"{verdict}  VS1-2026-000001", {colour: True, "bold": True})
    assert reporter.lines[2:4] == [(r"  - a\x1b[2Jb", {}), (ADVICE[verdict], {})]
