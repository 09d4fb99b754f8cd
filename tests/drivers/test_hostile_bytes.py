"""Whatever bytes arrive: a right value or a named error, never a wrong number and never another exception."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.debug_port import DebugPort
from drivers.debug_port_frame import encode
from drivers.k8090 import FRAME_BYTES, RelayBoard, _frame
from drivers.massager import Massager
from drivers.mt_sics import Scale
from drivers.scpi import ScpiSession
from drivers.scpi_replies import OVERLOAD
from rig.errors import InstrumentFault, NoReply, RigError
from tests.drivers.conftest import InstantClock

FEW = settings(max_examples=60, deadline=None, derandomize=True)
LINES = st.binary(max_size=40).map(lambda data: b"@" + data + b"\r\n")
CHUNKS = st.lists(st.one_of(st.binary(max_size=80), LINES), max_size=6)
NO_READINGS = ("9.9E37", "+9.91E+37", "1_0", "٣", " 7 ", "inf")
WORDS = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12), max_size=6)


class Babbler:
    """A line that says what it likes, whatever it is asked."""

    role, url, baud = "unit", "nowhere", 115200

    def __init__(self, chunks, *, again=False):
        self.chunks = list(chunks)
        self._again = again
        self.clock = InstantClock()

    def write(self, data, told=None):
        pass

    def take(self):
        if self._again:
            self.chunks.append(self.chunks[0])
        return self.chunks.pop(0) if self.chunks else b""


@FEW
@given(CHUNKS)
def test_garbage_on_the_debug_port_is_no_reply(chunks):
    port = DebugPort(Babbler(chunks), first_sequence=70)
    with pytest.raises(NoReply):
        port.send("ID?")


@FEW
@given(st.integers(0, 65535), WORDS)
def test_only_the_reply_with_our_number_is_ours(sequence, words):
    line = Babbler([encode("@", f"{sequence} OK sn={'-'.join(words)}")])
    port = DebugPort(line, first_sequence=70)
    if sequence == 70:
        assert port.send("ID?")["sn"] == "-".join(words)
    else:
        with pytest.raises(NoReply):
            port.send("ID?")


@FEW
@given(WORDS, st.sampled_from(("identity", "status", "read", "fault", "coast")))
def test_a_sound_frame_with_wrong_words_is_an_error_of_the_unit(words, question):
    body = "70 OK " + " ".join(f"{word}=1" for word in words)
    unit = Massager(Babbler([encode("@", body)]), InstantClock(), "KEY", first_sequence=70)
    with pytest.raises(RigError) as raised:
        getattr(unit, question)()
    assert str(raised.value).isprintable()


@FEW
@given(
    st.one_of(st.text(max_size=20), st.floats().map(repr), st.sampled_from(("9.9E37", "+9.91E+37", "1_0", "٣", " 7 ")))
)
def test_a_reading_is_a_finite_number_or_an_error(text):
    session = ScpiSession.__new__(ScpiSession)
    session.role, session.model, session.address = "current", "DMM6500", "nowhere"
    try:
        value = session.number(text, "READ?")
    except InstrumentFault:
        return
    assert math.isfinite(value)
    assert abs(value) < OVERLOAD
    assert text.strip().isascii()
    assert "_" not in text


@FEW
@given(st.lists(st.one_of(st.binary(max_size=9), st.builds(_frame, *[st.integers(0, 255)] * 4)), max_size=6), st.data())
def test_relay_frames_are_the_same_however_they_are_cut(parts, data):
    stream = b"".join(parts)
    board = RelayBoard.__new__(RelayBoard)
    board._received = bytearray()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    whole, pieces = [], []
    board.line = Babbler([stream])
    whole += board._frames()
    board._received.clear()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        board.line = Babbler([stream[start:end]])
        pieces += board._frames()
    assert pieces == whole
    assert all(_frame(*frame) in stream for frame in whole)
    assert len(whole) <= len(stream) // FRAME_BYTES


@FEW
@given(st.one_of(st.binary(max_size=40), WORDS.map(lambda words: " ".join(["S", "S", *words]).encode())))
def test_a_weight_is_a_finite_number_or_an_error(reply):
    scale = Scale.__new__(Scale)
    line = Babbler([b'I4 A "1"\r\n'], again=True)
    Scale.__init__(scale, line, line.clock)
    line.chunks = [reply + b"\r\n"]
    try:
        value = scale.force_newtons()
    except RigError:
        return
    assert math.isfinite(value)
