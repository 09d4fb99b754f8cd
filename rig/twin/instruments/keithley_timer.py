"""A trigger timer of the Keithley graphical meters: raises its event some time after what starts it.

Source: reference manuals of the family, TRIGger:TIMer. A timer without a stimulus starts when it is enabled. Its alarm
(STARt:SEConds, STARt:FRACtional) is not simulated. Unverified (?): count 0 is endless.
"""

from collections.abc import Callable

from rig.twin.kernel import Kernel, Timer

NONE = "NONE"


class TriggerTimer:
    """One of the four timers; `expired` is called at each of its events."""

    def __init__(self, kernel: Kernel, expired: Callable[[], None]) -> None:
        self._kernel = kernel
        self._expired = expired
        self._pending: Timer | None = None
        self.set_up()

    def set_up(self) -> None:
        """Take the reset state: off, 10 us, once, started by nothing but being enabled."""
        self.seconds = 10e-6
        self.count = 1
        self.stimulus = NONE
        self.at_start = False
        self.enabled = False
        self._cancel()

    def enable(self, on: bool) -> None:
        """Switch it on or off; without a stimulus it starts at once."""
        self.enabled = on
        self._cancel()
        if on and self.stimulus == NONE:
            self._start()

    def event(self, name: str) -> None:
        """Start with its stimulus; one that runs already goes on."""
        if self.enabled and name == self.stimulus and self._pending is None:
            self._start()

    def _start(self) -> None:
        self._left = self.count or 2**31
        if self.at_start:
            self._expired()
        self._plan()

    def _plan(self) -> None:
        self._pending = self._kernel.after(round(self.seconds * 1e9), self._expire)

    def _expire(self) -> None:
        self._pending = None
        self._left -= 1
        if self._left > 0:
            self._plan()
        self._expired()

    def _cancel(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
        self._pending = None
