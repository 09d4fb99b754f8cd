"""A signal behind a switch: what a meter sees of a current that may be led around it."""

import numpy as np

from rig.twin.kernel import Kernel
from rig.twin.signals import FloatArray, Signal


class Gated:
    """A signal times a factor that changes at known moments; records see each change where it happened."""

    def __init__(self, kernel: Kernel, source: Signal, factor: float) -> None:
        self._kernel = kernel
        self._source = source
        self._changes: list[tuple[int, float]] = [(0, factor)]

    def switch(self, factor: float) -> None:
        """The factor from now on."""
        if self._changes[-1][1] != factor:
            self._changes.append((self._kernel.now_ns, factor))

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over the aperture, with the factor that holds at its end."""
        factor = self._changes[-1][1]
        for changed_ns, value in reversed(self._changes):
            factor = value
            if changed_ns <= stop_ns:
                break
        return factor * self._source.mean(start_ns, stop_ns)

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,) with the factor of each moment."""
        changed_ns = np.array([at_ns for at_ns, _ in self._changes], dtype=np.int64)
        factors = np.array([factor for _, factor in self._changes])
        at_ns = start_ns + (np.arange(count) * (1e9 / rate_hz)).astype(np.int64)
        index = np.searchsorted(changed_ns, at_ns, side="right") - 1
        return factors[np.maximum(index, 0)] * self._source.samples(start_ns, rate_hz, count)


class Scaled:
    """A signal through a sensor: gain and offset."""

    def __init__(self, source: Signal, gain: float, offset: float = 0.0) -> None:
        self._source = source
        self._gain = gain
        self._offset = offset

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over the aperture."""
        return self._gain * self._source.mean(start_ns, stop_ns) + self._offset

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,)."""
        return self._gain * self._source.samples(start_ns, rate_hz, count) + self._offset
