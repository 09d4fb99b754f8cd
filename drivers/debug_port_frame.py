"""Frames of the VS-1 debug port: pure functions from text to bytes and back.

Source: the interface document, docs/reference/debug-port.md, "Framing".
"""

import re
from binascii import crc_hqx
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LINE_BYTES = 256  # the longest line, line end included
_SECRET = re.compile(r"(TEST\s+UNLOCK)\s[^\r\n]*")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


class FrameError(ValueError):
    """These bytes are no frame of the debug port."""


class WrongCrc(FrameError):  # noqa: N818
    """The bytes have the shape of a frame, but its CRC is wrong."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a request; `sequence` is None in `@- ERR 1 BAD_CRC`, where the device couldn't read it."""

    sequence: int | None
    error_number: int | None
    error_name: str | None
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """An unsolicited line; `unit_seconds` is the unit's own clock."""

    unit_seconds: float
    kind: str
    fields: Mapping[str, str]


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, not reflected; "123456789" gives 29B1."""
    return crc_hqx(data, 0xFFFF)


def encode(mark: str, body: str) -> bytes:
    """Build a complete line from its mark (`!`, `@` or `#`) and its body.

    Raises FrameError when the body isn't printable ASCII, or the line gets longer than 256 bytes.
    """
    if not body.isascii() or not body.isprintable():
        raise FrameError(f"not printable ASCII: {body!r}")
    data = body.encode("ascii")
    line = mark.encode("ascii") + data + b"*%04X\r\n" % crc16(data)
    if len(line) > LINE_BYTES:
        raise FrameError(f"line of {len(line)} bytes; at most {LINE_BYTES} are allowed")
    return line


def request(sequence: int, command: str) -> bytes:
    """Build a request line: `!<seq> <COMMAND> [arg ...]*<CRC>`."""
    if not 0 <= sequence <= 0xFFFF:
        raise FrameError(f"sequence number {sequence} is not in 0..65535")
    return encode("!", f"{sequence} {command}")


def masked(text: str) -> str:
    """Return a command or line with what unlocks TEST replaced, its check digits included, for whoever reads about it.

    The response is linear in the challenge: who has seen one pair can answer any other challenge.
    """
    return _SECRET.sub(r"\1 ********", text)


def body_of(line: bytes, marks: str = "@#") -> str:
    """Return the body of a line with its mark, without the CRC, after checking it.

    Noise before the frame is skipped. Raises WrongCrc, or FrameError when nothing looks like a frame.
    """
    text = line.decode("ascii", "backslashreplace").rstrip("\r\n")
    seen_frame = False
    for start, character in enumerate(text):
        if character not in marks:
            continue
        body, star, crc = text[start + 1 :].rpartition("*")
        if not star or len(crc) != 4 or not _HEX_DIGITS.issuperset(crc):
            continue
        seen_frame = True
        if body.isascii() and crc16(body.encode("ascii")) == int(crc, 16):
            return character + body
    if seen_frame:
        raise WrongCrc(f"wrong CRC: {text!r}")
    raise FrameError(f"no frame: {text!r}")


def parse(line: bytes) -> Reply | Event:
    """Understand one line of the device.

    Raises WrongCrc, or FrameError when the line isn't a frame or its words aren't those of a reply or event.
    """
    body = body_of(line)
    words = body[1:].split(" ")
    if body[0] == "#":
        return _event(words)
    sequence = None if words[0] == "-" else _number(words[0])
    if len(words) >= 4 and words[1] == "ERR":
        return Reply(sequence, _number(words[2]), words[3], _fields([]))
    if len(words) >= 2 and words[1] == "OK" and sequence is not None:
        return Reply(sequence, None, None, _fields(words[2:]))
    raise FrameError(f"neither OK nor ERR: {body!r}")


def _event(words: list[str]) -> Event:
    if len(words) < 2 or not words[1]:
        raise FrameError("event without a kind")
    return Event(_number(words[0]) / 1000.0, words[1], _fields(words[2:]))


def _number(word: str) -> int:
    # int() alone would take "+1", "1_0" and other scripts' digits
    if not (word.isascii() and word.isdigit()):
        raise FrameError(f"not a decimal number: {word!r}")
    return int(word)


def _fields(words: list[str]) -> Mapping[str, str]:
    """Fields `key=value`; a word without `=` belongs to the value before it (log texts have spaces)."""
    fields: dict[str, str] = {}
    last = ""
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            last = key
            fields[key] = value
        elif last:
            fields[last] += " " + word
        elif word:
            raise FrameError(f"no key=value: {word!r}")
    return MappingProxyType(fields)
