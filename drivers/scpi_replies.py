"""The grammar of SCPI replies: what is a number, a repeated reply, an answered setting; pure functions.

Source: IEEE 488.2-1992, chapter 8 (NR1, NR2, NR3), and SCPI-1999 volume 1, chapter 7 (short and long forms).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

OVERLOAD = 9.9e37  # SCPI: this and above (9.91E37 is "not a number") are no readings
RELATIVE_TOLERANCE = 1e-4  # a setting is answered as the instrument rounded it
ABSOLUTE_TOLERANCE = 1e-6

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_STATES = {"ON": "1", "OFF": "0"}


class Garbled(ValueError):  # noqa: N818
    """A reply that can't be the one to this message."""


class Malformed(ValueError):  # noqa: N818
    """A reply that isn't of its format, and wouldn't be another time."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that can be asked back: `HEADER value[, (@channels)]` and `HEADER? [(@channel)]`."""

    header: str
    value: str
    channels: Sequence[int] = ()

    @property
    def command(self) -> str:
        """What sets it."""
        where = f", (@{','.join(map(str, self.channels))})" if self.channels else ""
        return f"{self.header} {self.value}{where}"

    @property
    def queries(self) -> list[str]:
        """What asks it back, channel by channel: instruments differ in how they list several."""
        return [f"{self.header}? (@{channel})" for channel in self.channels] or [f"{self.header}?"]


def setting(header: str, value: str | float, channels: Sequence[int] = ()) -> Setting:
    """Return a setting; a number is sent with six digits."""
    return Setting(header, value if isinstance(value, str) else f"{value:g}", tuple(channels))


def number(text: str) -> float:
    """Read one number; raises ValueError for what is none, for overload, NaN and infinity."""
    if _NUMBER.fullmatch(text.strip()) is None:
        raise ValueError(f"answered {text!r}: no reading")
    value = float(text)
    if not math.isfinite(value) or abs(value) >= OVERLOAD:
        raise ValueError(f"answered {text}: overload or no reading")
    return value


def untagged(reply: str, tag: int) -> str:
    """Return what follows the tag in a reply; raises Garbled when it carries another one."""
    found, _, body = reply.partition(";")
    if found.removeprefix("+") != str(tag):
        raise Garbled(f"a reply to another message: {reply[:40]!r}")
    return body


def repeated(body: str) -> str:
    """Return what a reply says twice; raises Garbled when it doesn't say the same thing twice."""
    half = len(body) // 2
    if len(body) % 2 == 0 or body[half] != ";" or body[:half] != body[half + 1 :]:
        raise Garbled(f"two copies that differ: {body[:80]!r}")
    return body[:half].strip()


def answers(asked: str, answered: str) -> bool:
    """Whether an instrument's answer is the value it was asked to take: rounded, quoted, in short or long form."""
    ours, theirs = (text.strip().strip('"').upper() for text in (asked, answered))
    ours, theirs = (_STATES.get(text, text) for text in (ours, theirs))
    if _NUMBER.fullmatch(ours) and _NUMBER.fullmatch(theirs):
        return math.isclose(float(ours), float(theirs), rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    if not ours or not theirs or theirs.startswith("(") or ours.startswith("("):
        return ours == theirs
    return ours.startswith(theirs) or theirs.startswith(ours)


def error_number(reply: str) -> int:
    """Return the number of an error queue's entry; anything unreadable isn't "no error"."""
    digits = reply.partition(",")[0].strip()
    return int(digits) if re.fullmatch(r"[+-]?\d{1,6}", digits, re.ASCII) else -300
