"""Signs of life for the guard, from the progress of the run.

Never from a background thread, which would go on beating for a run that hangs.
"""

import math
import time
from collections.abc import Callable
from typing import Protocol

from rig.clock import Clock, Line

SHARE = 0.25  # of the guard's patience: how often it hears from us


class Guarded(Protocol):
    """The run's end of the guard, as far as beating goes."""

    @property
    def energised(self) -> bool:
        """Whether the guard listens for beats: something may be on."""
        ...

    def beat(self) -> None:
        """Say that the run goes on."""
        ...


class BeatingClock:
    """The bench clock of a run: as the inner one, and beats while anything is energised.

    A long wait in wall time is made of slices, so that each of them can beat. In one of bench time, which lasts as long
    as the twin's pace wants, the twin says again and again that it goes on, and each time is a chance to `beat`.
    """

    def __init__(self, inner: Clock, line: Guarded, beat_seconds: float, *, wall: bool) -> None:
        """Beat at least each quarter of `beat_seconds` of wall time; `wall` says that bench time is wall time."""
        self._inner = inner
        self._line = line
        self._every = SHARE * beat_seconds
        self._slice = self._every if wall else math.inf
        self._due = 0.0

    def now(self) -> float:
        """See `Clock.now`."""
        self.beat()
        return self._inner.now()

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        if not self._line.energised:
            self._inner.sleep(seconds)
            return
        end = self._inner.now() + seconds
        while (left := end - self._inner.now()) > 1e-9:
            self.beat()
            self._inner.sleep(min(left, self._slice))
        self.beat()

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        """See `Clock.wait_until`."""
        if not self._line.energised:
            return self._inner.wait_until(predicate, seconds, every)
        end = self._inner.now() + seconds
        while True:
            self.beat()
            left = end - self._inner.now()
            if self._inner.wait_until(predicate, max(0.0, min(left, self._slice)), every):
                return True
            if left <= self._slice:
                return False

    def attach(self, line: Line) -> None:
        """See `Clock.attach`."""
        self._inner.attach(line)

    def detach(self, line: Line) -> None:
        """See `Clock.detach`."""
        self._inner.detach(line)

    def attach_instrument(self, local_port: int) -> None:
        """See `Clock.attach_instrument`."""
        self._inner.attach_instrument(local_port)

    def instrument_answered(self) -> None:
        """See `Clock.instrument_answered`."""
        self.beat()
        self._inner.instrument_answered()

    def data_arrived(self) -> None:
        """See `Clock.data_arrived`; called by a reader's thread, which is no progress of the run."""
        self._inner.data_arrived()

    def hand_over(self, name: str, ticket: str) -> None:
        """See `Clock.hand_over`."""
        self._inner.hand_over(name, ticket)

    def step_aside(self) -> None:
        """See `Clock.step_aside`."""
        self._inner.step_aside()

    def close(self) -> None:
        """See `Clock.close`."""
        self._inner.close()

    def beat(self) -> None:
        """Beat if it is time, from the run's own thread."""
        if self._line.energised and (now := time.monotonic()) >= self._due:
            self._due = now + self._every
            self._line.beat()
