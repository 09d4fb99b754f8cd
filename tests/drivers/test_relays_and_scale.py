"""Exact bytes of the relay board and the scale."""

import pytest

from drivers.k8090 import RelayBoard
from drivers.mt_sics import Scale
from rig.errors import ConnectionLost, InstrumentFault, NotSafe

# worked examples of the protocol manual's checksum rule, by hand: 04+18+00+00+00 = 1C, its complement E4
QUERY = bytes.fromhex("04 18 00 00 00 e4 0f")
FIRMWARE = bytes.fromhex("04 71 00 00 00 8b 0f")
FIRMWARE_IS_10_1 = bytes.fromhex("04 71 00 0a 01 80 0f")


def frame(*body):
    return bytes((4, *body, -(4 + sum(body)) & 0xFF, 15))


def status(on, timing=0, before=0):
    return frame(0x51, before, on, timing)


@pytest.fixture
def board(wire, line_of, clock):
    wire.expect(QUERY + FIRMWARE, status(0) + FIRMWARE_IS_10_1)
    board = RelayBoard(line_of("fault_box"), clock)
    assert board.firmware == (10, 1)
    return board


def test_set_and_clear(wire, board):
    on = bytes.fromhex("04 11 05 00 00 e6 0f")
    wire.expect(on + QUERY + FIRMWARE, status(5) + status(5, before=5) + FIRMWARE_IS_10_1)
    assert board.set(1, 3).on == 0b101
    off = bytes.fromhex("04 12 04 00 00 e6 0f")
    wire.expect(off + QUERY + FIRMWARE, status(1, before=5) + status(1) + FIRMWARE_IS_10_1)
    assert board.clear(3).on == 0b001


def test_nothing_changed_sends_no_event_of_its_own(wire, board):
    wire.expect(frame(0x12, 1, 0, 0) + QUERY + FIRMWARE, status(0) + FIRMWARE_IS_10_1)
    assert board.clear(1).on == 0


def test_a_relay_that_did_not_switch(wire, board):
    # the event claims it did; the status asked for afterwards is what counts
    wire.expect(frame(0x11, 1, 0, 0) + QUERY + FIRMWARE, status(1) + status(0) + FIRMWARE_IS_10_1)
    with pytest.raises(InstrumentFault, match="didn't switch"):
        board.set(1)


def test_timer(wire, board):
    wire.expect(frame(0x41, 0x80, 0, 2) + QUERY + FIRMWARE, status(0x80, 0x80) + FIRMWARE_IS_10_1)
    assert board.start_timer((8,), 2).timing == 0x80
    wire.expect(frame(0x42, 0x80, 1, 44) + QUERY + FIRMWARE, status(0) + FIRMWARE_IS_10_1)
    board.set_delay((8,), 300)
    wire.expect(frame(0x41, 0x80, 0, 2) + QUERY + FIRMWARE, status(0x80, 0) + FIRMWARE_IS_10_1)
    with pytest.raises(InstrumentFault, match="didn't start"):
        board.start_timer((8,), 2)


def test_noise_between_frames(wire, board):
    noise = b"\x04\x51\xff\x04"
    wire.expect(QUERY + FIRMWARE, noise + status(3) + b"\x00" + FIRMWARE_IS_10_1)
    assert board.status().on == 3


def test_make_safe(wire, board):
    off = frame(0x12, 0xFF, 0, 0) + QUERY + FIRMWARE
    wire.expect(off, status(0) + FIRMWARE_IS_10_1)
    board.make_safe()
    wire.expect(off, status(2) + FIRMWARE_IS_10_1)
    with pytest.raises(NotSafe, match="00000010 stayed on"):
        board.make_safe()


def test_silent_board(wire, line_of, clock):
    wire.expect(QUERY + FIRMWARE, b"")
    with pytest.raises(ConnectionLost, match="fault_box"):
        RelayBoard(line_of("fault_box"), clock)
    assert clock.seconds == 0.5


@pytest.mark.parametrize("relay", [0, 9])
def test_no_such_relay(board, relay):
    with pytest.raises(InstrumentFault, match="no relay"):
        board.set(relay)


@pytest.fixture
def scale(wire, line_of, clock):
    # a first line may be broken: the scale was talking when we opened the port
    wire.expect(b"@\r\n", b'2 g\r\nI4 A "B021002593"\r\n')
    scale = Scale(line_of("scale"), clock)
    assert scale.serial == "B021002593"
    return scale


@pytest.mark.parametrize(
    ("reply", "newtons"),
    [
        ("S S     312.45 g", 3.06409),
        ("S D    -100.00 g", -0.980665),
        ("S S       1.5000 kg", 14.709975),
    ],
)
def test_force(wire, scale, reply, newtons):
    wire.expect(b"SI\r\n", reply + "\r\n")
    assert scale.force_newtons() == pytest.approx(newtons, rel=1e-5)


def test_stable_zero_tare(wire, scale):
    wire.expect(b"Z\r\n", "Z A\r\n")
    wire.expect(b"T\r\n", "T S     10.00 g\r\n")
    wire.expect(b"S\r\n", "S S      0.00 g\r\n")
    scale.zero()
    scale.tare()
    assert scale.stable_force_newtons() == 0.0


@pytest.mark.parametrize("reply", ["ES", "ET", "EL", "S I", "S +", "S -", "S S 1.0 lb", "S S x g", "S S"])
def test_no_weight_is_never_a_number(wire, scale, reply):
    wire.expect(b"SI\r\n", reply + "\r\n")
    with pytest.raises(InstrumentFault, match="scale"):
        scale.force_newtons()


def test_zero_refused_while_vibrating(wire, scale):
    wire.expect(b"Z\r\n", "Z I\r\n")
    with pytest.raises(InstrumentFault, match="rest"):
        scale.zero()


def test_silent_scale(wire, scale):
    wire.expect(b"SI\r\n", b"")
    with pytest.raises(ConnectionLost, match="no reply to SI"):
        scale.force_newtons()
