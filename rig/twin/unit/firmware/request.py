"""One request on the debug port: its arguments' grammar, and its answer."""

import math
from collections.abc import Callable
from dataclasses import dataclass

ERRORS = {
    "BAD_CRC": 1,
    "UNKNOWN": 2,
    "ARGS": 3,
    "RANGE": 4,
    "STATE": 5,
    "LOCKED": 6,
    "BUSY": 7,
    "FAULT": 8,
}

Value = float | str
Parse = Callable[[str], Value]


class Refusal(Exception):  # noqa: N818 - an answer of the interface, not a failure of the twin
    """An ERR answer; the name is one of ERRORS."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def refusal(name: str) -> str:
    """The text of an ERR answer."""
    return f"ERR {ERRORS[name]} {name}"


@dataclass(frozen=True, slots=True)
class Answer:
    """OK with fields, after a delay; `then` acts once the reply has left the wire and 20 ms have passed."""

    fields: str = ""
    milliseconds: float = 0.0
    then: Callable[[], None] | None = None


class Deferred:
    """An answer that comes when something has happened; the port sets `send`."""

    def __init__(self) -> None:
        self.send: Callable[[str], None] | None = None

    def ok(self, fields: str) -> None:
        """Answer now."""
        if self.send is not None:
            self.send(f"OK {fields}")

    def refuse(self, name: str) -> None:
        """Answer with an error now."""
        if self.send is not None:
            self.send(refusal(name))


@dataclass(frozen=True, slots=True)
class Spec:
    """One argument: how it's read (ARGS when it can't be) and what it may be (RANGE outside)."""

    parse: Parse
    low: float = -math.inf
    high: float = math.inf

    def read(self, text: str) -> Value:
        """The value; Refusal ARGS when malformed."""
        return self.parse(text)

    def inside(self, value: Value) -> bool:
        """Whether a number is in its range."""
        return isinstance(value, str) or self.low <= value <= self.high


def integer(low: float, high: float) -> Spec:
    """A decimal integer."""

    def parse(text: str) -> Value:
        digits = text[1:] if text.startswith("-") else text
        if not (digits.isascii() and digits.isdigit()):
            raise Refusal("ARGS")
        return float(int(text))

    return Spec(parse, low, high)


def number(low: float, high: float) -> Spec:
    """A decimal number."""

    def parse(text: str) -> Value:
        try:
            value = float(text)
        except ValueError:
            raise Refusal("ARGS") from None
        if not math.isfinite(value) or "_" in text:
            raise Refusal("ARGS")
        return value

    return Spec(parse, low, high)


def word(*allowed: str) -> Spec:
    """One of some words; another word can't be understood."""

    def parse(text: str) -> Value:
        if text not in allowed:
            raise Refusal("ARGS")
        return text

    return Spec(parse)


def hexadecimal(digits: int) -> Spec:
    """A hex number of so many digits."""

    def parse(text: str) -> Value:
        if len(text) != digits or any(letter not in "0123456789abcdefABCDEF" for letter in text):
            raise Refusal("ARGS")
        return text

    return Spec(parse)


def anything() -> Spec:
    """Any word."""
    return Spec(lambda text: text)
