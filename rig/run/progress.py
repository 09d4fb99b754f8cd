"""What a person at the bench sees: the test going on, each measurement, and a verdict nobody can misread."""

from typing import TextIO

from rig.measure import Verdict, format_acceptance, format_limit, format_reading
from rig.measure.unit_status import Standing
from rig.plain import safe
from rig.run.observer import Measurement, Observer, Summary, TestEnd

LETTERS = {
    "A": (" ███ ", "█   █", "█████", "█   █", "█   █"),
    "C": (" ████", "█    ", "█    ", "█    ", " ████"),
    "D": ("████ ", "█   █", "█   █", "█   █", "████ "),
    "E": ("█████", "█    ", "████ ", "█    ", "█████"),
    "F": ("█████", "█    ", "████ ", "█    ", "█    "),
    "I": ("███", " █ ", " █ ", " █ ", "███"),
    "L": ("█    ", "█    ", "█    ", "█    ", "█████"),
    "M": ("█   █", "██ ██", "█ █ █", "█   █", "█   █"),
    "N": ("█   █", "██  █", "█ █ █", "█  ██", "█   █"),
    "O": (" ███ ", "█   █", "█   █", "█   █", " ███ "),
    "P": ("████ ", "█   █", "████ ", "█    ", "█    "),
    "R": ("████ ", "█   █", "████ ", "█  █ ", "█   █"),
    "S": (" ████", "█    ", " ███ ", "    █", "████ "),
    "T": ("█████", "  █  ", "  █  ", "  █  ", "  █  "),
    "U": ("█   █", "█   █", "█   █", "█   █", " ███ "),
}
GREEN, RED, YELLOW, FAINT, PLAIN = "32;1", "31;1", "33;1", "2", "0"
COLOURS = {Verdict.PASS: GREEN, Verdict.FAIL: RED, Verdict.MARGINAL: RED}
ADVICE = {
    Verdict.PASS: "The unit is good.",
    Verdict.FAIL: "The unit is out of limits: set it aside with its label.",
    Verdict.ERROR: "The unit was NOT judged: mend the rig, then test the unit again.",
    Verdict.INTERRUPTED: "The unit was NOT judged: test it again.",
    Verdict.INCOMPLETE: "The unit was NOT judged: the plan must run whole.",
}
NOT_YET = "This attempt passed, but the unit has NOT passed: don't ship it."
NAME_WIDTH, VALUE_WIDTH, LIMIT_WIDTH, ACCEPTED_WIDTH = 44, 26, 24, 22


class Progress(Observer):
    """Plain lines, coloured on a terminal; nothing that comes from outside can command that terminal."""

    def __init__(self, stream: TextIO, *, colour: bool | None = None) -> None:
        self._stream = stream
        self._tty = stream.isatty()
        self._colour = self._tty if colour is None else colour
        self._current = ""

    def started(self, serial: str, plan: str, attempt: int, tests: int, measurements: int) -> None:
        """Say what is going to happen, with the heading of the table."""
        self._line(f"{serial}  plan {plan}  attempt {attempt}  {tests} tests, {measurements} measurements")
        heads = f"{'measurement':{NAME_WIDTH}} {'value ± U (k = 2)':{VALUE_WIDTH}} {'limits':{LIMIT_WIDTH}} accepted"
        self._line(heads, FAINT)

    def test_started(self, test: str, title: str) -> None:
        """Show the test that is going on, below the table."""
        self._current = title
        self._status()

    def measured(self, measurement: Measurement) -> None:
        """Add a row to the table."""
        self._line(
            f"{measurement.expected.name:{NAME_WIDTH}} "
            f"{format_reading(measurement.reading):{VALUE_WIDTH}} "
            f"{format_limit(measurement.limit):{LIMIT_WIDTH}} "
            f"{format_acceptance(measurement.reading, measurement.limit, measurement.decision):{ACCEPTED_WIDTH}}",
            verdict=measurement.decision.verdict,
        )
        self._status()

    def test_ended(self, end: TestEnd) -> None:
        """Say what went wrong beyond a measurement out of limits."""
        self._current = ""
        if end.outcome not in ("passed", "out of limits"):
            self._line(f"{end.test.rpartition('::')[2]}: {end.outcome}: {end.message}", YELLOW)

    def note(self, text: str) -> None:
        """Pass it on."""
        self._line(text)

    def ended(self, summary: Summary) -> None:
        """Write the verdict as large as a plain terminal can."""
        colour = colour_of(summary)
        self._line("")
        for row in banner(str(summary.verdict), block_letters(self._stream)):
            self._line(row, colour)
        self._line("")
        failed = sum(one.decision.verdict is not Verdict.PASS for one in summary.measurements)
        self._line(
            f"{summary.verdict}  {summary.serial}  attempt {summary.attempt}: "
            f"{len(summary.measurements)} measurements, {failed} not in",
            colour,
        )
        for line in (*summary.marks, *summary.alarms):
            self._line(line, RED if line in summary.alarms else YELLOW)
        for reason in summary.reasons:
            self._line(f"  - {reason}")
        for line in closing_lines(summary):
            self._line(line)
        self._line(f"{summary.wall_s:.1f} s wall time, {summary.bench_s:.1f} s on the bench")

    def _status(self) -> None:
        if self._tty and self._current:
            self._stream.write(f"\r\x1b[2K{self._painted('... ' + safe(self._current)[:100], FAINT)}")
            self._stream.flush()

    def _line(self, text: str, colour: str = PLAIN, verdict: Verdict | None = None) -> None:
        start = "\r\x1b[2K" if self._tty else ""
        end = "" if verdict is None else " " + self._painted(str(verdict), COLOURS.get(verdict, YELLOW))
        self._stream.write(f"{start}{self._painted(safe(text), colour)}{end}\n")
        self._stream.flush()

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour and colour != PLAIN else text


def colour_of(summary: Summary) -> str:
    """Return the colour of a run's verdict; a PASS of a unit that hasn't passed isn't green."""
    passed = summary.unit is None or summary.unit.standing is Standing.PASSED
    return COLOURS.get(summary.verdict, YELLOW) if passed or summary.verdict is not Verdict.PASS else YELLOW


def closing_lines(summary: Summary) -> list[str]:
    """Say what to do with the unit, and where it stands by all its attempts."""
    passed = summary.unit is None or summary.unit.standing is Standing.PASSED
    first = ADVICE[summary.verdict] if passed or summary.verdict is not Verdict.PASS else NOT_YET
    return [first, *([summary.unit_line] if summary.unit_line else [])]


def block_letters(stream: TextIO) -> str:
    """Return the character that large letters are made of on this stream."""
    try:
        "█".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "█"


def banner(word: str, block: str = "█") -> list[str]:
    """Return the five rows of a word in large letters."""
    rows = ["  ".join(LETTERS[letter][row] for letter in word) for row in range(5)]
    return [row.replace("█", block).rstrip() for row in rows]
