"""The debug port's line protocol: wire time, framing, checksums, retry memory, events (vs1.md section 5)."""

from collections.abc import Callable

from rig.twin.kernel import Kernel, Timer
from rig.twin.unit.eeprom import crc16
from rig.twin.unit.firmware.buttons import Buttons
from rig.twin.unit.firmware.commands import Port, carry_out, table
from rig.twin.unit.firmware.controller import Controller
from rig.twin.unit.firmware.operation import readings
from rig.twin.unit.firmware.request import Answer, Deferred, Refusal, Value, refusal
from rig.twin.unit.nominal import NOMINAL

BYTE_NS = round(10 / NOMINAL.baud * 1e9)
PROCESSING_NS = 2_000_000
ACT_NS = 20_000_000
LINE_BYTES = 256
SEQUENCE_MOST = 65535


class DebugPort(Port):
    """The port from one boot to the next; `close` makes it deaf and mute."""

    def __init__(self, kernel: Kernel, send: Callable[[bytes], None]) -> None:
        self._kernel = kernel
        self._send = send
        self._open = True
        self._human = False
        self._line = bytearray()
        self._overlong = False
        self._received_ns = 0
        self._sent_ns = 0
        self._last: tuple[str, str] | None = None
        self._last_reply: str | None = None
        self._tele_timer: Timer | None = None
        self._tele_hz = 0.0
        self._unit: Controller | None = None
        self._ready = False

    def attach(self, unit: Controller, buttons: Buttons) -> None:
        """The firmware behind the port."""
        self._unit = unit
        self._buttons = buttons
        self._commands = table(unit, self)

    def close(self) -> None:
        """Power or reset: what is on the wire is lost."""
        self._open = False
        if self._tele_timer is not None:
            self._tele_timer.cancel()

    # ---- in
    def receive(self, data: bytes) -> None:
        """Bytes that begin to arrive now, behind those still on the wire."""
        if not self._open or not self._ready:
            return
        begin_ns = max(self._kernel.now_ns, self._received_ns)
        self._received_ns = begin_ns + len(data) * BYTE_NS
        for index, byte in enumerate(data):
            if byte == 0x0A:
                line, overlong = bytes(self._line), self._overlong
                self._line.clear()
                self._overlong = False
                if not overlong:
                    self._plan(begin_ns + (index + 1) * BYTE_NS, line)
            elif len(self._line) >= LINE_BYTES - 1:
                self._overlong = True
            else:
                self._line.append(byte)

    def _plan(self, arrived_ns: int, line: bytes) -> None:
        self._kernel.at(arrived_ns + PROCESSING_NS, lambda: self._process(line))

    def _process(self, line: bytes) -> None:
        unit = self._unit
        if not self._open or unit is None:
            return
        text = line.rstrip(b"\r").decode("latin-1")
        if not text.startswith("!"):
            return
        body, star, checksum = text[1:].rpartition("*")
        if not star and self._human:
            body, checksum = text[1:], ""
        elif not star or checksum.upper() != f"{crc16(body.encode('latin-1')):04X}":
            self._reply("-", refusal("BAD_CRC"))
            return
        words = body.split()
        sequence = words[0] if words else ""
        valid = sequence.isascii() and sequence.isdigit() and int(sequence) <= SEQUENCE_MOST
        if not valid:
            self._reply("-", refusal("ARGS"))
            return
        sequence = str(int(sequence))
        if checksum and self._last == (sequence, checksum.upper()):
            if self._last_reply is not None:
                self._transmit(self._last_reply)
            return
        self._last = (sequence, checksum.upper()) if checksum else None
        self._last_reply = None
        unit.touched()
        try:
            answer = carry_out(self._commands, unit, words[1:])
        except Refusal as refused:
            self._reply(sequence, refusal(refused.name))
            return
        self._answer(sequence, answer)

    # ---- out
    def _answer(self, sequence: str, answer: Answer | Deferred) -> None:
        if isinstance(answer, Deferred):

            def later(text: str) -> None:
                self._reply(sequence, text)

            answer.send = later
            return

        def deliver() -> None:
            left_ns = self._reply(sequence, f"OK {answer.fields}".rstrip())
            if answer.then is not None:
                self._kernel.at(left_ns + ACT_NS, answer.then)

        if answer.milliseconds:
            self._kernel.after(round(answer.milliseconds * 1e6), deliver)
        else:
            deliver()

    def _reply(self, sequence: str, text: str) -> int:
        body = f"{sequence} {text}"
        line = f"@{body}*{crc16(body.encode('latin-1')):04X}\r\n"
        if self._last is not None and sequence == self._last[0]:
            self._last_reply = line
        return self._transmit(line)

    def emit(self, text: str) -> None:
        """An unsolicited event."""
        if self._unit is not None:
            self._ready = self._ready or text.startswith("BOOT ")
            body = f"{int(self._unit.now_ms())} {text}"
            self._transmit(f"#{body}*{crc16(body.encode('latin-1')):04X}\r\n")

    def _transmit(self, line: str) -> int:
        data = line.encode("latin-1")
        self._sent_ns = max(self._kernel.now_ns, self._sent_ns) + len(data) * BYTE_NS
        self._kernel.at(self._sent_ns, lambda: self._deliver(data))
        return self._sent_ns

    def _deliver(self, data: bytes) -> None:
        if self._open:
            self._send(data)

    # ---- commands about the port
    def human(self, on: Value) -> Answer:
        """HUMAN ON: lines without checksum are welcome until the next reset."""
        self._human = True
        return Answer()

    def tele(self, hz: Value) -> Answer:
        """TELE <hz>: readings as events; 0 ends them."""
        self._tele_hz = float(hz)
        if self._tele_timer is not None:
            self._tele_timer.cancel()
            self._tele_timer = None
        if self._tele_hz > 0.0:
            self._next_tele()
        return Answer()

    def button(self, number: Value, milliseconds: Value) -> Answer:
        """BTN <n> <ms>: as if pressed that long; BUSY while that button is down."""
        self._buttons.pretend(int(number), float(milliseconds))
        return Answer()

    def _next_tele(self) -> None:
        if self._unit is not None:
            period_ns = round(1e9 / self._tele_hz / self._unit.clock)
            self._tele_timer = self._kernel.after(period_ns, self._tele)

    def _tele(self) -> None:
        if self._unit is not None and self._open:
            self.emit(f"TELE {readings(self._unit)}")
            self._next_tele()
