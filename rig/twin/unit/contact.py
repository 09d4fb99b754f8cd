"""The battery contacts: connected or not, and dropouts of a bad one while somebody wiggles it."""

import math

from rig.twin.noise import Noise
from rig.twin.unit.history import FloatArray, Pieces, locate

_SHORTEST_SECONDS = 0.001
_LONGEST_SECONDS = 0.020
_STEADY_SECONDS = 0.05
_AHEAD_SECONDS = 60.0


class Contact:
    """Share of the current that passes: 1, or 0 while open."""

    def __init__(self, seed: int, dropouts_per_second: float) -> None:
        self._seed = seed
        self._rate = dropouts_per_second
        self._connected = 0.0
        self._wiggles = 0
        self.pieces = Pieces((0.0,))

    def connect(self, time_ns: int, connected: bool) -> None:
        """The terminals are on a source, or open."""
        value = 1.0 if connected else 0.0
        if value != self._connected:
            self._connected = value
            self.pieces.add(time_ns, (value,))

    def wiggle(self, time_ns: int, on: bool) -> None:
        """Wiggling begins or ends; a bad contact then opens at least twice a second."""
        if self._rate <= 0.0 or not self._connected:
            return
        while self.pieces.times[-1] > time_ns:
            self.pieces.times.pop()
            self.pieces.rows.pop()
        self.pieces.add(time_ns, (1.0,))
        if not on:
            return
        self._wiggles += 1
        noise = Noise(self._seed, "wiggle", str(self._wiggles))
        seconds = 0.02
        while seconds < _AHEAD_SECONDS:
            length = _SHORTEST_SECONDS + (_LONGEST_SECONDS - _SHORTEST_SECONDS) * noise.uniform()
            opened_ns = time_ns + round(seconds * 1e9)
            self.pieces.add(opened_ns, (0.0,))
            self.pieces.add(opened_ns + round(length * 1e9), (1.0,))
            gap = min(-math.log(1.0 - noise.uniform()), 2.0) / self._rate
            seconds += length + max(_STEADY_SECONDS, gap)

    def steady(self, start_ns: int, stop_ns: int) -> bool:
        """Whether nothing changes in a window."""
        starts, _rows = self.pieces.window(start_ns, stop_ns)
        return len(starts) == 1

    def samples(self, start_ns: int, seconds: FloatArray) -> FloatArray:
        """Share passed at moments (count,)."""
        stop_ns = start_ns + int(seconds[-1] * 1e9)
        starts, rows = self.pieces.window(start_ns, stop_ns)
        return rows[locate(starts, seconds), 0]
