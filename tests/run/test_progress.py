"""What a person sees can't be misread, and can't be written by a stranger."""

import dataclasses
import io

import pytest

from rig.measure import Decision, Limit, Reading, Verdict
from rig.measure.unit_status import Standing, UnitStatus
from rig.measure.unit_words import words_for
from rig.plain import safe
from rig.run.manifest import Expected
from rig.run.observer import Measurement, Summary, TestEnd
from rig.run.progress import COLOURS, LETTERS, UNIT_COLOURS, Progress, banner
from rig.run.rows import Rows
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


def summary(verdict, tmp_path, reasons=("why",), unit=None, *, simulated=False):
    found = ("run", "VS1-2026-000001", "production", 2, verdict, reasons, (), (), 1.5, 40.0, 0.0, tmp_path, {})
    return Summary(*found, unit=unit, simulated=simulated)


STANDS = [
    (UnitStatus("production", Standing.PASSED, (1,)), Verdict.PASS, "PASSED", "Ship it."),
    (
        UnitStatus("production", Standing.RETEST_NEEDED, (), (1,)),
        Verdict.FAIL,
        "RETEST",
        "Let it cool, reseat it, test it again: needs 2 more PASS.",
    ),
    (
        UnitStatus("production", Standing.RETEST_NEEDED, (2,), (1,)),
        Verdict.ERROR,
        "RETEST",
        "Put this right first: why. Then let it cool, reseat it, test it again: needs 1 more PASS.",
    ),
    (
        UnitStatus("production", Standing.RETEST_NEEDED),
        Verdict.INTERRUPTED,
        "RETEST",
        "Test it again: needs a PASS.",
    ),
    (UnitStatus("production", Standing.FAILED, (), (1, 2)), Verdict.FAIL, "FAILED", "Set it aside with its ticket."),
    (
        UnitStatus("production", Standing.BLOCKED),
        Verdict.PASS,
        "BLOCKED",
        "Safety measurement failed: an engineer decides.",
    ),
    (
        UnitStatus("production", Standing.NOT_JUDGED),
        Verdict.ERROR,
        "NOT JUDGED",
        "This says nothing about the unit: why. Put that right, then test it again.",
    ),
    (
        UnitStatus("production", Standing.NOT_JUDGED),
        Verdict.INTERRUPTED,
        "NOT JUDGED",
        "The run was interrupted. Test it again.",
    ),
    (
        UnitStatus("production", Standing.NOT_JUDGED),
        Verdict.INCOMPLETE,
        "NOT JUDGED",
        "The plan didn't run whole: why. Test it again.",
    ),
    (
        UnitStatus("sampled", Standing.NOT_RELEASED, passed_plans=("sampled",), missing=("production",)),
        Verdict.PASS,
        "NOT RELEASED",
        "Production has not run: test it with that.",
    ),
]


@pytest.mark.parametrize(("unit", "verdict", "word", "instruction"), STANDS)
def test_the_unit_is_large_with_one_instruction(unit, verdict, word, instruction, tmp_path):
    stream = io.StringIO()
    Progress(stream).ended(summary(verdict, tmp_path, unit=unit))
    text = stream.getvalue()
    lines = text.splitlines()
    for part in word.split():
        assert all(row in text for row in banner(part, "#"))
    assert lines.count(instruction) == 1
    assert f"{word}  VS1-2026-000001" in text
    assert f"plan production, attempt 2: {verdict}; 0 measurements, none out of limits" in text
    assert "  - why" in text
    assert "\x1b" not in text
    told = {one.instruction for one in (words_for(other, simulated=False, verdict="PASS") for other, *_ in STANDS)}
    assert not [other for other in told - {instruction} if other in lines]
    assert ("Ship it." in text) == (word == "PASSED")


def test_nothing_simulated_is_to_be_shipped(tmp_path):
    stream = io.StringIO()
    Progress(stream).ended(summary(Verdict.PASS, tmp_path, unit=STANDS[0][0], simulated=True))
    text = stream.getvalue()
    assert "PASSED SIMULATED  VS1-2026-000001" in text
    assert "Ship it" not in text


def test_a_unit_of_which_nobody_knows_how_it_stands_hasnt_passed(tmp_path):
    assert summary(Verdict.PASS, tmp_path).words.word == "NOT JUDGED"


def test_word_shape_and_colour_belong_together():
    told = [words_for(unit, simulated=False, verdict=None) for unit, *_ in STANDS]
    assert len({one.shape for one in told}) == len({one.plain_shape for one in told}) == len({one.word for one in told})
    assert {one.colour for one in told} == set(UNIT_COLOURS)
    assert {one.colour for one in told if one.word == "PASSED"} == {"green"}
    assert COLOURS[Verdict.PASS] != COLOURS[Verdict.FAIL]


def test_letters_have_five_equal_rows():
    assert {len(rows) for rows in LETTERS.values()} == {5}
    assert all(len({len(row) for row in rows}) == 1 for rows in LETTERS.values())


def test_terminal_without_blocks_gets_hashes(tmp_path):
    stream = OldTerminal()
    Progress(stream, colour=False).ended(summary(Verdict.PASS, tmp_path, unit=STANDS[0][0]))
    stream.seek(0)
    text = stream.read()
    assert "####    ###    ####   ####" in text
    assert "[v] PASSED  VS1-2026-000001" in text


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


@pytest.mark.parametrize(("index", "colour"), [(0, "green"), (1, "yellow"), (4, "red"), (-1, "white")])
def test_plain_pytest_says_the_verdict_below_its_counts(index, colour, tmp_path):
    reporter = Reporter()
    unit, verdict, word, instruction = STANDS[index]
    TerminalVerdict(reporter).ended(summary(verdict, tmp_path, ("a\x1b[2Jb",), unit=unit))
    assert reporter.lines[1][0].endswith(f"{word}  VS1-2026-000001")
    assert reporter.lines[1][1] == {colour: True, "bold": True}
    assert reporter.lines[2] == (instruction, {colour: True, "bold": True})
    assert (r"  - a\x1b[2Jb", {}) in reporter.lines


LONG = "program.plate_highest, pad FLAT, program UPPER_BACK"


@pytest.mark.parametrize(
    ("characters", "shown"),
    [
        (None, ("49 .. 51 Hz", "vibration.frequency, level 3")),
        (128, ("49 .. 51 Hz", "vibration.frequency, level 3")),
        (110, ("49 .. 51 Hz", "vibration.frequency, level 3")),
        (80, ("49 .. 51 Hz", "vibration.frequency, level 3")),
        (60, ("vibration.frequency, level 3",)),
        (40, ("vibration.frequency, level 3",)),
    ],
)
def test_a_row_fits_its_terminal(characters, shown):
    row = Rows(characters).row(measurement(50.0, Verdict.PASS))
    assert all(text in row for text in shown)
    assert ("49 .. 51 Hz" in row) == ("49 .. 51 Hz" in shown)
    assert characters is None or characters < 60 or len(row) + len(" MARGINAL") <= characters


def test_what_is_cut_says_so():
    long = measurement(50.0, Verdict.PASS)
    long = dataclasses.replace(long, expected=Expected("test_it", LONG, {}))
    assert LONG in Rows(None).row(long)
    assert "program.plate_highest, pad FL… " in Rows(80).row(long)


@pytest.mark.parametrize(
    ("environment", "coloured", "moves"),
    [({}, True, True), ({"NO_COLOR": "1"}, False, True), ({"TERM": "dumb"}, False, False)],
)
def test_a_terminal_gets_what_it_can_show(environment, coloured, moves, monkeypatch):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    progress = Progress(stream)
    progress.started("VS1-2026-000001", "production", 1, 37, 68)
    progress.test_started("test_it", "Boots in time")
    progress.measured(measurement(50.0, Verdict.PASS))
    text = stream.getvalue()
    assert ("\x1b[32" in text) == coloured
    assert ("\x1b[2K" in text) == moves
    assert ("1/37  Boots in time" in text) == moves


def test_the_status_never_wraps(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    progress = Progress(stream, colour=False)
    progress.started("VS1-2026-000001", "production", 1, 37, 68)
    progress.test_started("test_it", "x" * 200)
    assert stream.getvalue().endswith("x" * 5)
    assert len(stream.getvalue().rpartition("\x1b[2K")[2]) == 59
