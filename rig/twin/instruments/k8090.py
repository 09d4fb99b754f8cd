"""Velleman K8090: eight relays with timers, on seven-byte frames `04 CMD MASK P1 P2 CHK 0F` (19200 baud).

Source: K8090/VM8090 protocol manual; PyMeasure's VellemanK8090. Unverified (?): that command 41 restarts a
timer that runs already (a constructor switch), that 41 on a closed relay sends no event, the 42 and 44
frames, 5 s as the factory's timer delay.
"""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Final

from rig.twin.instruments.serial import SerialSession
from rig.twin.instruments.terminals import Send
from rig.twin.kernel import Kernel, Timer

START, END = 0x04, 0x0F
RELAYS: Final = range(1, 9)
_FIRMWARE_YEAR, _FIRMWARE_WEEK = 10, 1
_FACTORY_DELAY_S = 5
_CONTACT_NS = 5_000_000
_PROCESSING_NS = 1_000_000
_SECOND_NS = 1_000_000_000


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
    ) -> None:
        self._kernel = kernel
        self._changed = changed
        self._baud = baud
        self._timer_restarts = timer_restarts
        self._sessions: list[BoardSession] = []
        self._closed = 0
        self._previous = 0
        self._contacts = 0
        self._timers: dict[int, Timer] = {}
        self._delay_s = dict.fromkeys(RELAYS, _FACTORY_DELAY_S)
        self._buttons = (0, 0xFF, 0)

    def connect(self, send: Send) -> "BoardSession":
        """Open the port."""
        session = BoardSession(self._kernel, send, self._baud, self.execute)
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
                    seconds = self._remaining_s(relay) if first & 1 else self._delay_s[relay]
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
            delay_ns = (seconds or self._delay_s[relay]) * _SECOND_NS
            self._timers[relay] = self._kernel.after(delay_ns, lambda relay=relay: self._expire(relay))
        self._switch(self._closed | mask)

    def _expire(self, relay: int) -> None:
        self._stop_timers(1 << relay - 1)
        self._switch(self._closed & ~(1 << relay - 1))

    def _stop_timers(self, mask: int) -> None:
        for relay in _relays(mask):
            timer = self._timers.pop(relay, None)
            if timer is not None:
                timer.cancel()

    def _remaining_s(self, relay: int) -> int:
        timer = self._timers.get(relay)
        return -(-(timer.time_ns - self._kernel.now_ns) // _SECOND_NS) if timer is not None else 0

    def _status(self) -> bytes:
        running = sum(1 << relay - 1 for relay in self._timers)
        return frame(Frame.RELAY_STATUS, self._previous, self._closed, running)


class BoardSession(SerialSession):
    """Finds frames in the byte stream; what is no frame is skipped byte by byte."""

    def __init__(
        self,
        kernel: Kernel,
        send: Send,
        baud: int,
        execute: Callable[["BoardSession", int, int, int, int], None],
    ) -> None:
        super().__init__(kernel, send, baud)
        self._execute = execute
        self._input = bytearray()

    def receive(self, data: bytes) -> None:
        """Take bytes; each complete frame with the right checksum is executed."""
        self._input += data
        while (start := self._input.find(START)) >= 0:
            del self._input[:start]
            if len(self._input) < 7:
                return
            candidate = bytes(self._input[:7])
            if candidate == frame(*candidate[1:5]):
                del self._input[:7]
                self._execute(self, *candidate[1:5])
            else:
                del self._input[:1]
        self._input.clear()


def _relays(mask: int) -> Iterable[int]:
    return (relay for relay in RELAYS if mask & 1 << relay - 1)
