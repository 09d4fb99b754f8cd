"""What a person at the bench sees: the test going on, each measurement, and a verdict nobody can misread."""

import os
import shutil
from typing import TextIO

from rig.measure import Verdict
from rig.plain import safe
from rig.run.observer import Measurement, Observer, Summary, TestEnd
from rig.run.rows import FULL_WIDTH, Rows

LETTERS = {
    "A": (" ███ ", "█   █", "█████", "█   █", "█   █"),
    "B": ("████ ", "█   █", "████ ", "█   █", "████ "),
    "C": (" ████", "█    ", "█    ", "█    ", " ████"),
    "D": ("████ ", "█   █", "█   █", "█   █", "████ "),
    "E": ("█████", "█    ", "████ ", "█    ", "█████"),
    "F": ("█████", "█    ", "████ ", "█    ", "█    "),
    "G": (" ████", "█    ", "█  ██", "█   █", " ████"),
    "I": ("███", " █ ", " █ ", " █ ", "███"),
    "J": ("  ███", "   █ ", "   █ ", "█  █ ", " ██  "),
    "K": ("█   █", "█  █ ", "███  ", "█  █ ", "█   █"),
    "L": ("█    ", "█    ", "█    ", "█    ", "█████"),
    "N": ("█   █", "██  █", "█ █ █", "█  ██", "█   █"),
    "O": (" ███ ", "█   █", "█   █", "█   █", " ███ "),
    "P": ("████ ", "█   █", "████ ", "█    ", "█    "),
    "R": ("████ ", "█   █", "████ ", "█  █ ", "█   █"),
    "S": (" ████", "█    ", " ███ ", "    █", "████ "),
    "T": ("█████", "  █  ", "  █  ", "  █  ", "  █  "),
    "U": ("█   █", "█   █", "█   █", "█   █", " ███ "),
}
GREEN, RED, YELLOW, GREY, FAINT, PLAIN = "32;1", "31;1", "33;1", "37", "2", "0"
COLOURS = {Verdict.PASS: GREEN, Verdict.FAIL: RED, Verdict.MARGINAL: RED}
UNIT_COLOURS = {"green": GREEN, "red": RED, "amber": YELLOW, "grey": GREY}


class Progress(Observer):
    """Plain lines, coloured on a terminal; nothing that comes from outside can command that terminal."""

    def __init__(self, stream: TextIO, *, colour: bool | None = None) -> None:
        self._stream = stream
        dumb = os.environ.get("TERM") == "dumb"
        self._tty = stream.isatty() and not dumb
        self._colour = self._tty and not os.environ.get("NO_COLOR") if colour is None else colour
        self._characters = shutil.get_terminal_size().columns if stream.isatty() else None
        self._rows = Rows(self._characters)
        self._tests, self._ended = 0, 0
        self._current = ""

    def opening(self, serial: str) -> None:
        """Confirm the scan at once; the bench takes a while to open."""
        if self._tty:
            self._stream.write(f"{safe(serial)}: opening the bench")
            self._stream.flush()

    def started(self, serial: str, plan: str, attempt: int, tests: int, measurements: int) -> None:
        """Say what is going to happen, with the heading of the table."""
        self._line(f"{serial}  plan {plan}  attempt {attempt}  {tests} tests, {measurements} measurements")
        self._line(self._rows.heading(), FAINT)
        self._tests, self._ended = tests, 0

    def test_started(self, test: str, title: str) -> None:
        """Show the test that is going on, below the table."""
        self._current = title
        self._status()

    def measured(self, measurement: Measurement) -> None:
        """Add a row to the table."""
        self._line(self._rows.row(measurement), verdict=measurement.decision.verdict)
        self._status()

    def test_ended(self, end: TestEnd) -> None:
        """Say what went wrong beyond a measurement out of limits."""
        self._current = ""
        self._ended += 1
        if end.outcome not in ("passed", "out of limits"):
            self._line(f"{end.test.rpartition('::')[2]}: {end.outcome}: {end.message}", YELLOW)

    def note(self, text: str) -> None:
        """Pass it on."""
        self._line(text)

    def ended(self, summary: Summary) -> None:
        """Write where the unit stands, as large as a plain terminal can, then what to do, then what this run found."""
        words = summary.words
        colour = UNIT_COLOURS[words.colour]
        block = block_letters(self._stream)
        self._line("")
        for part in words.word.split():
            for row in banner(part, block):
                self._line(row, colour)
            self._line("")
        for line in verdict_lines(summary, plain=block != "█"):
            self._line(line, colour)
        for line in (*summary.marks, *summary.alarms):
            self._line(line, RED if line in summary.alarms else YELLOW)
        for line in closing_lines(summary):
            self._line(line)
        self._line(f"{summary.wall_s:.1f} s wall time, {summary.bench_s:.1f} s on the bench")

    def _status(self) -> None:
        if self._tty and self._current:
            status = f"{self._ended + 1}/{self._tests}  {safe(self._current)}"
            fitting = status[: max(0, (self._characters or FULL_WIDTH) - 1)]  # a full line would wrap, and stay
            self._stream.write(f"\r\x1b[2K{self._painted(fitting, FAINT)}")
            self._stream.flush()

    def _line(self, text: str, colour: str = PLAIN, verdict: Verdict | None = None) -> None:
        start = "\r\x1b[2K" if self._tty else ""
        end = "" if verdict is None else " " + self._painted(str(verdict), COLOURS.get(verdict, YELLOW))
        self._stream.write(f"{start}{self._painted(safe(text), colour)}{end}\n")
        self._stream.flush()

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour and colour != PLAIN else text


def verdict_lines(summary: Summary, *, plain: bool = False) -> list[str]:
    """Return the two lines that matter: the unit's word with its serial, and the one thing to do."""
    words = summary.words
    return [f"{words.plain_shape if plain else words.shape} {words.marked}  {summary.serial}", words.instruction]


def closing_lines(summary: Summary) -> list[str]:
    """Say what this attempt came to and why, and where the unit stands by all of them."""
    out = sum(one.decision.verdict is not Verdict.PASS for one in summary.measurements)
    count = f"{len(summary.measurements)} measurements, {out or 'none'} out of limits"
    lines = [f"plan {summary.plan}, attempt {summary.attempt}: {summary.verdict}; {count}"]
    lines += [f"  - {reason}" for reason in summary.reasons]
    if summary.unit is not None:
        lines.append(f"unit {summary.unit.standing}: {summary.unit.reason}")
    return lines


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
