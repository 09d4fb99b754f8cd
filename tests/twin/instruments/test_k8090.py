"""The relay board: frames, events, contacts, timers."""

from dataclasses import dataclass, field

import pytest

from rig.twin.instruments.k8090 import K8090, frame
from rig.twin.kernel import Kernel

MS = 10**6
SECOND_NS = 10**9


@dataclass
class Board:
    kernel: Kernel
    timer_restarts: bool = True
    timer_query: str = "card"
    contacts: list[tuple[float, int, bool]] = field(default_factory=list)
    received: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = K8090(
            self.kernel,
            changed=lambda relay, closed: self.contacts.append((self.ms, relay, closed)),
            timer_restarts=self.timer_restarts,
            timer_query=self.timer_query,
        )
        self.port = self.board.connect(lambda data: self.received.append((self.ms, data)))

    @property
    def ms(self) -> float:
        return self.kernel.now_ns / MS

    def send(self, *fields: int, wait_s: float = 0.05) -> list[bytes]:
        self.received.clear()
        self.port.receive(frame(*fields))
        self.kernel.run_until(self.kernel.now_ns + round(wait_s * SECOND_NS))
        return [data for _, data in self.received]


@pytest.fixture
def board(kernel) -> Board:
    return Board(kernel)


def test_frame_and_checksum():
    assert frame(0x11, 0x01) == bytes((0x04, 0x11, 0x01, 0x00, 0x00, 0xEA, 0x0F))
    assert sum(frame(0x41, 0x80, 0, 2)[:6]) & 0xFF == 0


def test_on_moves_contacts_after_5_ms_and_sends_one_event(board):
    assert board.send(0x11, 0b101) == [frame(0x51, 0, 0b101, 0)]
    assert board.contacts == [(5.0, 1, True), (5.0, 3, True)]
    assert board.received[0][0] == pytest.approx(5 + 5 + 7 * 10 / 19.2, abs=0.01)
    assert board.send(0x12, 0b001) == [frame(0x51, 0b101, 0b100, 0)]


def test_an_event_only_when_a_relay_really_changed(board):
    board.send(0x11, 0b1)
    assert board.send(0x11, 0b1) == []
    assert board.send(0x12, 0b10) == []
    assert len(board.contacts) == 1


def test_query_toggle_firmware_jumper_and_buttons(board):
    board.send(0x14, 0b11)
    assert board.send(0x18) == [frame(0x51, 0, 0b11, 0)]
    assert board.send(0x14, 0b01) == [frame(0x51, 0b11, 0b10, 0)]
    assert board.send(0x71) == [frame(0x71, 0, 10, 1)]
    assert board.send(0x70) == [frame(0x70)]
    assert board.send(0x21, 0, 0xFF, 0) == []
    assert board.send(0x22) == [frame(0x22, 0, 0xFF, 0)]
    assert board.send(0x33) == []


def test_timer_opens_the_relay_by_itself(board):
    assert board.send(0x41, 0x80, 0, 2) == [frame(0x51, 0, 0x80, 0x80)]
    assert board.send(0x44, 0x80, 1) == [frame(0x44, 0x80, 0, 2)]
    board.received.clear()
    board.kernel.run_until(3 * SECOND_NS)
    assert [data for _, data in board.received] == [frame(0x51, 0x80, 0, 0)]
    assert board.contacts == [(5.0, 8, True), (2005.0, 8, False)]


@pytest.mark.parametrize(("restarts", "opens_ms"), [(True, 3005.0), (False, 2005.0)])
def test_command_41_restarts_a_running_timer(kernel, restarts, opens_ms):
    board = Board(kernel, timer_restarts=restarts)
    board.send(0x41, 0x80, 0, 2)
    kernel.run_until(SECOND_NS)
    assert board.send(0x41, 0x80, 0, 2) == [], "the relay is closed already: no event"
    kernel.run_until(10 * SECOND_NS)
    assert board.contacts[-1] == (opens_ms, 8, False)


def test_default_delay_and_switching_off_stops_the_timer(board):
    assert board.send(0x44, 0b1) == [frame(0x44, 1, 0, 5)]
    board.send(0x42, 0b1, 0x01, 0x04)
    assert board.send(0x44, 0b1) == [frame(0x44, 1, 0x01, 0x04)]
    board.send(0x41, 0b1)
    assert board.send(0x18) == [frame(0x51, 0, 1, 1)]
    board.send(0x12, 0b1)
    assert board.send(0x18) == [frame(0x51, 1, 0, 0)]
    board.send(0x66)
    assert board.send(0x44, 0b1) == [frame(0x44, 1, 0, 5)]


def test_frames_in_pieces_noise_and_wrong_checksums(board):
    good = frame(0x11, 0x01)
    other = frame(0x11, 0x02)
    wrong = other[:5] + bytes((other[5] ^ 1,)) + other[6:]
    for byte in b"\x04\xff\x00" + wrong + b"\x04\x04" + good:
        board.port.receive(bytes((byte,)))
    board.kernel.run_until(SECOND_NS)
    assert [relay for _, relay, _ in board.contacts] == [1]


def test_power_loss_opens_all(board):
    board.send(0x41, 0xFF, 0, 60)
    board.board.reset_power()
    assert [closed for _, _, closed in board.contacts[-8:]] == [False] * 8
    board.kernel.run_until(100 * SECOND_NS)
    assert len(board.contacts) == 16
    assert not board.port.owes_reply


@pytest.mark.parametrize(("apart_ms", "heard"), [(0.0, False), (4.9, False), (5.0, True), (50.0, True)])
def test_a_frame_that_follows_too_soon_is_ignored(board, apart_ms, heard):
    board.port.receive(frame(0x11, 0x01))
    board.kernel.run_until(round(apart_ms * MS))
    board.port.receive(frame(0x11, 0x02))
    board.kernel.run_until(SECOND_NS)
    assert [relay for _, relay, _ in board.contacts] == ([1, 2] if heard else [1])
    assert board.board.ignored == (not heard)


def test_several_frames_in_one_write_are_one_frame(board):
    board.port.receive(frame(0x11, 0x01) + frame(0x18) + frame(0x44, 0x01))
    board.kernel.run_until(SECOND_NS)
    assert [data for _, data in board.received] == [frame(0x51, 0, 1, 0)]
    assert board.board.ignored == 2


def test_the_distance_is_kept_from_an_ignored_frame_too(board):
    for at_ms in (0, 4, 8, 14):
        board.kernel.run_until(at_ms * MS)
        board.port.receive(frame(0x14, 0x01))
    board.kernel.run_until(SECOND_NS)
    assert [closed for _, _, closed in board.contacts] == [True, False]


def test_a_dripping_frame_begins_with_its_first_byte(board):
    board.port.receive(frame(0x11, 0x01))
    for number, byte in enumerate(frame(0x11, 0x02)):
        board.kernel.run_until((6 + 2 * number) * MS)
        board.port.receive(bytes((byte,)))
    board.kernel.run_until(board.kernel.now_ns + 4 * MS)
    board.port.receive(frame(0x11, 0x04))
    board.kernel.run_until(SECOND_NS)
    assert [relay for _, relay, _ in board.contacts] == [1, 2]


def test_timers_that_end_close_together_end_together(board):
    board.send(0x41, 0b001, 0, 1, wait_s=0.09)
    board.send(0x41, 0b010, 0, 1, wait_s=0.02)
    board.send(0x41, 0b100, 0, 1)
    board.kernel.run_until(3 * SECOND_NS)
    ends = [(ms, relay) for ms, relay, closed in board.contacts if not closed]
    assert ends == [(1005.0, 1), (1005.0, 2), (1115.0, 3)]


def test_a_timer_started_right_after_another_ended_runs_short(board):
    board.send(0x41, 0x80, 0, 1)
    board.kernel.run_until(round(1.2 * SECOND_NS))
    board.send(0x41, 0x80, 0, 2)
    board.kernel.run_until(4 * SECOND_NS)
    assert board.contacts[-1] == (1200.0 + 1505.0, 8, False)


def test_a_worse_card(board):
    board.board.gap_s, board.board.timers_short_s = 0.009, 0.6
    board.send(0x41, 0x80, 0, 2, wait_s=0.008)
    board.send(0x18)
    assert board.board.ignored == 1
    board.kernel.run_until(4 * SECOND_NS)
    assert board.contacts[-1] == (1405.0, 8, False)


@pytest.mark.parametrize(
    ("reading", "asks", "seconds"),
    [("card", 0, [5]), ("card", 1, [2]), ("card", 2, [5]), ("manual", 0, []), ("manual", 1, [5]), ("manual", 2, [2])],
)
def test_both_readings_of_the_timer_query(kernel, reading, asks, seconds):
    board = Board(kernel, timer_query=reading)
    board.send(0x41, 0x80, 0, 2)
    assert board.send(0x44, 0x80, asks) == [frame(0x44, 0x80, 0, left) for left in seconds]
