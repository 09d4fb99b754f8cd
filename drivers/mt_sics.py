"""Mettler-Toledo or Ohaus platform scale as the contact force gauge, over MT-SICS.

Source: MT-SICS interface commands, reference manual 11780711, levels 0 and 1. Readings are taken with `SI`,
since a vibrating unit never becomes stable. MT-SICS has no checksum: a weight is taken twice, and an identity query
(I1 to I4, another one each time) closes the exchange, which must have brought nothing else. Texts are quoted, and may
have blanks in them: a serial number is all between its quotes.
"""

import re
from itertools import cycle

from drivers.correction import AS_READ, Correction
from drivers.serial_line import SerialLine
from rig.clock import Clock
from rig.errors import BenchError, ConnectionLost, InstrumentFault, blames_its_role

BAUD = 9600
STANDARD_GRAVITY = 9.80665  # m/s2, exact by definition (3rd CGPM, 1901)
KILOGRAMS = {"g": 1e-3, "kg": 1.0}
ANSWER_SECONDS = 0.5
STABLE_SECONDS = 5.0  # S, Z and T wait for the scale to come to rest
LINE_BYTES = 256
FENCES = ("I1", "I2", "I3", "I4")
AGREE_NEWTONS = 0.5  # two readings in a row, the unit vibrating between them
ATTEMPTS = 3

_VALUE = re.compile(r"-?\d{1,7}(\.\d{1,5})?", re.ASCII)
_TEXT = re.compile(r'I4 +A +"([^"]*)"', re.ASCII)
_ERRORS = {
    "ES": "syntax error: it doesn't know the command",
    "ET": "transmission error: check baud rate and parity",
    "EL": "logical error: it can't execute the command",
}
_STATES = {
    "I": "it is busy, or didn't come to rest in time",
    "+": "overload: take the weight off",
    "-": "underload: is the platform seated?",
    "L": "it refuses the parameter",
}


@blames_its_role
class Scale:
    """The platform under the nest; force in newtons, positive when pressed."""

    def __init__(
        self, line: SerialLine, clock: Clock, newtons: Correction = AS_READ, *, serial_number: str | None = None
    ) -> None:
        """Cancel whatever the scale is doing and read its serial number; `newtons`: what its certificate corrects.

        Raises ConnectionLost, BenchError when it is another one than expected.
        """
        self.line = line
        self._newtons = newtons
        self._clock = clock
        self._received = bytearray()
        self._heard = 0
        self._fences = cycle(FENCES)
        answers = [self._quoted(self._ask(command, "I4", ANSWER_SECONDS)) for command in ("@", "I4")]
        if answers[0] != answers[1]:
            raise InstrumentFault(f"{self._where}: it says two different serial numbers; is the cable good?")
        self.serial = answers[0]
        if serial_number not in (None, self.serial):
            raise BenchError(
                f"{self._where}: found serial number {self.serial!r} there, expected {serial_number!r}; "
                "its calibration isn't this one's: correct the station file"
            )

    @property
    def identity(self) -> str:
        """What it is, with its serial number."""
        return f"MT-SICS scale {self.serial}"

    def force_newtons(self) -> float:
        """Read the force now, at rest or not (`SI`)."""
        return self._weight("SI", ANSWER_SECONDS)

    def stable_force_newtons(self) -> float:
        """Read the force at rest (`S`); raises InstrumentFault when the scale doesn't come to rest."""
        return self._weight("S", STABLE_SECONDS)

    def zero(self) -> None:
        """Make the present load the zero point (`Z`)."""
        self._clock.wait_until(self._emptied, 0.0)
        self._ask("Z", "Z", STABLE_SECONDS)

    def tare(self) -> None:
        """Make the present load the tare (`T`)."""
        self._clock.wait_until(self._emptied, 0.0)
        self._ask("T", "T", STABLE_SECONDS)

    def close(self) -> None:
        """Close the port; a scale has nothing to make safe."""
        self.line.close()

    @property
    def role(self) -> str:
        """What it is on the bench: its line's role."""
        return self.line.role

    @property
    def _where(self) -> str:
        return f"{self.line.role} (MT-SICS at {self.line.url})"

    def _quoted(self, line: str) -> str:
        """All between the quotes; raises InstrumentFault where there is no such text."""
        found = _TEXT.fullmatch(line)
        if found is None or not found[1].strip():
            raise InstrumentFault(f"{self._where}: no serial number in {line!r}; is the cable good?")
        return found[1].strip()

    def _weight(self, command: str, seconds: float) -> float:
        """Take the force twice; raises InstrumentFault when no two readings agree."""
        found = ""
        for _ in range(ATTEMPTS):
            self._clock.wait_until(self._emptied, 0.0)
            newtons = [self._weighed(command, self._ask(command, "S", seconds)) for _ in range(2)]
            fence = next(self._fences)
            self._ask(fence, fence, ANSWER_SECONDS)
            if self._heard == 3 and abs(newtons[0] - newtons[1]) <= AGREE_NEWTONS:
                return self._newtons.applied(sum(newtons) / 2.0)
            found = f"{newtons[0]:.2f} N and {newtons[1]:.2f} N in {self._heard} lines"
        raise InstrumentFault(f"{self._where}: {command} answered {found}; is something hitting it, is the cable good?")

    def _weighed(self, command: str, line: str) -> float:
        words = line.split()
        if len(words) == 4 and words[1] in ("S", "D") and _VALUE.fullmatch(words[2]) and words[3] in KILOGRAMS:
            return float(words[2]) * KILOGRAMS[words[3]] * STANDARD_GRAVITY
        raise InstrumentFault(f"{self._where}: {command} answered {line!r}")

    def _ask(self, command: str, answers: str, seconds: float) -> str:
        """Send a command and return its reply, whose first word is `answers`."""
        replies: list[str] = []

        def answered() -> bool:
            lines = self._lines()
            self._heard += len(lines)
            replies.extend(line for line in lines if line.split()[0] in (answers, *_ERRORS))
            return bool(replies)

        self.line.write(command.encode("ascii") + b"\r\n")
        if not self._clock.wait_until(answered, seconds):
            raise ConnectionLost(f"{self._where}: no reply to {command} within {seconds:g} s; is it on?")
        words = replies[0].split()
        if words[0] in _ERRORS:
            raise InstrumentFault(f"{self._where}: {command}: {_ERRORS[words[0]]}")
        if len(words) > 1 and words[1] in _STATES:
            raise InstrumentFault(f"{self._where}: {command}: {_STATES[words[1]]}")
        return replies[0]

    def _emptied(self) -> bool:
        """Forget what nobody waits for any more: second copies, late answers."""
        self.line.take()
        self._received.clear()
        self._heard = 0
        return True

    def _lines(self) -> list[str]:
        self._received += self.line.take()
        *lines, rest = bytes(self._received).split(b"\n")
        self._received = bytearray(rest[-LINE_BYTES:])
        return [text for line in lines if (text := line.decode("ascii", "backslashreplace").strip())]
