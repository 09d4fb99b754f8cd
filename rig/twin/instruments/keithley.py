"""The SCPI dialect of the Keithley graphical meters (DMM6500, DAQ6510): taking readings.

Source: DMM6500 and DAQ6510 reference manuals, vendor examples, PyMeasure's drivers. Unverified (?): the time
stamp in SYSTem:ERRor?, READ? while a digitize function is active (-221).
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable

import numpy as np

from rig.twin.instruments.exchange import Later
from rig.twin.instruments.keithley_acquire import number
from rig.twin.instruments.keithley_buffer import ELEMENTS, OVERFLOW, Chunk, ReadingBuffer, clock_text
from rig.twin.instruments.keithley_functions import (
    AVERAGE,
    AVERAGE_COUNT,
    DIGITIZE,
    MEASURE,
    RANGE,
    RELATIVE,
    RELATIVE_ON,
    SAMPLE_RATE,
    Function,
)
from rig.twin.instruments.keithley_limits import LimitTests
from rig.twin.instruments.keithley_trace import KeithleyTrace
from rig.twin.instruments.keithley_trigger import Cancel
from rig.twin.instruments.parameters import Choices, ScpiError, Text
from rig.twin.instruments.scpi import Command, command
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise
from rig.twin.signals import Signal

Done = Callable[[], None]


class KeithleyReadings(KeithleyTrace):
    """Takes readings into buffers and reads them out; the trigger model and the scanner come on top."""

    queue_capacity = 1000

    def __init__(
        self,
        kernel: Kernel,
        noise: Noise,
        *,
        model: str,
        serial: str,
        gain_error: float,
        channels: Iterable[int],
    ) -> None:
        super().__init__(kernel, noise, gain_error, channels)
        self.identity = f"KEITHLEY INSTRUMENTS,MODEL {model},{serial},1.7.12b"
        self._converter_cancel: Cancel = lambda: None
        self.limit_tests = LimitTests(self.commands, lambda: self.channels)
        for function in MEASURE:
            self._declare_shortcut(f"MEASure:{function.header}?", function)
            self._declare_shortcut(f"CONFigure:{function.header}", function)

    def _declare_shortcut(self, header: str, function: Function) -> None:
        if header.endswith("?"):
            arguments = (Text(optional=True), Choices(*ELEMENTS))
            self.commands.add(Command(header, arguments, lambda *rest: self._measure_with(function, *rest)))
        else:
            self.commands.add(Command(header, (), lambda: self.select(function, (None,))))

    @abstractmethod
    def signal(self, function: Function, channel: int | None) -> Signal | None:
        """Return what the function's terminals, or a channel's, are wired to; None is open."""

    @property
    @abstractmethod
    def closed_channel(self) -> int | None:
        """The channel that leads to the meter now."""

    @property
    @abstractmethod
    def settled_ns(self) -> int:
        """When the relays last moved will have settled."""

    def adjust(self, function: Function, settings: dict[str, object], raw: float) -> float:
        """Turn what the terminals carry into what this function shows (thermocouples); NaN is open."""
        return raw

    def format_event(self, number: int, text: str, time_ns: int) -> str:
        """Write an event as this family does: severity and time follow the text."""
        if number == 0:
            return '0,"No error;0;0 0"'
        return f'{number},"{text};1;{clock_text(time_ns)}"'

    def _reset(self) -> None:
        super()._reset()
        self._converter_cancel()
        self.limit_tests.set_up()

    def take(self, name: str | None, count: int, done: Done) -> Cancel:
        """Take readings into a buffer, then call back; a channel with its own function uses that."""
        buffer = self.buffer(name)
        closed = self.closed_channel
        channel = closed if self.has_own_setup(closed) and not self.digitizing else None
        function = self.function(channel)
        if function in DIGITIZE:
            return self._digitize(function, buffer, count, done)
        settings = self.settings(function, channel)
        averaged = number(settings, AVERAGE_COUNT, 1) if settings.get(AVERAGE) is True else 1
        aperture_ns, whole_ns = self.converter.reading_ns(function, settings)
        whole_ns *= round(averaged)
        start_ns = max(self.kernel.now_ns, self.settled_ns)

        def ready() -> None:
            raw = self.converter.raw(function, self.signal(function, closed), start_ns, aperture_ns)
            value = self._finish(function, settings, self.adjust(function, settings, raw))
            self.limit_tests.judge(function, channel, value)
            buffer.append(Chunk(np.array([value]), start_ns, 0.0, function.unit, closed))
            if count > 1:
                self._converter_cancel = self.take(name, count - 1, done)
            else:
                done()

        self._converter_cancel = self.kernel.at(start_ns + whole_ns, ready).cancel
        return lambda: self._converter_cancel()

    def _finish(self, function: Function, settings: dict[str, object], raw: float) -> float:
        value, span = self.converter.reading(function, settings, raw)
        if function.ranges and settings.get(RANGE) != span:
            settings[RANGE] = span
        if settings.get(RELATIVE_ON) is True and value < OVERFLOW:
            value -= number(settings, RELATIVE)
        return value

    def _digitize(self, function: Function, buffer: ReadingBuffer, count: int, done: Done) -> Cancel:
        channel = self.closed_channel
        settings = dict(self.settings(function))
        aperture_s = self.digitize_aperture_s(function)
        rate_hz = number(settings, SAMPLE_RATE)
        start_ns = max(self.kernel.now_ns, self.settled_ns)

        def ready() -> None:
            signal = self.signal(function, channel)
            if signal is None:
                values = np.full(count, OVERFLOW, dtype=np.float32)
            else:
                values = self.converter.record(function, settings, aperture_s, signal, start_ns, count)
                if settings.get(RELATIVE_ON) is True:
                    values -= np.float32(number(settings, RELATIVE))
            buffer.append(Chunk(values, start_ns, 1e9 / rate_hz, function.unit, channel))
            done()

        self._converter_cancel = self.kernel.at(start_ns + -(-count * 10**9 // round(rate_hz)), ready).cancel
        return self._converter_cancel

    def take_relative(self, function: Function, keep: Callable[[float], None]) -> Later:
        """Take a reading for RELative:ACQuire, keep it, then let the parser go on."""
        self.check_idle()
        later, settings, closed = Later(), self.settings(function), self.closed_channel
        aperture_ns, whole_ns = self.converter.reading_ns(function, settings)
        start_ns = max(self.kernel.now_ns, self.settled_ns)

        def ready() -> None:
            raw = self.converter.raw(function, self.signal(function, closed), start_ns, aperture_ns)
            keep(self.converter.reading(function, settings, self.adjust(function, settings, raw))[0])
            later.finish()

        self.kernel.at(start_ns + whole_ns, ready)
        return later

    def check_idle(self) -> None:
        """Raise -213 while the trigger model has the converter."""

    def _take_and_answer(self, name: str | None, count: int, elements: tuple[str, ...], *, answer: bool) -> Later:
        self.check_idle()
        buffer, later = self.buffer(name), Later()

        def done() -> None:
            if not answer:
                later.finish()
                return
            try:
                later.finish(self.format.write(buffer, len(buffer), len(buffer), elements))
            except ScpiError as error:
                self.post(error.number, error.text)
                later.finish()

        self.format.check(elements)
        self.take(name, count, done)
        return later

    def _measure_with(self, function: Function, name: str | None, elements: tuple[str, ...]) -> Later:
        self.select(function, (None,))
        return self._take_and_answer(name, 1, elements, answer=True)

    @command("READ?", Text(optional=True), Choices(*ELEMENTS))
    @command("MEASure?", Text(optional=True), Choices(*ELEMENTS))
    def _read(self, name: str | None, elements: tuple[str, ...]) -> Later:
        if self.digitizing:
            raise ScpiError(-221)
        return self._take_and_answer(name, self.measure_count, elements, answer=True)

    @command("READ:DIGitize?", Text(optional=True), Choices(*ELEMENTS))
    @command("MEASure:DIGitize?", Text(optional=True), Choices(*ELEMENTS))
    def _read_digitize(self, name: str | None, elements: tuple[str, ...]) -> Later:
        if not self.digitizing:
            raise ScpiError(-221)
        return self._take_and_answer(name, self.digitize_count, elements, answer=True)

    @command("TRACe:TRIGger", Text(optional=True))
    def _trace_trigger(self, name: str | None) -> Later:
        if self.digitizing:
            raise ScpiError(-221)
        return self._take_and_answer(name, self.measure_count, (), answer=False)

    @command("TRACe:TRIGger:DIGitize", Text(optional=True))
    def _trace_trigger_digitize(self, name: str | None) -> Later:
        if not self.digitizing:
            raise ScpiError(-221)
        return self._take_and_answer(name, self.digitize_count, (), answer=False)

    @command("FETCh?", Text(optional=True), Choices(*ELEMENTS))
    def _fetch(self, name: str | None, elements: tuple[str, ...]) -> str | bytes:
        buffer = self.buffer(name)
        if not len(buffer):
            raise ScpiError(-230)
        return self.format.write(buffer, len(buffer), len(buffer), elements)
