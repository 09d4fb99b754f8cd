"""Timers of the firmware's own clock, some of which TEST TIMERX can accelerate."""

from collections.abc import Callable

from rig.twin.kernel import Kernel, Timer


class ScaledTimer:
    """Runs an action after so many seconds of the unit's clock, at a factor that may change on the way."""

    def __init__(self, kernel: Kernel, clock: float, action: Callable[[], None]) -> None:
        self._kernel = kernel
        self._clock = clock
        self._action = action
        self._factor = 1.0
        self._left_seconds = 0.0
        self._since_ns = 0
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        """Whether the action is still to come."""
        return self._timer is not None

    def start(self, seconds: float) -> None:
        """Begin anew."""
        self.stop()
        self._left_seconds = seconds
        self._plan()

    def stop(self) -> None:
        """Forget it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def accelerate(self, factor: float) -> None:
        """Let the time that is left pass that many times faster."""
        if self._timer is None:
            self._factor = factor
            return
        passed = (self._kernel.now_ns - self._since_ns) * 1e-9 * self._clock * self._factor
        self._left_seconds = max(self._left_seconds - passed, 0.0)
        self._factor = factor
        self._timer.cancel()
        self._plan()

    def _plan(self) -> None:
        self._since_ns = self._kernel.now_ns
        if self._left_seconds == float("inf"):
            return
        self._timer = self._kernel.after(round(self._left_seconds / self._clock / self._factor * 1e9), self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._action()
