"""Parameters of SCPI commands: numbers with units and MIN/MAX/DEF, words, strings, channel lists.

Source: SCPI-1999, volume 1, chapters 7 and 8; IEEE 488.2-1992, 7.7.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Final

from rig.errors import RigError

_NUMBER = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]\s?[+-]?[0-9]{1,4})?)\s*([A-Za-z%]*)$")
_RADIX = re.compile(r"#([HQB])([0-9A-F]{1,16})$", re.IGNORECASE)
_MULTIPLIERS: Final = {
    "": 1.0, "T": 1e12, "G": 1e9, "MA": 1e6, "K": 1e3, "M": 1e-3, "U": 1e-6, "N": 1e-9, "P": 1e-12,
}  # fmt: skip
_MOST_CHANNELS = 400

ERROR_TEXTS: Final = {
    0: "No error", -100: "Command error", -101: "Invalid character", -102: "Syntax error",
    -104: "Data type error", -108: "Parameter not allowed", -109: "Missing parameter",
    -113: "Undefined header", -131: "Invalid suffix", -151: "Invalid string data",
    -211: "Trigger ignored", -213: "Init ignored", -221: "Settings conflict",
    -222: "Parameter data out of range",
    -224: "Illegal parameter value", -230: "Data corrupt or stale", -350: "Queue overflow",
    -363: "Input buffer overrun", -410: "Query INTERRUPTED", -420: "Query UNTERMINATED",
    1133: "Buffer element is not numeric",
}  # fmt: skip


class ScpiError(RigError):
    """A command was refused: its number goes to the event queue, its class to the event status register."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.text = ERROR_TEXTS.get(number, "Device-specific error")
        super().__init__(f"{number}, {self.text}")


class Parameter(ABC):
    """One parameter as the manual declares it."""

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def accepts(self, token: str) -> bool:
        """Whether a token is of this parameter's kind (so that an optional one before it can be absent)."""
        return not token.startswith(("(@", '"', "'"))

    @abstractmethod
    def read(self, token: str) -> object:
        """Return the value of a token.

        Raises:
            ScpiError: it isn't a value of this parameter.

        """


class Number(Parameter):
    """A number in a unit, within limits; MIN, MAX and DEF stand for limits and default."""

    def __init__(
        self, low: float, high: float, default: float | None = None, unit: str = "", *, optional: bool = False
    ) -> None:
        super().__init__(optional=optional)
        self.low, self.high, self.default, self.unit = low, high, default, unit

    def read(self, token: str) -> float:
        """Raise -222 outside the limits, -131 for a wrong unit, -104 for what is no number."""
        special = {"MIN": self.low, "MAX": self.high, "DEF": self.default, "INF": math.inf}
        word = {"MINIMUM": "MIN", "MAXIMUM": "MAX", "DEFAULT": "DEF", "INFINITE": "INF"}.get(token.upper())
        named = special.get(word or token.upper())
        value = named if named is not None else read_number(token, self.unit)
        if not self.low <= value <= self.high:
            raise ScpiError(-222)
        return value


class Integer(Number):
    """A whole number; a fraction is rounded (IEEE 488.2, 7.7.2.4)."""

    def read(self, token: str) -> int:
        """Raise as Number does."""
        value = super().read(token)
        return round(value) if math.isfinite(value) else 2**31


class Boolean(Parameter):
    """ON, OFF or a number."""

    def read(self, token: str) -> bool:
        """Raise -224 for other words."""
        word = token.upper()
        if word in ("ON", "OFF"):
            return word == "ON"
        if word[:1].isalpha():
            raise ScpiError(-224)
        return round(max(-1e9, min(1e9, read_number(token, "")))) != 0


class Choice(Parameter):
    """One of the manual's words, in short or long form; its value is the short form."""

    def __init__(self, *words: str, optional: bool = False) -> None:
        super().__init__(optional=optional)
        self.words = {form: short for word in words for short, form in _forms(word)}

    def accepts(self, token: str) -> bool:
        """Only what is spelled like a word."""
        return token[:1].isalpha()

    def read(self, token: str) -> str:
        """Raise -224 for other words."""
        if token.upper() not in self.words:
            raise ScpiError(-224)
        return self.words[token.upper()]


class Choices(Choice):
    """Any number of the manual's words, to the end of the command."""


class Word(Parameter):
    """A bare word or number, as sent."""

    def read(self, token: str) -> str:
        """Upper case."""
        return token.upper()


class Anything(Word):
    """Any number of parameters of any kind, to the end of the command."""

    def accepts(self, token: str) -> bool:
        """Everything."""
        return True


class Text(Parameter):
    """A string in single or double quotes."""

    def accepts(self, token: str) -> bool:
        """Only what is quoted."""
        return token.startswith(('"', "'"))

    def read(self, token: str) -> str:
        """Raise -104 without quotes, -151 without an end."""
        if not self.accepts(token):
            raise ScpiError(-104)
        quote = token[0]
        if len(token) < 2 or token[-1] != quote:
            raise ScpiError(-151)
        return token[1:-1].replace(quote * 2, quote)


class Channels(Parameter):
    """A channel list: `(@101:105,110)`; `(@)` is empty."""

    def __init__(self, allowed: Callable[[], Collection[int]], *, optional: bool = True) -> None:
        super().__init__(optional=optional)
        self._allowed = allowed

    def accepts(self, token: str) -> bool:
        """Only a channel list."""
        return token.startswith("(@")

    def read(self, token: str) -> tuple[int, ...]:
        """Raise -102 for what is no list, -222 for a channel that isn't there."""
        match = re.match(r"\(@([0-9:,\s]*)\)$", token)
        if match is None:
            raise ScpiError(-102)
        allowed, channels = self._allowed(), list[int]()
        for part in match[1].split(",") if match[1].strip() else []:
            ends = [text.strip() for text in part.split(":")]
            if len(ends) > 2 or not all(end.isdigit() and len(end) < 6 for end in ends):
                raise ScpiError(-102)
            first, last = int(ends[0]), int(ends[-1])
            if first not in allowed or last not in allowed or abs(last - first) > _MOST_CHANNELS:
                raise ScpiError(-222)
            step = 1 if last >= first else -1
            channels += [channel for channel in range(first, last + step, step) if channel in allowed]
        return tuple(channels)


def bind(parameters: Sequence[Parameter], tokens: Sequence[str]) -> list[object]:
    """Match tokens with declared parameters; an absent optional one is None.

    Raises:
        ScpiError: -109 missing, -108 too many, or what a parameter raises.

    """
    values: list[object] = []
    rest = list(tokens)
    for parameter in parameters:
        if isinstance(parameter, Choices | Anything):
            values.append(tuple(parameter.read(token) for token in rest))
            rest = []
        elif rest and (parameter.accepts(rest[0]) or not parameter.optional):
            values.append(parameter.read(rest.pop(0)))
        elif parameter.optional:
            values.append(None)
        else:
            raise ScpiError(-109)
    if rest:
        raise ScpiError(-108)
    return values


def read_number(token: str, unit: str) -> float:
    """Read a decimal, `#H`, `#Q` or `#B` number with an optional unit and its multiplier: `20 MV` is 0.02."""
    if radix := _RADIX.match(token):
        try:
            return float(int(radix[2], {"H": 16, "Q": 8, "B": 2}[radix[1].upper()]))
        except ValueError:
            raise ScpiError(-104) from None
    match = _NUMBER.match(token)
    if match is None:
        raise ScpiError(-104)
    value, suffix = float(match[1].replace(" ", "")), match[2].upper()
    if suffix in ("MHZ", "MOHM") and suffix.endswith(unit):
        return value * 1e6
    multiplier = suffix.removesuffix(unit) if unit else suffix
    if suffix and (not unit or not suffix.endswith(unit) or multiplier not in _MULTIPLIERS):
        raise ScpiError(-131)
    return value * _MULTIPLIERS[multiplier]


def split_parameters(text: str, separator: str = ",") -> list[str]:
    """Split outside quotes and parentheses; blanks around a part go."""
    if not text.strip():
        return []
    parts, start, quote, depth = list[str](), 0, "", 0
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == separator and depth <= 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _forms(word: str) -> list[tuple[str, str]]:
    short = re.sub(r"[a-z]", "", word)
    return [(short, short), (short, word.upper())]
