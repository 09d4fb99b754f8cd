"""Mettler-Toledo or Ohaus platform scale as the contact force gauge, over MT-SICS.

Source: MT-SICS interface commands, reference manual 11780711, levels 0 and 1. Readings are taken with `SI`,
since a vibrating unit never becomes stable.
"""

from drivers.serial_line import SerialLine
from rig.clock import Clock
from rig.errors import ConnectionLost, InstrumentFault

BAUD = 9600
STANDARD_GRAVITY = 9.80665  # m/s2, exact by definition (3rd CGPM, 1901)
KILOGRAMS = {"g": 1e-3, "kg": 1.0}
ANSWER_SECONDS = 0.5
STABLE_SECONDS = 5.0  # S, Z and T wait for the scale to come to rest
LINE_BYTES = 256

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


class Scale:
    """The platform under the nest; force in newtons, positive when pressed."""

    def __init__(self, line: SerialLine, clock: Clock) -> None:
        """Cancel whatever the scale is doing and read its serial number."""
        self.line = line
        self._clock = clock
        self._received = bytearray()
        self.serial = self._ask("@", "I4", ANSWER_SECONDS)[-1].strip('"')

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
        self._ask("Z", "Z", STABLE_SECONDS)

    def tare(self) -> None:
        """Make the present load the tare (`T`)."""
        self._ask("T", "T", STABLE_SECONDS)

    def close(self) -> None:
        """Close the port; a scale has nothing to make safe."""
        self.line.close()

    @property
    def _where(self) -> str:
        return f"{self.line.role} (MT-SICS at {self.line.url})"

    def _weight(self, command: str, seconds: float) -> float:
        words = self._ask(command, "S", seconds)
        try:
            _, _, value, unit = words
            return float(value) * KILOGRAMS[unit] * STANDARD_GRAVITY
        except (KeyError, ValueError):
            raise InstrumentFault(f"{self._where}: {command} answered {' '.join(words)!r}") from None

    def _ask(self, command: str, answers: str, seconds: float) -> list[str]:
        """Send a command and return the words of its reply, which begins with `answers`."""
        replies: list[list[str]] = []

        def answered() -> bool:
            replies.extend(words for words in self._lines() if words[0] in (answers, *_ERRORS))
            return bool(replies)

        self.line.write(command.encode("ascii") + b"\r\n")
        if not self._clock.wait_until(answered, seconds):
            raise ConnectionLost(f"{self._where}: no reply to {command} within {seconds:g} s; is it on?")
        words = replies[0]
        if words[0] in _ERRORS:
            raise InstrumentFault(f"{self._where}: {command}: {_ERRORS[words[0]]}")
        if len(words) > 1 and words[1] in _STATES:
            raise InstrumentFault(f"{self._where}: {command}: {_STATES[words[1]]}")
        return words

    def _lines(self) -> list[list[str]]:
        self._received += self.line.take()
        *lines, rest = bytes(self._received).split(b"\n")
        self._received = bytearray(rest[-LINE_BYTES:])
        return [words for line in lines if (words := line.decode("ascii", "backslashreplace").split())]
