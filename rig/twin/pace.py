"""How bench time follows the wall clock: so many bench seconds a wall second."""

import time


class Pace:
    """Where bench time would be by the wall clock, less the wall time for which it was held.

    Bench time is held while somebody who takes part runs: that wall time isn't owed to the bench. It isn't held while
    everybody waits, however far off the next event is.
    """

    def __init__(self, rate: float, bench_ns: int) -> None:
        """From now on, `rate` bench seconds a wall second, beginning at `bench_ns`."""
        self.rate = rate
        self._bench_start_ns = bench_ns
        self._wall_start = time.monotonic()
        self._held_at: float | None = None

    def hold(self) -> None:
        """Stop; nothing new where it is held already."""
        if self._held_at is None:
            self._held_at = time.monotonic()

    def release(self) -> None:
        """Go on from where it was held; nothing new where it wasn't."""
        if self._held_at is not None:
            self._wall_start += time.monotonic() - self._held_at
            self._held_at = None

    def bench_ns(self) -> int:
        """Bench time by the wall clock."""
        wall = time.monotonic() if self._held_at is None else self._held_at
        return self._bench_start_ns + round((wall - self._wall_start) * self.rate * 1e9)

    def wall_seconds_until(self, due_ns: int) -> float:
        """Wall seconds until that bench time; negative once it is past."""
        return (due_ns - self.bench_ns()) / 1e9 / self.rate
