"""Velleman K8090: eight relays with timers, on seven-byte frames `04 CMD MASK P1 P2 CHK 0F` (19200 baud).

The card ignores a frame that begins too soon after the end of the one before: on its USB port it takes the two for one.
Timers that end within 0.1 s of each other end together; one that is started right after another ended runs 0.5 s short.
Query 44 answers the total time to PARAM1 0 and the remaining time to 1, as a card that was tried does; with
`timer_query="manual"` bit 0 asks for the total and bit 1 for the remaining time, and 0 for nothing.

Source: K8090/VM8090 protocol manual; PyMeasure's VellemanK8090; public drivers tested on a real card. Unverified (?):
that command 41 restarts a timer that runs already (a constructor switch), that 41 on a closed relay sends no event,
the 42 frame, 5 ms as the gap, 0.5 s as "right after".
"""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Final, Literal

from rig.twin.instruments.serial import SerialSession
from rig.twin.instruments.terminals import Send
from rig.twin.kernel import Kernel, Timer

START, END = 0x04, 0x0F
RELAYS: Final = range(1, 9)
_FIRMWARE_YEAR, _FIRMWARE_WEEK = 10, 1
_FACTORY_DELAY_S = 5
_CONTACT_NS = 5_000_000
_PROCESSING_NS = 5_000_000  # a card that was tried answers after 5 to 25 ms
_SECOND_NS = 1_000_000_000
_GAP_S = 0.005
_TOGETHER_NS = 100_000_000
_RIGHT_AFTER_NS = 500_000_000
_SHORT_NS = 500_000_000


class Frame(IntEnum):
    """The command byte of a frame."""

    SWITCH_ON = 0x11
    SWITCH_OFF = 0x12
    TOGGLE = 0x14
    QUERY_RELAYS = 0x18
    SET_BUTTON_MODE = 0x21
    QUERY_BUTTON_MODE = 0x22
    START_TIMER = 0x41
    SET_TIMER_DELAY = 0x42
    QUERY_TIMER_DELAY = 0x44
    RELAY_STATUS = 0x51
    FACTORY_DEFAULTS = 0x66
    JUMPER_STATUS = 0x70
    FIRMWARE = 0x71


def frame(command: int, mask: int = 0, first: int = 0, second: int = 0) -> bytes:
    """Build a frame; the checksum is the two's complement of the sum of the first five bytes."""
    body = bytes((START, command, mask, first, second))
    return body + bytes((-sum(body) & 0xFF, END))


class K8090:
    """The relay board. `changed` is told when a contact has moved, 5 ms after the command."""

    def __init__(
        self,
        kernel: Kernel,
        *,
        changed: Callable[[int, bool], None],
        baud: int = 19200,
        timer_restarts: bool = True,
        timer_query: Literal["card", "manual"] = "card",
    ) -> None:
        self._kernel = kernel
        self._changed = changed
        self._baud = baud
        self._timer_restarts = timer_restarts
        self._timer_query = timer_query
        self.timers_short_s = 0.0
        self._last_end_ns = -_RIGHT_AFTER_NS
        self.gap_s = _GAP_S
        self.ignored = 0
        self._sessions: list[BoardSession] = []
        self._closed = 0
        self._previous = 0
        self._contacts = 0
        self._timers: dict[int, Timer] = {}
        self._delay_s = dict.fromkeys(RELAYS, _FACTORY_DELAY_S)
        self._buttons = (0, 0xFF, 0)

    def connect(self, send: Send) -> "BoardSession":
        """Open the port."""
        session = BoardSession(self._kernel, send, self._baud, self)
        self._sessions.append(session)
        return session

    def reset_power(self) -> None:
        """Open all relays and forget timers; delays and button modes are kept in EEPROM."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._previous = self._closed = 0
        self._move()

    def execute(self, session: "BoardSession", command: int, mask: int, first: int, second: int) -> None:
        """Do what a valid frame asks; an unknown command is ignored."""
        match command:
            case Frame.SWITCH_ON:
                self._switch(self._closed | mask)
            case Frame.SWITCH_OFF:
                self._stop_timers(mask)
                self._switch(self._closed & ~mask)
            case Frame.TOGGLE:
                self._stop_timers(self._closed & mask)
                self._switch(self._closed ^ mask)
            case Frame.QUERY_RELAYS:
                session.transmit(self._status(), _PROCESSING_NS)
            case Frame.START_TIMER:
                self._start_timers(mask, first << 8 | second)
            case Frame.SET_TIMER_DELAY:
                self._delay_s |= dict.fromkeys(_relays(mask), first << 8 | second)
            case Frame.QUERY_TIMER_DELAY:
                for relay in _relays(mask):
                    for seconds in self._delays_asked(relay, first):
                        reply = frame(Frame.QUERY_TIMER_DELAY, 1 << relay - 1, seconds >> 8, seconds & 0xFF)
                        session.transmit(reply, _PROCESSING_NS)
            case Frame.SET_BUTTON_MODE:
                self._buttons = (mask, first, second)
            case Frame.QUERY_BUTTON_MODE:
                session.transmit(frame(Frame.QUERY_BUTTON_MODE, *self._buttons), _PROCESSING_NS)
            case Frame.FACTORY_DEFAULTS:
                self._buttons = (0, 0xFF, 0)
                self._delay_s = dict.fromkeys(RELAYS, _FACTORY_DELAY_S)
            case Frame.JUMPER_STATUS:
                session.transmit(frame(Frame.JUMPER_STATUS), _PROCESSING_NS)
            case Frame.FIRMWARE:
                session.transmit(frame(Frame.FIRMWARE, 0, _FIRMWARE_YEAR, _FIRMWARE_WEEK), _PROCESSING_NS)
            case _:
                pass

    def _switch(self, closed: int) -> None:
        """Command the relays; only a real change moves contacts and sends an event."""
        if closed == self._closed:
            return
        self._previous, self._closed = self._closed, closed
        self._kernel.after(_CONTACT_NS, self._move)
        event = self._status()
        self._sessions = [session for session in self._sessions if session.is_open]
        for session in self._sessions:
            session.transmit(event, _CONTACT_NS + _PROCESSING_NS)

    def _move(self) -> None:
        moved, self._contacts = self._contacts ^ self._closed, self._closed
        for relay in _relays(moved):
            self._changed(relay, bool(self._closed & 1 << relay - 1))

    def _start_timers(self, mask: int, seconds: int) -> None:
        for relay in _relays(mask):
            if relay in self._timers and not self._timer_restarts:
                continue
            self._stop_timers(1 << relay - 1)
            delay_ns = (seconds or self._delay_s[relay]) * _SECOND_NS - round(self.timers_short_s * _SECOND_NS)
            if self._kernel.now_ns - self._last_end_ns < _RIGHT_AFTER_NS:
                delay_ns -= _SHORT_NS
            self._timers[relay] = self._kernel.after(max(0, delay_ns), lambda relay=relay: self._expire(relay))
        self._switch(self._closed | mask)

    def _expire(self, relay: int) -> None:
        self._last_end_ns = self._kernel.now_ns
        latest_ns = self._kernel.now_ns + _TOGETHER_NS
        others = (other for other, timer in self._timers.items() if other != relay and timer.time_ns <= latest_ns)
        mask = sum((1 << other - 1 for other in others), 1 << relay - 1)
        self._stop_timers(mask)
        self._switch(self._closed & ~mask)

    def _stop_timers(self, mask: int) -> None:
        for relay in _relays(mask):
            timer = self._timers.pop(relay, None)
            if timer is not None:
                timer.cancel()

    def _delays_asked(self, relay: int, parameter: int) -> list[int]:
        total, remaining = self._delay_s[relay], self._remaining_s(relay)
        if self._timer_query == "card":
            return [remaining if parameter & 1 else total]
        return [total] * (parameter & 1) + [remaining] * (parameter >> 1 & 1)

    def _remaining_s(self, relay: int) -> int:
        timer = self._timers.get(relay)
        return -(-(timer.time_ns - self._kernel.now_ns) // _SECOND_NS) if timer is not None else 0

    def _status(self) -> bytes:
        running = sum(1 << relay - 1 for relay in self._timers)
        return frame(Frame.RELAY_STATUS, self._previous, self._closed, running)


class BoardSession(SerialSession):
    """Finds frames in the byte stream; what is no frame is skipped byte by byte."""

    def __init__(self, kernel: Kernel, send: Send, baud: int, board: K8090) -> None:
        super().__init__(kernel, send, baud)
        self._board = board
        self._input = bytearray()
        self._arrived: list[int] = []  # when each byte of the input did
        self._ended_ns: int | None = None  # the frame before

    def receive(self, data: bytes) -> None:
        """Take bytes; each complete frame with the right checksum is executed, unless it begins too soon."""
        self._input += data
        self._arrived += [self._kernel.now_ns] * len(data)
        while (start := self._input.find(START)) >= 0:
            self._skip(start)
            if len(self._input) < 7:
                return
            candidate = bytes(self._input[:7])
            if candidate == frame(*candidate[1:5]):
                begun_ns, before_ns, self._ended_ns = self._arrived[0], self._ended_ns, self._arrived[6]
                self._skip(7)
                if before_ns is not None and begun_ns - before_ns < self._board.gap_s * _SECOND_NS:
                    self._board.ignored += 1
                else:
                    self._board.execute(self, *candidate[1:5])
            else:
                self._skip(1)
        self._skip(len(self._input))

    def _skip(self, count: int) -> None:
        del self._input[:count], self._arrived[:count]


def _relays(mask: int) -> Iterable[int]:
    return (relay for relay in RELAYS if mask & 1 << relay - 1)
