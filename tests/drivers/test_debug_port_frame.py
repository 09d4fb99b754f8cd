"""Frames of the debug port: known bytes, and properties that hold for all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.debug_port_frame import (
    Event,
    FrameError,
    Reply,
    WrongCrc,
    body_of,
    crc16,
    encode,
    parse,
    request,
)

small = settings(max_examples=60, derandomize=True, deadline=None, database=None)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
words = st.text(st.sampled_from("ABCxyz0189._,-+"), min_size=1, max_size=8)
keys = st.text(st.sampled_from("abcxyz_0189"), min_size=1, max_size=6)


def test_crc_check_value():
    assert crc16(b"123456789") == 0x29B1


def test_known_bytes():
    # CRC worked out with a bitwise implementation, independent of the one in the driver
    def bitwise(data):
        value = 0xFFFF
        for byte in data:
            value ^= byte << 8
            for _ in range(8):
                value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
        return value

    assert request(7, "LVL 3") == b"!7 LVL 3*%04X\r\n" % bitwise(b"7 LVL 3")


@small
@given(printable)
def test_what_is_encoded_is_decoded(body):
    assert body_of(encode("@", body)) == "@" + body


@small
@given(st.integers(0, 65535), st.dictionaries(keys, words, max_size=6))
def test_replies(sequence, fields):
    tail = "".join(f" {key}={value}" for key, value in fields.items())
    reply = parse(encode("@", f"{sequence} OK{tail}"))
    assert reply == Reply(sequence, None, None, fields)


@small
@given(st.integers(0, 2**32), words, st.dictionaries(keys, words, max_size=6))
def test_events(milliseconds, kind, fields):
    tail = "".join(f" {key}={value}" for key, value in fields.items())
    event = parse(encode("#", f"{milliseconds} {kind}{tail}"))
    assert event == Event(milliseconds / 1000.0, kind, fields)


@small
@given(st.binary(max_size=300))
def test_garbage_is_never_more_than_a_frame_error(data):
    try:
        parse(data)
    except FrameError:
        return
    raise AssertionError(f"{data!r} passed as a frame")  # one in 65536 times as many examples


@small
@given(printable, st.data())
def test_every_single_byte_error_is_noticed(body, data):
    line = bytearray(encode("@", "1 OK a=" + body.replace("@", "").replace("#", "")))
    place = data.draw(st.integers(1, len(line) - 8))
    line[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FrameError):
        parse(bytes(line))


@small
@given(st.binary(max_size=20).filter(lambda noise: b"@" not in noise and b"#" not in noise))
def test_noise_before_a_frame(noise):
    assert parse(noise + encode("#", "12 BOOT reason=POWER fw=1.4.2")).kind == "BOOT"


def test_lower_case_crc_is_accepted():
    line = encode("@", "9 OK k=v")
    assert parse(line.lower().replace(b"ok", b"OK")) == Reply(9, None, None, {"k": "v"})


def test_errors():
    assert parse(encode("@", "12 ERR 4 RANGE")) == Reply(12, 4, "RANGE", {})
    assert parse(encode("@", "- ERR 1 BAD_CRC")) == Reply(None, 1, "BAD_CRC", {})


def test_a_log_text_keeps_its_spaces():
    assert parse(encode("#", "5 LOG text=motor warm again")).fields == {"text": "motor warm again"}


@pytest.mark.parametrize(
    "body",
    ["", "7", "7 ", "7 YES", "x OK", "+7 OK", "7_0 OK", "7 ERR", "7 ERR x NAME", "- OK", "7 OK junk"],
)
def test_sound_crc_but_no_reply(body):
    with pytest.raises(FrameError) as caught:
        parse(encode("@", body))
    assert not isinstance(caught.value, WrongCrc)


def test_wrong_crc_is_told_from_garbage():
    with pytest.raises(WrongCrc):
        parse(b"@7 OK*0000\r\n")
    with pytest.raises(FrameError) as caught:
        parse(b"@7 OK\r\n")
    assert not isinstance(caught.value, WrongCrc)


@pytest.mark.parametrize("command", ["LVL\n3", "LVL\t3", "PROG NÄCK", "X" * 300])
def test_what_cannot_be_sent(command):
    with pytest.raises(FrameError):
        request(1, command)


@pytest.mark.parametrize("sequence", [-1, 65536])
def test_sequence_out_of_range(sequence):
    with pytest.raises(FrameError):
        request(sequence, "STOP")
