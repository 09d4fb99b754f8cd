"""What a run and its bench owe each other: time, the energy a reading was taken with, and the bench read back safe."""

from collections.abc import Callable

from rig.clock import Clock
from rig.errors import BenchError, NoReply, Rebooted, UnitError
from rig.run.troubles import Troubles

Doubt = Callable[[BaseException | None], None]


class BenchUse:
    """How a run uses its bench.

    The bench fixture calls `opened`, and `closed` once it has read the bench back. `safe` is None while nobody has.
    """

    def __init__(self, troubles: Troubles) -> None:
        self.clock: Clock | None = None  # None while no bench is open
        self.used = False
        self.safe: bool | None = None
        self._troubles = troubles
        self._vouch: Callable[[], None] | None = None
        self._doubt: Doubt | None = None
        self._seconds = 0.0

    def opened(self, clock: Clock, vouch: Callable[[], None] | None = None) -> None:
        """Note that the bench is used; `vouch` raises once it is no longer what a reading was taken on."""
        self.clock, self._vouch = clock, vouch
        self.used, self.safe = True, False if self.safe is False else None

    def closed(self, *, safe: bool) -> None:
        """Note that the bench was read back, `safe` when every output was off; the clock is gone."""
        try:
            self.seconds()
        except BenchError as error:
            self._troubles.of_rig(str(error), error)
        self.clock = self._vouch = None
        self.safe = safe if self.safe is None else self.safe and safe

    def seconds(self) -> float:
        """Bench time now, or when it was last known."""
        if self.clock is not None:
            self._seconds = self.clock.now()
        return self._seconds

    def vouch(self) -> None:
        """Raise LeaseLost when the guard has taken the energy away meanwhile."""
        if self._vouch is not None:
            self._vouch()

    def ask_before_blame(self, doubt: Doubt) -> None:
        """Have this asked before anything is held against the unit; it raises what is to be said instead."""
        self._doubt = doubt

    def before_blame(self, error: BaseException | None = None) -> None:
        """Ask whether the rig did its part, for a measurement that isn't PASS, or for that trouble of the unit.

        Raises BenchError where the rig didn't; NoReply or Rebooted where the unit wasn't there to be measured.
        """
        doubt, self._doubt = self._doubt, None  # what it meets isn't doubted again
        if doubt is None:
            return
        try:
            doubt(error)
        except (NoReply, Rebooted):
            raise
        except UnitError:
            return  # it makes nothing better
        finally:
            self._doubt = doubt
