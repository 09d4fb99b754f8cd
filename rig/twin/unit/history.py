"""What happened to a quantity over the last half minute, as pieces an instrument's record is made from."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

KEEP_NS = 31_000_000_000
_PRUNE_EVERY = 4096


class Pieces:
    """Columns valid from a time until the next entry; the first column's entry is that time's state."""

    __slots__ = ("_countdown", "rows", "times")

    def __init__(self, row: tuple[float, ...]) -> None:
        self.times: list[int] = [-KEEP_NS]
        self.rows: list[tuple[float, ...]] = [row]
        self._countdown = _PRUNE_EVERY

    def add(self, time_ns: int, row: tuple[float, ...]) -> None:
        """From this time on; a second entry at the same time replaces the first."""
        if self.times[-1] == time_ns:
            self.rows[-1] = row
            return
        self.times.append(time_ns)
        self.rows.append(row)
        self._countdown -= 1
        if self._countdown <= 0:
            self._countdown = _PRUNE_EVERY
            first = bisect_right(self.times, time_ns - KEEP_NS) - 1
            if first > 0:
                del self.times[:first]
                del self.rows[:first]

    def at(self, time_ns: int) -> tuple[float, ...]:
        """The piece valid at a time."""
        return self.rows[max(bisect_right(self.times, time_ns) - 1, 0)]

    def window(self, start_ns: int, stop_ns: int) -> tuple[FloatArray, FloatArray]:
        """Start seconds after start_ns (n,) and rows (n, columns) of all pieces that touch a window."""
        first = max(bisect_right(self.times, start_ns) - 1, 0)
        last = max(bisect_right(self.times, stop_ns), first + 1)
        after_ns = np.array(self.times[first:last], dtype=np.int64) - start_ns
        return np.array(after_ns * 1e-9, dtype=np.float64), np.array(self.rows[first:last], dtype=np.float64)


def locate(starts: FloatArray, seconds: FloatArray) -> IntArray:
    """Index (count,) of the piece each moment falls into."""
    return np.maximum(np.searchsorted(starts, seconds, side="right") - 1, 0)


def midpoints(count: int, duration: float) -> FloatArray:
    """Moments (count,) in the middles of equal parts of an aperture, in seconds after its start."""
    return np.array((np.arange(count) + 0.5) * (duration / count), dtype=np.float64)


def times_of(rate_hz: float, count: int) -> FloatArray:
    """Sample moments (count,) in seconds after the start."""
    return np.array(np.arange(count) / rate_hz, dtype=np.float64)


class Level:
    """A quantity made of plateaus, each with an exponential approach: value + transient * exp(-t / tau)."""

    __slots__ = ("pieces",)

    def __init__(self, value: float) -> None:
        self.pieces = Pieces((value, 0.0, 1.0))

    def set(self, time_ns: int, value: float, transient: float = 0.0, seconds: float = 1.0) -> None:
        """A new plateau from a time on; nothing happens when it's the same one."""
        row = (value, transient, seconds)
        if transient or self.pieces.rows[-1] != row:
            self.pieces.add(time_ns, row)

    @property
    def value(self) -> float:
        """The present plateau."""
        return self.pieces.rows[-1][0]

    def samples(self, start_ns: int, seconds: FloatArray) -> FloatArray:
        """Values at moments (count,) after a start."""
        stop_ns = start_ns + int(seconds[-1] * 1e9)
        starts, rows = self.pieces.window(start_ns, stop_ns)
        if len(starts) == 1 and rows[0, 1] == 0.0:
            return np.full(len(seconds), rows[0, 0])
        piece = locate(starts, seconds)
        picked = rows[piece]
        return picked[:, 0] + picked[:, 1] * np.exp(-(seconds - starts[piece]) / picked[:, 2])
