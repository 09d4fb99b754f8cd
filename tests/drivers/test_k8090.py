"""Exact bytes of the relay board, and when they are written."""

from itertools import pairwise

import pytest

from drivers.k8090 import FRAME_SECONDS, GAP_SECONDS, SILENT_SECONDS, RelayBoard
from rig.errors import ConnectionLost, InstrumentFault, NotSafe

# worked examples of the protocol manual's checksum rule, by hand: 04+18+00+00+00 = 1C, its complement E4
QUERY = bytes.fromhex("04 18 00 00 00 e4 0f")
FIRMWARE = bytes.fromhex("04 71 00 00 00 8b 0f")
DELAY_OF_RELAY_1 = bytes.fromhex("04 44 01 01 00 b6 0f")
FIRMWARE_IS_10_1 = bytes.fromhex("04 71 00 0a 01 80 0f")
TIMER_2_S = bytes.fromhex("04 41 80 00 02 39 0f")


def frame(*body):
    return bytes((4, *body, -(4 + sum(body)) & 0xFF, 15))


def status(on, timing=0, before=0):
    return frame(0x51, before, on, timing)


def query(relay, asks=1):
    return frame(0x44, 1 << relay - 1, asks, 0)


def fence(relay):
    return frame(0x44, 1 << relay - 1, 0, 5)


@pytest.fixture
def told(wire):
    """Expect a request whose event tells that a relay changed, then the fence; each frame in a write of its own."""

    def expect(request, event, relay):
        wire.expect(request, event)
        wire.expect(query(relay), fence(relay))

    return expect


@pytest.fixture
def asked(wire):
    """Expect the status asked for, then the fence."""

    def expect(answer, relay):
        wire.expect(QUERY, answer)
        wire.expect(query(relay), fence(relay))

    return expect


@pytest.fixture
def line(line_of):
    return line_of("fault_box")


@pytest.fixture
def board(wire, line, clock, asked):
    wire.expect(FIRMWARE, FIRMWARE_IS_10_1)
    asked(status(0), 1)
    board = RelayBoard(line, clock)
    assert board.firmware == (10, 1)
    return board


def test_frames_by_hand():
    assert query(1) == DELAY_OF_RELAY_1
    assert frame(0x41, 0x80, 0, 2) == TIMER_2_S


def test_set_and_clear(board, told):
    told(bytes.fromhex("04 11 05 00 00 e6 0f"), status(5), 2)
    assert board.set(1, 3).on == 0b101
    told(bytes.fromhex("04 12 04 00 00 e6 0f"), status(1, before=5), 3)
    assert board.clear(3).on == 0b001


def test_nothing_changed_sends_no_event_so_the_status_is_asked_for(wire, board, asked):
    wire.expect(frame(0x12, 1, 0, 0))
    asked(status(0), 2)
    assert board.clear(1).on == 0


def test_a_relay_that_did_not_switch(wire, board, asked):
    for relay in (2, 3, 4):
        wire.expect(frame(0x11, 1, 0, 0))
        asked(status(0), relay)
    with pytest.raises(InstrumentFault, match="didn't switch"):
        board.set(1)


def test_an_event_that_says_something_else_is_not_enough(wire, board, asked):
    wire.expect(frame(0x11, 1, 0, 0), status(2))
    asked(status(3), 2)
    assert board.set(1).on == 3


def test_a_request_that_got_lost_is_repeated(wire, board, asked, told):
    wire.expect(frame(0x11, 1, 0, 0))
    asked(status(0), 2)
    told(frame(0x11, 1, 0, 0), status(1), 3)
    assert board.set(1).on == 1


def test_timer(wire, board, told, asked):
    told(TIMER_2_S, status(0x80, 0x80), 2)
    assert board.start_timer((8,), 2).timing == 0x80
    for relay in (3, 4, 5):
        wire.expect(TIMER_2_S)
        asked(status(0x80, 0), relay)
    with pytest.raises(InstrumentFault, match="didn't start"):
        board.start_timer((8,), 2)


def test_a_restart_lets_others_use_the_board_meanwhile(wire, board, told, asked, clock):
    told(TIMER_2_S, status(0x80, 0x80), 2)
    board.start_timer((8,), 2)
    wire.expect(TIMER_2_S)
    told(frame(0x11, 1, 0, 0), status(0x81, 0x80, before=0x80), 3)
    asked(status(0x81, 0x80, before=0x80), 4)
    waits = []

    def meanwhile(seconds):
        waits.append(seconds)
        board.set(1)

    assert board.start_timer((8,), 2, meanwhile).on == 0x81
    assert waits == [pytest.approx(FRAME_SECONDS + SILENT_SECONDS)]


def test_a_restart_never_closes_what_was_made_safe_meanwhile(wire, board, told, asked):
    told(TIMER_2_S, status(0x80, 0x80), 2)
    board.start_timer((8,), 2)
    wire.expect(TIMER_2_S)
    told(frame(0x12, 0xFF, 0, 0), status(0, 0, before=0x80), 3)
    asked(status(0, 0, before=0x80), 4)
    assert board.start_timer((8,), 2, lambda _: board.make_safe()).on == 0


def test_noise_between_frames(wire, board):
    noise = b"\x04\x51\xff\x04"
    wire.expect(QUERY, noise + status(3) + b"\x00")
    wire.expect(query(2), b"\x0f" + fence(2))
    assert board.status().on == 3


def test_make_safe(wire, board, asked):
    off = frame(0x12, 0xFF, 0, 0)
    wire.expect(off)
    asked(status(0), 2)
    board.make_safe()
    for relay in (3, 4, 5):
        wire.expect(off)
        asked(status(2), relay)
    with pytest.raises(NotSafe, match="00000010 stayed on"):
        board.make_safe()


def test_a_late_answer_is_not_taken_for_the_next_one(wire, board):
    for _ in range(3):
        wire.expect(QUERY)
    with pytest.raises(ConnectionLost):
        board.status()
    # old answers come now, behind the next request: relays that were off then are on now
    wire.expect(QUERY, status(0))
    wire.expect(query(5), status(0) + fence(4) + status(0x80) + fence(5))
    assert board.status().on == 0x80


def test_a_second_copy_is_not_taken_for_the_next_answer(wire, board, asked):
    wire.expect(QUERY, status(0) * 2)
    wire.expect(query(2), fence(2) * 2)
    assert board.status().on == 0
    asked(status(1), 3)
    assert board.status().on == 1


def test_both_readings_of_the_timer_query_are_answered(wire, board):
    """PARAM1 1 asks for the total or the remaining time; a board that answers neither is asked with 0."""
    wire.expect(QUERY, status(0))
    wire.expect(query(2))
    wire.expect(QUERY, status(1))
    wire.expect(query(3, asks=0), fence(3))
    assert board.status().on == 1
    wire.expect(QUERY, status(1))
    wire.expect(query(4, asks=0), fence(4))
    assert board.status().on == 1


def test_silent_board(wire, line_of, clock):
    for _ in range(3):
        wire.expect(FIRMWARE)
    with pytest.raises(ConnectionLost, match="fault_box"):
        RelayBoard(line_of("fault_box"), clock)
    assert 1.5 <= clock.seconds < 1.6  # three attempts


def test_frames_keep_their_distance(wire, board, line, told, asked):
    """One frame a write; 10 ms after its end once the reply is there, 50 ms where none comes."""
    told(frame(0x11, 1, 0, 0), status(1), 2)
    board.set(1)
    wire.expect(frame(0x11, 1, 0, 0))
    asked(status(1), 3)
    board.set(1)
    asked(status(1), 4)
    board.status()
    assert all(len(data) == 7 for _, data in line.written)
    begun = [seconds for seconds, _ in line.written]
    gaps = [after - before - FRAME_SECONDS for before, after in pairwise(begun)]
    assert line.written[0][0] >= SILENT_SECONDS, "somebody else may have written just before"
    silent = [data[1] == 0x11 and number > 4 for number, (_, data) in enumerate(line.written)][:-1]
    assert sum(silent) == 1
    for gap, was_silent in zip(gaps, silent, strict=True):
        assert gap == pytest.approx(SILENT_SECONDS if was_silent else GAP_SECONDS)


def test_the_distance_can_be_set(wire, line, clock, asked):
    wire.expect(FIRMWARE, FIRMWARE_IS_10_1)
    asked(status(0), 1)
    RelayBoard(line, clock, gap_seconds=0.03)
    assert line.written[1][0] - line.written[0][0] == pytest.approx(FRAME_SECONDS + 0.03)


def test_a_switching_has_the_moment_of_its_first_status(wire, line, clock, told):
    wire.expect(FIRMWARE, FIRMWARE_IS_10_1)
    wire.expect(QUERY, status(0))
    wire.expect(query(1), fence(1))
    board = RelayBoard(line, clock)
    told(frame(0x11, 1, 0, 0), status(1), 2)
    switched = board.set(1)
    (asked_at, _), (fenced_at, _) = line.written[-2:]
    assert switched.at == pytest.approx(asked_at)
    assert board.since(switched) == pytest.approx(fenced_at - asked_at)


@pytest.mark.parametrize("relay", [0, 9])
def test_no_such_relay(board, relay):
    with pytest.raises(InstrumentFault, match="no relay"):
        board.set(relay)
