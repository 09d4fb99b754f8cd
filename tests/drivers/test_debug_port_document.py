"""The interface document's own examples must be right: strangers build devices from them."""

import re
import zlib
from pathlib import Path

import pytest

from drivers.debug_port import LATER_SECONDS, SENT_ONCE
from drivers.debug_port_frame import body_of, crc16, encode, request

DOCUMENT = (Path(__file__).parents[2] / "docs/reference/debug-port.md").read_text(encoding="utf-8")
FRAMES = re.findall(r"(?<![`\w])([!@#][^`\n<]*\*[0-9A-F]{4})\b", DOCUMENT)
SESSION = [line.strip() for line in DOCUMENT.partition("## A session")[2].splitlines() if "*" in line]


def test_there_are_examples():
    assert len(FRAMES) >= 10
    assert len(SESSION) == 9


@pytest.mark.parametrize("line", [*SESSION, "!7 STOP*CA87", "@7 OK*9B9F", "@- ERR 1 BAD_CRC*B96B"])
def test_crc_of_every_example(line):
    body = body_of(line.encode() + b"\r\n", "!@#")
    assert encode(body[0], body[1:]) == line.encode() + b"\r\n"


def test_worked_bytes():
    covered, crc = re.search(r"((?:[0-9A-F]{2} )+) ->  ([0-9A-F]{4})", DOCUMENT).groups()
    assert crc16(bytes.fromhex(covered)) == int(crc, 16)
    whole = re.search(r"^    (21 [0-9A-F ]+0D 0A)$", DOCUMENT, re.MULTILINE).group(1)
    assert bytes.fromhex(whole) == request(7, "STOP")
    assert "`37 20 4F 4B` and gives `9B9F`" in DOCUMENT
    assert crc16(bytes.fromhex("37 20 4F 4B")) == 0x9B9F
    assert crc16(b"123456789") == 0x29B1


def test_worked_challenge():
    assert zlib.crc32(b"9C41E07BVS1FACTORY") == 0x710F9271
    assert "!41526 TEST UNLOCK 710F9271*" in DOCUMENT


def test_every_command_is_in_the_table():
    rows = re.findall(r"^\| `([A-Z? ]+)", DOCUMENT, re.MULTILINE)
    documented = {row.strip() for row in rows}
    assert documented.issuperset(SENT_ONCE)
    assert documented.issuperset(LATER_SECONDS)
    assert {"ID?", "STAT?", "READ?", "TELE", "LVL", "HEAT", "PROG", "STOP", "BTN", "HUMAN ON"} <= documented


def test_the_driver_sends_only_what_is_documented():
    source = (Path(__file__).parents[2] / "drivers/massager.py").read_text(encoding="utf-8")
    sent = re.findall(r'(?:send|_typed)\(f?"([A-Z? ]+)', source)
    assert len(sent) > 25
    for command in sent:
        assert f"`{command.strip()}" in DOCUMENT
