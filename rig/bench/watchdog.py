"""The watchdog: both supply lines run through a contactor on the relay board's own timer, which waiting restarts.

Restarts come from the progress of the run, never from a background thread: a run that hangs lets the contactor open.
"""

from collections.abc import Callable

from rig.clock import Clock, Line

RELAY_SECONDS = 2  # the contactor opens this long after the last restart
RESTART_SECONDS = 1.0


class WatchedClock:
    """The bench clock of a run: as the inner one, and restarts the watchdog while anything is energised."""

    def __init__(self, inner: Clock) -> None:
        self._inner = inner
        self._restart: Callable[[], object] | None = None
        self._due = 0.0

    def watch(self, restart: Callable[[], object] | None) -> None:
        """Restart the watchdog by calling this, now and at least every second of waiting; None stops it."""
        self._restart = restart
        self._beat()

    def now(self) -> float:
        """See `Clock.now`."""
        return self._inner.now()

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        end = self._inner.now() + seconds
        while (left := end - self._inner.now()) > 1e-9:
            self._inner.sleep(min(left, self._until_beat()))
            self._beat_if_due()

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        """See `Clock.wait_until`."""
        end = self._inner.now() + seconds
        while True:
            left = end - self._inner.now()
            if self._inner.wait_until(predicate, max(0.0, min(left, self._until_beat())), every):
                return True
            if left <= self._until_beat():
                return False
            self._beat_if_due()

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
        self._inner.instrument_answered()

    def data_arrived(self) -> None:
        """See `Clock.data_arrived`."""
        self._inner.data_arrived()

    def close(self) -> None:
        """See `Clock.close`."""
        self._inner.close()

    def _until_beat(self) -> float:
        if self._restart is None:
            return float("inf")
        return max(0.0, self._due - self._inner.now())

    def _beat_if_due(self) -> None:
        if self._restart is not None and self._inner.now() >= self._due - 1e-9:
            self._beat()

    def _beat(self) -> None:
        if self._restart is not None:
            self._due = self._inner.now() + RESTART_SECONDS
            self._restart()
