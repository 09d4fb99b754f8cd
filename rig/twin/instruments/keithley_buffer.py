"""Reading buffers of the Keithley graphical meters, and the formats in which they are read out.

Binary replies are indefinite-length blocks `#0`...newline, little endian unless FORMat:BORDer says otherwise.
Unverified (?): after a wrap, readings are numbered from the oldest; the texts of UNIT; the form of TSTamp.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rig.twin.instruments.parameters import ScpiError

OVERFLOW: Final = 9.9e37
POWER_ON: Final = datetime(2025, 1, 6, 6, 0, 0, tzinfo=UTC)
ELEMENTS: Final = ("READing", "RELative", "UNIT", "TSTamp", "SEConds", "FRACtional", "CHANnel", "STATus")
_DIGITS = 7  # what the meter shows where FORMat:ASCii:PRECision is left to it
_NUMERIC = ("READ", "REL", "SEC", "FRAC", "STAT")


def clock_text(time_ns: int) -> str:
    """Write a moment of bench time as the instrument's clock shows it."""
    return (POWER_ON + timedelta(microseconds=time_ns // 1000)).strftime("%Y/%m/%d %H:%M:%S.%f")[:-3]


@dataclass(frozen=True)
class Chunk:
    """Readings of one acquisition, evenly spaced."""

    values: NDArray[np.float64] | NDArray[np.float32]
    start_ns: int
    period_ns: float
    unit: str
    channel: int | None = None

    def times_ns(self) -> NDArray[np.float64]:
        """When each reading was taken."""
        times: NDArray[np.float64] = np.arange(len(self.values), dtype=np.float64)
        return times * self.period_ns + float(self.start_ns)

    def part(self, first: int, stop: int) -> "Chunk":
        """Cut out a range of readings."""
        start_ns = round(self.start_ns + first * self.period_ns)
        return Chunk(self.values[first:stop], start_ns, self.period_ns, self.unit, self.channel)


class ReadingBuffer:
    """A reading buffer: continuous (the oldest go) or fill-once (the newest are dropped)."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.fill_once = False
        self._chunks: deque[Chunk] = deque()
        self._count = 0
        self._base_ns: int | None = None

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Forget all readings; the next one starts relative time anew."""
        self._chunks, self._count, self._base_ns = deque(), 0, None

    def append(self, chunk: Chunk) -> None:
        """Take readings in."""
        if self._base_ns is None:
            self._base_ns = chunk.start_ns
        if self.fill_once:
            chunk = chunk.part(0, max(0, self.capacity - self._count))
        self._chunks.append(chunk)
        self._count += len(chunk.values)
        while self._count > self.capacity:
            oldest = self._chunks.popleft()
            kept = max(0, len(oldest.values) - (self._count - self.capacity))
            self._count -= len(oldest.values) - kept
            if kept:
                self._chunks.appendleft(oldest.part(len(oldest.values) - kept, len(oldest.values)))

    def chunks(self, first: int, last: int) -> list[Chunk]:
        """Return readings first..last, counted from 1.

        Raises:
            ScpiError: -222, there are no such readings.

        """
        if not 1 <= first <= last <= self._count:
            raise ScpiError(-222)
        found, begin_at = list[Chunk](), self._count
        for chunk in reversed(self._chunks):  # the newest are asked for most
            begin_at -= len(chunk.values)
            begin, end = max(0, first - 1 - begin_at), min(len(chunk.values), last - begin_at)
            if begin < end:
                found.append(chunk.part(begin, end))
            if begin_at < first:
                break
        return found[::-1]

    def values(self) -> NDArray[np.float64]:
        """Return all readings, for statistics."""
        if not self._count:
            raise ScpiError(-230)
        return np.concatenate([chunk.values for chunk in self._chunks]).astype(np.float64)

    @property
    def base_ns(self) -> int:
        """When relative time began."""
        return self._base_ns or 0


@dataclass
class Format:
    """FORMat:DATA, FORMat:BORDer and FORMat:ASCii:PRECision."""

    data: str = "ASC"
    border: str = "SWAP"
    precision: int = 0

    def write(self, buffer: ReadingBuffer, first: int, last: int, elements: tuple[str, ...]) -> str | bytes:
        """Write readings with the elements asked for (READ alone by default).

        Raises:
            ScpiError: 1133, a binary format and an element that isn't a number; -222, no such readings.

        """
        elements = elements or ("READ",)
        chunks = buffer.chunks(first, last)
        if self.data == "ASC":
            columns = [self._texts(chunks, element, buffer.base_ns) for element in elements]
            return ",".join(text for row in zip(*columns, strict=True) for text in row)
        self.check(elements)
        order = "<" if self.border == "SWAP" else ">"
        kind = f"{order}f{8 if self.data == 'REAL' else 4}"
        numbers = [self._numbers(chunks, element, buffer.base_ns) for element in elements]
        return b"#0" + np.column_stack(numbers).astype(kind).tobytes()

    def check(self, elements: tuple[str, ...]) -> None:
        """Raise 1133 where a binary format is asked for an element that isn't a number."""
        if self.data != "ASC" and any(element not in _NUMERIC for element in elements):
            raise ScpiError(1133)

    def _numbers(self, chunks: list[Chunk], element: str, base_ns: int) -> NDArray[np.float64]:
        match element:
            case "READ":
                parts = [chunk.values for chunk in chunks]
            case "REL":
                parts = [(chunk.times_ns() - base_ns) * 1e-9 for chunk in chunks]
            case "SEC":
                parts = [np.floor(chunk.times_ns() * 1e-9) + POWER_ON.timestamp() for chunk in chunks]
            case "FRAC":
                parts = [chunk.times_ns() * 1e-9 % 1.0 for chunk in chunks]
            case _:
                parts = [np.zeros(len(chunk.values)) for chunk in chunks]
        return np.concatenate(parts).astype(np.float64)

    def _texts(self, chunks: list[Chunk], element: str, base_ns: int) -> list[str]:
        match element:
            case "UNIT":
                return [chunk.unit for chunk in chunks for _ in chunk.values]
            case "CHAN":
                return [str(chunk.channel or 0) for chunk in chunks for _ in chunk.values]
            case "TST":
                times = np.concatenate([chunk.times_ns() for chunk in chunks])
                return [clock_text(int(time_ns)) for time_ns in times]
            case "READ":
                digits = (self.precision or _DIGITS) - 1
                return [f"{value:.{digits}E}" for value in self._numbers(chunks, element, base_ns)]
            case "SEC" | "STAT":
                return [f"{value:.0f}" for value in self._numbers(chunks, element, base_ns)]
            case _:
                return [f"{value:.9f}" for value in self._numbers(chunks, element, base_ns)]
