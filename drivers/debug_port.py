"""One request and one reply at a time on a VS-1 debug port, whoever made the device.

Source: the interface document, docs/reference/debug-port.md, "Requests and replies" and "Retry".
"""

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.debug_port_frame import LINE_BYTES, Event, FrameError, Reply, WrongCrc, masked, parse, request
from drivers.serial_line import SerialLine
from rig.errors import NoReply, Rebooted, Refused, UsageError

REPLY_SECONDS = 0.050  # interface document, "Timing"
LATER_SECONDS = {"EE COMMIT": 0.500, "LOG ERASE": 0.500, "TEST COAST?": 5.0}
# what these begin is measured from their moment: acknowledged late, or only when repeated, they spoil a measurement
BEGINNING = ("LVL", "HEAT", "PROG", "BTN", "TEST DUTY", "TEST ADC", "TEST MASK")
ENDING = frozenset(("LVL 0", "HEAT OFF", "PROG OFF"))  # whenever these come they are welcome
# the unit acts on these after replying, so that a second one would hit the unit that has started anew
SENT_ONCE = frozenset(("TEST WDT", "TEST BROWN", "RESET", "SLEEP", "SHIP"))
HOST_SECONDS = 0.050  # USB adapters hold bytes up to 16 ms each way, and systems schedule
ATTEMPTS = 4
SEQUENCES = 0x10000
LOWEST_SEQUENCE = 10_000  # always five digits, so that a line's wire time doesn't depend on chance
EVENTS_KEPT = 20_000  # telemetry at 20 Hz for a whole 15 minute program

CLOCK_FIELDS = {"STAT?": "up_ms", "READ?": "t_ms"}  # replies that carry the unit's own clock


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event of the unit: `seconds` is bench time when the host looked, `unit_seconds` the unit's clock."""

    seconds: float
    unit_seconds: float
    kind: str
    fields: Mapping[str, str]


@dataclass(slots=True)
class Counters:
    """How clean the line is: what was tolerated since the start."""

    garbage: int = 0
    wrong_crc: int = 0
    stale: int = 0
    retries: int = 0


class DebugPort:
    """Requests matched by sequence number, events collected, reboots noticed at once."""

    def __init__(
        self,
        line: SerialLine,
        *,
        first_sequence: int | None = None,
        prompt_seconds: float = REPLY_SECONDS,
        patience_seconds: float = 0.0,
    ) -> None:
        """Start a session at a random sequence number, unless a test gives one.

        What begins something must be acknowledged within `prompt_seconds`, time on the wire aside; after the last
        attempt a reply is waited for `patience_seconds` longer.
        """
        self.line = line
        self.clock = line.clock
        self.counters = Counters()
        self._prompt_seconds = prompt_seconds
        self._patience_seconds = patience_seconds
        self.late = False  # whether the last reply came later than the document allows
        first = LOWEST_SEQUENCE + secrets.randbelow(SEQUENCES - LOWEST_SEQUENCE)
        self.sequence = first if first_sequence is None else first_sequence - 1
        self.heard: Callable[[str], None] | None = None  # of every command that isn't a question
        self.starts = 0  # changes with each start of the unit, asked for or not
        self._received = bytearray()
        self._skipping = False
        self._events: deque[SeenEvent] = deque(maxlen=EVENTS_KEPT)
        self._clocks: dict[str, float] = {}
        self._last_event: Event | None = None
        self._boot_expected = True  # the first BOOT of a session surprises nobody

    @property
    def where(self) -> str:
        """Role and port, as error messages begin."""
        return f"{self.line.role} at {self.line.url}"

    def send(self, command: str) -> Mapping[str, str]:
        """Send one command and return the reply's fields.

        A command after which the unit starts anew or sleeps is sent once, and a BOOT event is an answer, too.

        Raises Refused (the unit said ERR), NoReply (also for a late acknowledgement of what begins something),
        Rebooted, ConnectionLost, UsageError (can't be sent).
        """
        if self.heard is not None and not command.endswith("?"):
            self.heard(masked(command))
        seconds = LATER_SECONDS.get(command, REPLY_SECONDS)
        restarts = command in SENT_ONCE
        sequence = self._next_sequence()
        line = self._request(sequence, command)
        if restarts:
            self.expect_boot()
        begins = command.startswith(BEGINNING) and command not in ENDING
        asked = self.clock.now()
        attempts = 1 if restarts else ATTEMPTS
        for attempt in range(attempts):
            self.counters.retries += attempt > 0
            reply = self._attempt(line, sequence, seconds, last=attempt == attempts - 1)
            if reply is not None:
                self._boot_expected &= restarts
                took = self.clock.now() - asked
                beyond_wire = took - (len(line) + LINE_BYTES) * 10 / self.line.baud
                self.late = beyond_wire > seconds
                fields = self._judge(command, reply)
                if begins and beyond_wire > self._prompt_seconds:
                    raise self._too_late(command, took)
                return fields
            if restarts and not self._boot_expected:
                return {}  # the reply was lost, but the restart was seen
        raise NoReply(
            f"{self.where}: no reply to {masked(command)} after {attempts} attempt(s) of {seconds * 1000:.0f} ms; "
            "check power, cable and the debug port's address"
        )

    def reopen(self) -> None:
        """Open a lost port again, without half a line from before; raises ConnectionLost when it can't be opened."""
        self.line.reopen()
        self._received.clear()
        self._skipping = False

    def expect_boot(self) -> None:
        """Say that the unit is about to start anew (power removed, reset): its next BOOT is no error."""
        self._boot_expected = True
        self.starts += 1
        self._clocks.clear()
        self._drop_events("BOOT")

    def await_boot(self, seconds: float) -> SeenEvent:
        """Wait for the BOOT event of a restart that was asked for; raises NoReply when none comes in time."""
        self._boot_expected = True
        self._clocks.clear()
        return self.wait_for_event("BOOT", seconds)

    def wait_for_event(self, kind: str, seconds: float) -> SeenEvent:
        """Wait for the oldest event of this kind not handed out yet.

        Raises NoReply when none came, Rebooted when the unit started anew instead.
        """
        found: list[SeenEvent] = []

        def arrived() -> bool:
            self._look()
            if not found:
                found.extend(self._pop(kind))
            return bool(found)

        if not self.clock.wait_until(arrived, seconds):
            raise NoReply(f"{self.where}: no {kind} event within {seconds:g} s")
        return found[0]

    def take_events(self, kind: str | None = None) -> list[SeenEvent]:
        """Hand out all events of this kind (or of any) that have arrived and weren't handed out yet."""
        self.clock.wait_until(self._looked, 0.0)
        taken = [event for event in self._events if kind in (None, event.kind)]
        for event in taken:
            self._events.remove(event)
        return taken

    def _next_sequence(self) -> int:
        self.sequence += 1
        if self.sequence >= SEQUENCES:
            self.sequence = LOWEST_SEQUENCE
        return self.sequence

    def _request(self, sequence: int, command: str) -> bytes:
        try:
            return request(sequence, command)
        except FrameError as error:
            raise UsageError(f"{self.where}: {masked(command)!r} can't be sent: {error}") from error

    def _attempt(self, line: bytes, sequence: int, seconds: float, *, last: bool) -> Reply | None:
        """Send the line once; None when its reply didn't come, came damaged, or a BOOT came instead."""
        matched: list[Reply] = []
        damaged = False
        waiting_for_boot = self._boot_expected

        def arrived() -> bool:
            nonlocal damaged
            for reply in self._look():
                if isinstance(reply, WrongCrc) or reply.sequence is None:
                    damaged = True  # ours or the device's own trouble: asking again is cheaper than waiting
                elif reply.sequence == sequence:
                    matched.append(reply)
                else:
                    self.counters.stale += 1
            booted = last and waiting_for_boot and not self._boot_expected
            return bool(matched) or booted or (damaged and not last)

        wire_seconds = (len(line) + 2 * LINE_BYTES) * 10 / self.line.baud
        self.line.write(line, masked(line.decode("ascii")).encode("ascii"))
        patience = self._patience_seconds if last else 0.0
        self.clock.wait_until(arrived, seconds + wire_seconds + HOST_SECONDS + patience)
        return matched[0] if matched else None

    def _too_late(self, command: str, took_seconds: float) -> NoReply:
        """Nobody can say any more when the unit began."""
        return NoReply(
            f"{self.where}: {command} was acknowledged after {took_seconds * 1000:.0f} ms, later than "
            f"{self._prompt_seconds * 1000:.0f} ms: what is measured from its moment can't be trusted; "
            "check cable and adapter"
        )

    def _judge(self, command: str, reply: Reply) -> Mapping[str, str]:
        if reply.error_number is None:
            key = CLOCK_FIELDS.get(command)
            if key is not None and reply.fields.get(key, "").isdecimal():
                self._check_clock(command, int(reply.fields[key]) / 1000.0)
            return reply.fields
        name = reply.error_name or ""
        raise Refused(
            f"{self.where}: refused {masked(command)}: ERR {reply.error_number} {name}", reply.error_number, name
        )

    def _looked(self) -> bool:
        self._look()
        return True

    def _look(self) -> list[Reply | WrongCrc]:
        """Sort what has arrived into replies (returned) and events (kept); call within a clock wait only."""
        replies: list[Reply | WrongCrc] = []
        events: list[Event] = []
        for line in self._split(self.line.take()):
            try:
                heard = parse(line)
            except WrongCrc as error:
                self.counters.wrong_crc += 1
                if line.lstrip().startswith(b"@"):
                    replies.append(error)
            except FrameError:
                self.counters.garbage += 1
            else:
                replies.append(heard) if isinstance(heard, Reply) else events.append(heard)
        self._note(events)
        return replies

    def _split(self, chunk: bytes) -> list[bytes]:
        """Complete lines; what grows longer than any line is garbage up to the next line end."""
        self._received += chunk
        *lines, rest = bytes(self._received).split(b"\n")
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        if len(rest) > 2 * LINE_BYTES:
            self.counters.garbage += not self._skipping
            self._skipping, rest = True, b""
        self._received = bytearray(rest)
        return [line for line in lines if line.strip()]

    def _note(self, events: list[Event]) -> None:
        now = self.clock.now() if events else 0.0
        surprise: Event | None = None
        for event in events:
            if event == self._last_event:
                continue  # a line that came twice happened once
            self._last_event = event
            if event.kind == "BOOT":
                self.starts += 1
                self._clocks.clear()
                if not self._boot_expected:
                    surprise = event
                    continue
                self._boot_expected = False
            self._check_clock("events", event.unit_seconds)
            self._events.append(SeenEvent(now, event.unit_seconds, event.kind, event.fields))
        if surprise is not None:
            fields = " ".join(f"{key}={value}" for key, value in surprise.fields.items())
            raise Rebooted(f"{self.where}: it restarted unasked ({fields})")

    def _check_clock(self, source: str, unit_seconds: float) -> None:
        """Notice a restart whose BOOT event was lost: the unit's own clock went back."""
        before = self._clocks.get(source, 0.0)
        self._clocks[source] = unit_seconds
        if unit_seconds < before and not self._boot_expected:
            self._clocks = {source: unit_seconds}
            self.starts += 1
            raise Rebooted(f"{self.where}: its clock went back from {before:g} to {unit_seconds:g} s; it restarted")

    def _pop(self, kind: str) -> list[SeenEvent]:
        for event in self._events:
            if event.kind == kind:
                self._events.remove(event)
                return [event]
        return []

    def _drop_events(self, kind: str) -> None:
        kept = [event for event in self._events if event.kind != kind]
        self._events.clear()
        self._events.extend(kept)
