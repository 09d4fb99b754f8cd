"""Velleman K8090 / VM8090 relay board: eight relays, each with a timer.

Source: K8090/VM8090 protocol manual; what the hardware does beyond it: public drivers tested on a real card (C++, C#,
Python). Frames are `04 CMD MASK P1 P2 CHK 0F`; CHK is the two's complement of the sum of the first five.

The card is a USB CDC device that takes frames arriving close together for one, and ignores them. So one frame is
written at a time, after the reply to the last one and not before `gap_seconds` after its end; where no reply comes, not
before `SILENT_SECONDS`.

A status (51) comes by itself only when a relay really changed: that is the confirmation, and its moment is the relay's.
Where none comes, the status is asked for. Each operation is fenced with a query for one relay's timer delay (44), whose
reply names the relay: a different one each time, so that an old answer can't be taken for a new one. The manual says
that 44's PARAM1 bit 0 asks for the total and bit 1 for the remaining time; a card that was tried answers the total to 0
and the remaining time to 1. So 1 is asked, which means something in both readings, then 0. Unverified: that 41 restarts
a running timer (`rig check` proves it on each bench).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from drivers.actuator import Actuator
from drivers.serial_line import SerialLine
from rig.clock import Clock
from rig.errors import ConnectionLost, InstrumentFault, NotSafe, blames_its_role

BAUD = 19200
STX, ETX = 0x04, 0x0F
FRAME_BYTES = 7
FRAME_SECONDS = FRAME_BYTES * 10 / BAUD
ON, OFF, STATUS, START_TIMER, QUERY_DELAY = 0x11, 0x12, 0x18, 0x41, 0x44
STATUS_EVENT, FIRMWARE = 0x51, 0x71
ALL = 0xFF
GAP_SECONDS = 0.01  # from a frame's end to the next one's begin, once its reply is there
SILENT_SECONDS = 0.05  # the same where no reply comes; the authors of those drivers leave that long
ANSWER_SECONDS = 0.5
PROMPT_SECONDS = 0.1  # 7 bytes each way take 7 ms, a contact some 5 ms, an adapter up to 16 ms each way
# every request may be repeated: it says what the relays shall be, not how they shall change. What an adapter held back
# comes in one burst, of which the board takes the first frame: two attempts may lie in it
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """State of the board as bit masks, bit 0 = relay 1: relays on, relays whose timer runs; when it was first told."""

    on: int
    timing: int
    at: float = field(default=0.0, compare=False, repr=False)


@dataclass(slots=True)
class _Heard:
    """What one attempt has heard: the statuses before its own fence, and whether that was answered."""

    relay: int
    statuses: list[RelayStatus] = field(default_factory=list[RelayStatus])
    fenced: bool = False


@blames_its_role
class RelayBoard(Actuator):
    """Eight relays, numbered 1 to 8; every switching is confirmed by a status read afterwards."""

    def __init__(
        self,
        line: SerialLine,
        clock: Clock,
        prompt_seconds: float = PROMPT_SECONDS,
        gap_seconds: float = GAP_SECONDS,
    ) -> None:
        """Find out that a K8090 answers there; raises ConnectionLost when none does.

        A switching must be confirmed within `prompt_seconds`: measurements hang on its moment.
        """
        self.line = line
        self._prompt_seconds = prompt_seconds
        self._gap_seconds = gap_seconds
        self._clock = clock
        self._received = bytearray()
        self._fence = 0
        self._asks = 1  # in PARAM1 of 44
        self._last = RelayStatus(0, 0)
        self._cleared = 0  # relays that were switched off on purpose since a restart began
        self._free_at = clock.now() + SILENT_SECONDS  # whoever had the port before us may have written just now
        self.firmware = (0, 0)
        self._clock.wait_until(self._emptied, 0.0)
        for _ in range(ATTEMPTS):
            if self._send(_frame(FIRMWARE, 0), self._knows_firmware, ANSWER_SECONDS):
                break
        else:
            raise self._silent()
        self.status()

    def set(self, *relays: int) -> RelayStatus:
        """Switch these relays on; the others stay. Raises InstrumentFault when one didn't, or was late."""
        return self._switch(ON, relays)

    def clear(self, *relays: int) -> RelayStatus:
        """Switch these relays off; the others stay. Raises InstrumentFault when one didn't, or was late."""
        return self._switch(OFF, relays)

    def status(self) -> RelayStatus:
        """Query which relays are on and which timers run."""
        return self._converse()

    def since(self, status: RelayStatus) -> float:
        """Seconds since the board first told that status."""
        return self._clock.now() - status.at

    def start_timer(
        self, relays: Iterable[int], seconds: int, meanwhile: Callable[[float], None] | None = None
    ) -> RelayStatus:
        """Switch relays on for that many whole seconds (1 to 65535), whatever happens to us meanwhile.

        A timer that runs already is restarted, which brings no reply: `meanwhile` waits until the board listens again,
        and may use the board itself. What is switched off meanwhile stays off.
        """
        mask = _mask(relays)

        def started(status: RelayStatus) -> bool:
            return status.on & status.timing & mask == mask

        restarts = meanwhile if started(self._last) else None
        self._cleared = 0
        status = self._converse(_frame(START_TIMER, mask, *_seconds(seconds)), started, restarts)
        if not started(status) and not self._cleared & mask:
            raise InstrumentFault(f"{self._where}: timer of relays {mask:08b} didn't start: {status}")
        return status

    def make_safe(self) -> None:
        """Switch all relays off and confirm it; raises NotSafe."""
        self._cleared = ALL
        status = self._converse(_frame(OFF, ALL), lambda status: not status.on)
        if status.on:
            raise NotSafe(f"{self._where}: relays {status.on:08b} stayed on; unplug the board by hand")

    def disconnect(self) -> None:
        """Close the port."""
        self.line.close()

    @property
    def role(self) -> str:
        """What it is on the bench: its line's role."""
        return self.line.role

    @property
    def _where(self) -> str:
        return f"{self.line.role} (K8090 at {self.line.url})"

    def _silent(self) -> ConnectionLost:
        return ConnectionLost(f"{self._where}: no status within {ANSWER_SECONDS:g} s; is it powered?")

    def _switch(self, command: int, relays: Iterable[int]) -> RelayStatus:
        mask = _mask(relays)
        wanted = mask if command == ON else 0
        self._cleared |= mask & ~wanted
        asked = self._clock.now()
        status = self._converse(_frame(command, mask), lambda status: status.on & mask == wanted)
        if status.on & mask != wanted:
            raise InstrumentFault(f"{self._where}: relays {mask:08b} didn't switch: {status}")
        if (took := status.at - asked) > self._prompt_seconds:
            raise InstrumentFault(
                f"{self._where}: relays {mask:08b} were confirmed after {took:.3f} s, later than "
                f"{self._prompt_seconds:g} s: what is measured from that moment can't be trusted; check the cable"
            )
        return status

    def _converse(
        self,
        request: bytes = b"",
        done: Callable[[RelayStatus], bool] = lambda _: True,
        meanwhile: Callable[[float], None] | None = None,
    ) -> RelayStatus:
        """Send a request and hear the status; once more when no answer came or it isn't `done`."""
        status: RelayStatus | None = None
        for _ in range(ATTEMPTS):
            status = self._attempt(request, done, meanwhile) or status
            if status is not None and (done(status) or (meanwhile is not None and self._cleared & request[2])):
                break  # also where whoever used the board meanwhile has switched the relay off: it stays off
        if status is None:
            raise self._silent()
        self._last = status
        return status

    def _attempt(
        self, request: bytes, done: Callable[[RelayStatus], bool], meanwhile: Callable[[float], None] | None
    ) -> RelayStatus | None:
        """Send a request, hear or ask for the status, and fence it: the last status before our own fence is it."""
        self._clock.wait_until(self._emptied, 0.0)
        if request and meanwhile is not None:
            self._write(request)
            meanwhile(self._free_at - self._clock.now())
            self._clock.wait_until(self._emptied, 0.0)
        self._fence = self._fence % 8 + 1
        heard = _Heard(_mask((self._fence,)))

        def changed() -> bool:
            self._hear(heard)
            return bool(heard.statuses) and done(heard.statuses[-1])

        told = bool(request) and meanwhile is None and self._send(request, changed, SILENT_SECONDS)
        if not told:
            heard.statuses.clear()
            if not self._send(_frame(STATUS, 0), lambda: bool(self._hear(heard).statuses), ANSWER_SECONDS):
                return None
        first = next((status for status in heard.statuses if done(status)), None)
        if not self._send(
            _frame(QUERY_DELAY, heard.relay, self._asks), lambda: self._hear(heard).fenced, ANSWER_SECONDS
        ):
            self._asks ^= 1
            return None
        if not heard.statuses:
            return None  # they answered an earlier question
        last = heard.statuses[-1]
        return RelayStatus(last.on, last.timing, last.at if first is None else first.at)

    def _send(self, frame: bytes, heard: Callable[[], bool], seconds: float) -> bool:
        """Send one frame and wait for what it brings; whether that came."""
        self._write(frame)
        ended = self._free_at - SILENT_SECONDS
        if not self._clock.wait_until(heard, ended + seconds - self._clock.now()):
            return False
        self._free_at = ended + self._gap_seconds
        return True

    def _write(self, frame: bytes) -> None:
        """Write one frame as soon as the board will listen."""
        if (left := self._free_at - self._clock.now()) > 0.0:
            self._clock.sleep(left)
        self.line.write(frame)
        self._free_at = self._clock.now() + FRAME_SECONDS + SILENT_SECONDS

    def _hear(self, heard: _Heard) -> _Heard:
        """Sort what has arrived."""
        now = self._clock.now()
        for command, mask, first, second in self._frames():
            if command == STATUS_EVENT and not heard.fenced:
                heard.statuses.append(RelayStatus(first, second, now))
            elif command == QUERY_DELAY and mask == heard.relay:
                heard.fenced = True
            elif command == QUERY_DELAY:
                heard.statuses.clear()
        return heard

    def _knows_firmware(self) -> bool:
        for command, _, first, second in self._frames():
            if command == FIRMWARE:
                self.firmware = (first, second)
        return self.firmware != (0, 0)

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
