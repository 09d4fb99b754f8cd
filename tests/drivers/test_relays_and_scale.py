"""Exact bytes of the relay board and the scale."""

import pytest

from drivers.k8090 import RelayBoard
from drivers.mt_sics import Scale
from rig.errors import ConnectionLost, InstrumentFault, NotSafe

# worked examples of the protocol manual's checksum rule, by hand: 04+18+00+00+00 = 1C, its complement E4
QUERY = bytes.fromhex("04 18 00 00 00 e4 0f")
FIRMWARE = bytes.fromhex("04 71 00 00 00 8b 0f")
DELAY_OF_RELAY_1 = bytes.fromhex("04 44 01 00 00 b7 0f")
FIRMWARE_IS_10_1 = bytes.fromhex("04 71 00 0a 01 80 0f")


def frame(*body):
    return bytes((4, *body, -(4 + sum(body)) & 0xFF, 15))


def status(on, timing=0, before=0):
    return frame(0x51, before, on, timing)


def query(relay):
    """What each request ends with: the status, then the delay of another relay each time."""
    return QUERY + frame(0x44, 1 << relay - 1, 0, 0)


def fence(relay):
    return frame(0x44, 1 << relay - 1, 0, 5)


def test_the_fence_by_hand():
    assert query(1) == QUERY + DELAY_OF_RELAY_1


@pytest.fixture
def board(wire, line_of, clock):
    wire.expect(FIRMWARE + query(1), FIRMWARE_IS_10_1 + status(0) + fence(1))
    board = RelayBoard(line_of("fault_box"), clock)
    assert board.firmware == (10, 1)
    return board


def test_set_and_clear(wire, board):
    on = bytes.fromhex("04 11 05 00 00 e6 0f")
    wire.expect(on + query(2), status(5) + status(5, before=5) + fence(2))
    assert board.set(1, 3).on == 0b101
    off = bytes.fromhex("04 12 04 00 00 e6 0f")
    wire.expect(off + query(3), status(1, before=5) + status(1) + fence(3))
    assert board.clear(3).on == 0b001


def test_nothing_changed_sends_no_event_of_its_own(wire, board):
    wire.expect(frame(0x12, 1, 0, 0) + query(2), status(0) + fence(2))
    assert board.clear(1).on == 0


def test_a_relay_that_did_not_switch(wire, board):
    # the event claims it did; the status asked for afterwards is what counts
    wire.expect(frame(0x11, 1, 0, 0) + query(2), status(1) + status(0) + fence(2))
    wire.expect(frame(0x11, 1, 0, 0) + query(3), status(0) + fence(3))
    with pytest.raises(InstrumentFault, match="didn't switch"):
        board.set(1)


def test_a_request_that_got_lost_is_repeated(wire, board):
    wire.expect(frame(0x11, 1, 0, 0) + query(2), status(0) + fence(2))
    wire.expect(frame(0x11, 1, 0, 0) + query(3), status(1) + status(1) + fence(3))
    assert board.set(1).on == 1


def test_timer(wire, board):
    wire.expect(frame(0x41, 0x80, 0, 2) + query(2), status(0x80, 0x80) + fence(2))
    assert board.start_timer((8,), 2).timing == 0x80
    wire.expect(frame(0x42, 0x80, 1, 44) + query(3), status(0) + fence(3))
    board.set_delay((8,), 300)
    wire.expect(frame(0x41, 0x80, 0, 2) + query(4), status(0x80, 0) + fence(4))
    wire.expect(frame(0x41, 0x80, 0, 2) + query(5), status(0x80, 0) + fence(5))
    with pytest.raises(InstrumentFault, match="didn't start"):
        board.start_timer((8,), 2)


def test_noise_between_frames(wire, board):
    noise = b"\x04\x51\xff\x04"
    wire.expect(query(2), noise + status(3) + b"\x00" + fence(2))
    assert board.status().on == 3


def test_make_safe(wire, board):
    off = frame(0x12, 0xFF, 0, 0)
    wire.expect(off + query(2), status(0) + fence(2))
    board.make_safe()
    wire.expect(off + query(3), status(2) + fence(3))
    wire.expect(off + query(4), status(2) + fence(4))
    with pytest.raises(NotSafe, match="00000010 stayed on"):
        board.make_safe()


def test_a_late_answer_is_not_taken_for_the_next_one(wire, board):
    wire.expect(query(2))
    wire.expect(query(3))
    with pytest.raises(ConnectionLost):
        board.status()
    # both answers come now, behind the next request and before its own: relays that were off then are on now
    late = status(0) + fence(2) + status(0) + fence(3)
    wire.expect(query(4), late + status(0x80) + fence(4))
    assert board.status().on == 0x80


def test_a_second_copy_is_not_taken_for_the_next_answer(wire, board):
    wire.expect(query(2), (status(0) + fence(2)) * 2)
    assert board.status().on == 0
    wire.expect(query(3), status(1) + fence(3))
    assert board.status().on == 1


def test_silent_board(wire, line_of, clock):
    wire.expect(FIRMWARE + query(1), b"")
    wire.expect(FIRMWARE + query(2), b"")
    with pytest.raises(ConnectionLost, match="fault_box"):
        RelayBoard(line_of("fault_box"), clock)
    assert clock.seconds == 1.0  # two attempts


@pytest.mark.parametrize("relay", [0, 9])
def test_no_such_relay(board, relay):
    with pytest.raises(InstrumentFault, match="no relay"):
        board.set(relay)


@pytest.fixture
def scale(wire, line_of, clock):
    # a first line may be broken: the scale was talking when we opened the port
    wire.expect(b"@\r\n", b'2 g\r\nI4 A "B021002593"\r\n')
    wire.expect(b"I4\r\n", b'I4 A "B021002593"\r\n')
    scale = Scale(line_of("scale"), clock)
    assert scale.serial == "B021002593"
    return scale


def weigh(wire, command, first, second, fence):
    wire.expect(f"{command}\r\n", f"{first}\r\n")
    wire.expect(f"{command}\r\n", f"{second}\r\n")
    wire.expect(f"{fence}\r\n", f'{fence} A "whatever"\r\n')


def test_a_wrong_digit_is_not_a_force(wire, scale):
    weigh(wire, "SI", "S S 512.45 g", "S S 312.45 g", "I1")
    weigh(wire, "SI", "S S 312.45 g", "S S 312.47 g", "I2")
    assert scale.force_newtons() == pytest.approx(3.0642, abs=1e-4)


def test_forces_that_never_agree(wire, scale):
    for fence in ("I1", "I2", "I3"):
        weigh(wire, "SI", "S S 512.45 g", "S S 312.45 g", fence)
    with pytest.raises(InstrumentFault, match=r"5\.03 N and 3\.06 N"):
        scale.force_newtons()


def test_a_late_weight_is_not_the_next_one(wire, scale):
    wire.expect(b"SI\r\n")
    with pytest.raises(ConnectionLost):
        scale.force_newtons()
    # the old weight comes behind the next question: everything is one answer late, so there is one too many
    weigh(wire, "SI", "S S 100.00 g\r\nS S 312.45 g", "S S 312.45 g", "I1")
    weigh(wire, "SI", "S S 312.45 g", "S S 312.45 g", "I2")
    assert scale.force_newtons() == pytest.approx(3.0641, abs=1e-4)


@pytest.mark.parametrize(
    ("reply", "newtons"),
    [
        ("S S     312.45 g", 3.06409),
        ("S D    -100.00 g", -0.980665),
        ("S S       1.5000 kg", 14.709975),
    ],
)
def test_force(wire, scale, reply, newtons):
    weigh(wire, "SI", reply, reply, "I1")
    assert scale.force_newtons() == pytest.approx(newtons, rel=1e-5)


def test_stable_zero_tare(wire, scale):
    wire.expect(b"Z\r\n", "Z A\r\n")
    wire.expect(b"T\r\n", "T S     10.00 g\r\n")
    weigh(wire, "S", "S S      0.00 g", "S S      0.00 g", "I1")
    scale.zero()
    scale.tare()
    assert scale.stable_force_newtons() == 0.0


@pytest.mark.parametrize(
    "reply", ["ES", "ET", "EL", "S I", "S +", "S -", "S S 1.0 lb", "S S x g", "S S", "S S 1_0 g", "S S nan g"]
)
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
