"""TRACe and FORMat: the reading buffers of the Keithley graphical meters and how they are read out.

Source: DMM6500 reference manual. Unverified (?): TRACe:DATA? beyond the readings (-222).
"""

from collections.abc import Iterable

import numpy as np

from rig.twin.instruments.keithley_buffer import ELEMENTS, Format, ReadingBuffer
from rig.twin.instruments.keithley_sense import KeithleySense
from rig.twin.instruments.parameters import Choice, Choices, Integer, ScpiError, Text
from rig.twin.instruments.scpi import command
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

DEFAULT_BUFFER = "defbuffer1"
DEFAULT_POINTS = 100_000
MOST_POINTS = 11_000_020
_INDEX = Integer(1, MOST_POINTS)
_NAME = Text(optional=True)


class KeithleyTrace(KeithleySense):
    """The reading buffers."""

    def __init__(self, kernel: Kernel, noise: Noise, gain_error: float, channels: Iterable[int]) -> None:
        super().__init__(kernel, noise, gain_error, channels)
        self._make_buffers()

    def _reset(self) -> None:
        super()._reset()
        self._make_buffers()

    def _make_buffers(self) -> None:
        self.buffers = {name: ReadingBuffer(DEFAULT_POINTS) for name in ("defbuffer1", "defbuffer2")}
        self.format = Format()

    def buffer(self, name: str | None) -> ReadingBuffer:
        """Return a reading buffer by name.

        Raises:
            ScpiError: -224, there is none of that name.

        """
        found = self.buffers.get(name or DEFAULT_BUFFER)
        if found is None:
            raise ScpiError(-224)
        return found

    @command(
        "TRACe:DATA?",
        Integer(1, MOST_POINTS),
        Integer(1, MOST_POINTS),
        _NAME,
        Choices(*ELEMENTS),
    )
    def _data(self, first: int, last: int, name: str | None, elements: tuple[str, ...]) -> str | bytes:
        return self.format.write(self.buffer(name), first, last, elements)

    @command("TRACe:ACTual?", _NAME)
    @command("TRACe:ACTual:END?", _NAME)
    def _actual(self, name: str | None) -> str:
        return str(len(self.buffer(name)))

    @command("TRACe:ACTual:STARt?", _NAME)
    def _actual_start(self, name: str | None) -> str:
        return str(min(1, len(self.buffer(name))))

    @command("TRACe:CLEar", _NAME)
    def _clear(self, name: str | None) -> None:
        self.buffer(name).clear()

    @command("TRACe:POINts", Integer(0, MOST_POINTS, DEFAULT_POINTS), _NAME)
    def _points(self, points: int, name: str | None) -> None:
        if 0 < points < 10:
            raise ScpiError(-222)
        buffer = self.buffer(name)
        buffer.clear()
        buffer.capacity = points or MOST_POINTS

    @command("TRACe:POINts?", _NAME)
    def _points_query(self, name: str | None) -> str:
        return str(self.buffer(name).capacity)

    @command("TRACe:MAKE", Text(), Integer(10, MOST_POINTS), Choice("STANdard", "COMPact", "FULL", optional=True))
    def _make(self, name: str, points: int, _style: str | None) -> None:
        if name in self.buffers or not name.isidentifier() or len(self.buffers) > 50:
            raise ScpiError(-224)
        self.buffers[name] = ReadingBuffer(points)

    @command("TRACe:DELete", Text())
    def _delete(self, name: str) -> None:
        if name.startswith("defbuffer"):
            raise ScpiError(-224)
        self.buffer(name)
        del self.buffers[name]

    @command("TRACe:FILL:MODE", Choice("CONTinuous", "ONCE"), _NAME)
    def _fill_mode(self, mode: str, name: str | None) -> None:
        self.buffer(name).fill_once = mode == "ONCE"

    @command("TRACe:FILL:MODE?", _NAME)
    def _fill_mode_query(self, name: str | None) -> str:
        return "ONCE" if self.buffer(name).fill_once else "CONT"

    @command("TRACe:STATistics:AVERage?", _NAME)
    def _average(self, name: str | None) -> str:
        return f"{self.buffer(name).values().mean():.9E}"

    @command("TRACe:STATistics:MAXimum?", _NAME)
    def _maximum(self, name: str | None) -> str:
        return f"{self.buffer(name).values().max():.9E}"

    @command("TRACe:STATistics:MINimum?", _NAME)
    def _minimum(self, name: str | None) -> str:
        return f"{self.buffer(name).values().min():.9E}"

    @command("TRACe:STATistics:PK2Pk?", _NAME)
    def _peak_to_peak(self, name: str | None) -> str:
        return f"{np.ptp(self.buffer(name).values()):.9E}"

    @command("TRACe:STATistics:STDDev?", _NAME)
    def _deviation(self, name: str | None) -> str:
        values = self.buffer(name).values()
        return f"{values.std(ddof=1) if len(values) > 1 else 0.0:.9E}"

    @command("FORMat[:DATA]", Choice("ASCii", "REAL", "SREal"))
    def _format(self, data: str) -> None:
        self.format.data = data

    @command("FORMat[:DATA]?")
    def _format_query(self) -> str:
        return self.format.data

    @command("FORMat:BORDer", Choice("NORMal", "SWAPped"))
    def _border(self, border: str) -> None:
        self.format.border = border

    @command("FORMat:BORDer?")
    def _border_query(self) -> str:
        return self.format.border

    @command("FORMat:ASCii:PRECision", Integer(0, 16, 0))
    def _precision(self, digits: int) -> None:
        self.format.precision = digits

    @command("FORMat:ASCii:PRECision?")
    def _precision_query(self) -> str:
        return str(self.format.precision)
