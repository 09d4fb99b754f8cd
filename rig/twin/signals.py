"""What a cable carries: a quantity over bench time, for an instrument to sample."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Signal(Protocol):
    """Volts, amperes or degrees Celsius at an instrument's terminals, free of the instrument's own errors."""

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over an aperture that ends now or earlier."""
        ...

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,) that ends now or earlier."""
        ...


class Steady:
    """A signal that changes slowly against any aperture: its present value everywhere."""

    def __init__(self, value: Callable[[], float]) -> None:
        self._value = value

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """The present value."""
        return self._value()

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """The present value, count times."""
        return np.full(count, self._value())
