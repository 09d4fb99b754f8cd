"""Velleman K8090 / VM8090 relay board: eight relays, each with a timer.

Source: K8090/VM8090 protocol manual. Frames are `04 CMD MASK P1 P2 CHK 0F`; CHK is the two's complement of
the sum of the first five. A status (51) comes by itself only when a relay really changed, so each operation
asks for it and fences the answer with a query for one relay's timer delay (44), whose reply names the relay: a
different one each time, so that an old answer can't be taken for a new one. Unverified: 42's byte order, 44's reply,
and that 41 restarts a running timer (`rig check` proves it on each bench).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from drivers.actuator import Actuator
from drivers.serial_line import SerialLine
from rig.clock import Clock
from rig.errors import ConnectionLost, InstrumentFault, NotSafe

BAUD = 19200
STX, ETX = 0x04, 0x0F
FRAME_BYTES = 7
ON, OFF, STATUS, START_TIMER, SET_DELAY, QUERY_DELAY = 0x11, 0x12, 0x18, 0x41, 0x42, 0x44
STATUS_EVENT, FIRMWARE = 0x51, 0x71
ALL = 0xFF
ANSWER_SECONDS = 0.5
PROMPT_SECONDS = 0.1  # 21 bytes each way at 19200 baud take 22 ms, an adapter up to 16 ms each way
ATTEMPTS = 2  # every request may be repeated: it says what the relays shall be, not how they shall change


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """State of the board as bit masks, bit 0 = relay 1: relays on, relays whose timer runs."""

    on: int
    timing: int


class RelayBoard(Actuator):
    """Eight relays, numbered 1 to 8; every switching is confirmed by a status read afterwards."""

    def __init__(self, line: SerialLine, clock: Clock, prompt_seconds: float = PROMPT_SECONDS) -> None:
        """Find out that a K8090 answers there; raises ConnectionLost when none does.

        A switching must be confirmed within `prompt_seconds`: measurements hang on its moment.
        """
        self.line = line
        self._prompt_seconds = prompt_seconds
        self._clock = clock
        self._received = bytearray()
        self._fence = 0
        self.firmware = (0, 0)
        self._converse(_frame(FIRMWARE, 0), lambda _: self.firmware != (0, 0))

    def set(self, *relays: int) -> RelayStatus:
        """Switch these relays on; the others stay. Raises InstrumentFault when one didn't, or was late."""
        return self._switch(ON, relays)

    def clear(self, *relays: int) -> RelayStatus:
        """Switch these relays off; the others stay. Raises InstrumentFault when one didn't, or was late."""
        return self._switch(OFF, relays)

    def status(self) -> RelayStatus:
        """Query which relays are on and which timers run."""
        return self._converse()

    def start_timer(self, relays: Iterable[int], seconds: int) -> RelayStatus:
        """Switch relays on for that many whole seconds (1 to 65535), whatever happens to us meanwhile."""
        mask = _mask(relays)

        def started(status: RelayStatus) -> bool:
            return status.on & status.timing & mask == mask

        status = self._converse(_frame(START_TIMER, mask, *_seconds(seconds)), started)
        if not started(status):
            raise InstrumentFault(f"{self._where}: timer of relays {mask:08b} didn't start: {status}")
        return status

    def set_delay(self, relays: Iterable[int], seconds: int) -> RelayStatus:
        """Set the time that the relays' timers use when started without one."""
        return self._converse(_frame(SET_DELAY, _mask(relays), *_seconds(seconds)))

    def make_safe(self) -> None:
        """Switch all relays off and confirm it; raises NotSafe."""
        status = self._converse(_frame(OFF, ALL), lambda status: not status.on)
        if status.on:
            raise NotSafe(f"{self._where}: relays {status.on:08b} stayed on; unplug the board by hand")

    def disconnect(self) -> None:
        """Close the port."""
        self.line.close()

    @property
    def _where(self) -> str:
        return f"{self.line.role} (K8090 at {self.line.url})"

    def _switch(self, command: int, relays: Iterable[int]) -> RelayStatus:
        mask = _mask(relays)
        wanted = mask if command == ON else 0
        asked = self._clock.now()
        status = self._converse(_frame(command, mask), lambda status: status.on & mask == wanted)
        if status.on & mask != wanted:
            raise InstrumentFault(f"{self._where}: relays {mask:08b} didn't switch: {status}")
        if (took := self._clock.now() - asked) > self._prompt_seconds:
            raise InstrumentFault(
                f"{self._where}: relays {mask:08b} were confirmed after {took:.3f} s, later than "
                f"{self._prompt_seconds:g} s: what is measured from that moment can't be trusted; check the cable"
            )
        return status

    def _converse(self, request: bytes = b"", done: Callable[[RelayStatus], bool] = lambda _: True) -> RelayStatus:
        """Send a request and ask for the status; once more when no answer came or it isn't `done`."""
        status: RelayStatus | None = None
        for _ in range(ATTEMPTS):
            status = self._attempt(request) or status
            if status is not None and done(status):
                return status
        if status is None:
            raise ConnectionLost(f"{self._where}: no status within {ANSWER_SECONDS:g} s; is it powered?")
        return status

    def _attempt(self, request: bytes) -> RelayStatus | None:
        """Send a request and the queries behind it: the last status before this attempt's own fence is it."""
        self._fence = self._fence % 8 + 1
        relay = _mask((self._fence,))
        statuses: list[RelayStatus] = []
        fenced = False

        def answered() -> bool:
            nonlocal fenced
            for command, mask, first, second in self._frames():
                if command == STATUS_EVENT and not fenced:
                    statuses.append(RelayStatus(first, second))
                elif command == FIRMWARE:
                    self.firmware = (first, second)
                elif command == QUERY_DELAY and mask == relay:
                    fenced = True
                elif command == QUERY_DELAY:
                    statuses.clear()  # they answered an earlier question
            return fenced

        self._clock.wait_until(self._emptied, 0.0)
        self.line.write(request + _frame(STATUS, 0) + _frame(QUERY_DELAY, relay))
        if not self._clock.wait_until(answered, ANSWER_SECONDS) or not statuses:
            return None
        return statuses[-1]

    def _emptied(self) -> bool:
        """Forget what nobody waits for any more: second copies, late answers."""
        self.line.take()
        self._received.clear()
        return True

    def _frames(self) -> Iterable[tuple[int, int, int, int]]:
        """Whole, sound frames received since the last call; noise between them is skipped."""
        self._received += self.line.take()
        while len(self._received) >= FRAME_BYTES:
            candidate = bytes(self._received[:FRAME_BYTES])
            if candidate == _frame(*candidate[1:5]):
                del self._received[:FRAME_BYTES]
                yield candidate[1], candidate[2], candidate[3], candidate[4]
            else:
                del self._received[:1]


def _frame(command: int, mask: int, first: int = 0, second: int = 0) -> bytes:
    head = bytes((STX, command, mask, first, second))
    return head + bytes((-sum(head) & 0xFF, ETX))


def _mask(relays: Iterable[int]) -> int:
    mask = 0
    for relay in relays:
        if not 1 <= relay <= 8:
            raise InstrumentFault(f"a K8090 has no relay {relay}; they are 1 to 8")
        mask |= 1 << (relay - 1)
    return mask


def _seconds(seconds: int) -> tuple[int, int]:
    if not 1 <= seconds <= 0xFFFF:
        raise InstrumentFault(f"a K8090 timer runs 1 to 65535 s, not {seconds} s")
    return seconds >> 8, seconds & 0xFF
