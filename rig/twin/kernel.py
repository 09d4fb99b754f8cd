"""Bench time: what happens in the twin, in order."""

import heapq
from collections.abc import Callable

Action = Callable[[], None]


class Timer:
    """One planned action; `cancel` forgets it."""

    __slots__ = ("action", "time_ns")

    def __init__(self, time_ns: int, action: Action | None) -> None:
        self.time_ns = time_ns
        self.action = action

    def cancel(self) -> None:
        """Make sure that the action never runs."""
        self.action = None


class Kernel:
    """The twin's event queue; time is integer nanoseconds since its start and moves only in `step`."""

    def __init__(self) -> None:
        self.now_ns = 0
        self._queue: list[tuple[int, int, int, Timer]] = []
        self._order = 0

    def at(self, time_ns: int, action: Action, rank: int = 0) -> Timer:
        """Plan an action; a time in the past means now. Equal times run by rank, then in the order of planning."""
        timer = Timer(max(time_ns, self.now_ns), action)
        self._order += 1
        heapq.heappush(self._queue, (timer.time_ns, rank, self._order, timer))
        return timer

    def after(self, delay_ns: int, action: Action) -> Timer:
        """Plan an action that much later."""
        return self.at(self.now_ns + delay_ns, action)

    def next_ns(self) -> int | None:
        """When the next action is due; None when nothing is planned."""
        while self._queue and self._queue[0][3].action is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def step(self) -> None:
        """Move time to the next action and run it."""
        if self.next_ns() is None:
            return
        time_ns, _, _, timer = heapq.heappop(self._queue)
        action = timer.action
        timer.action = None
        self.now_ns = time_ns
        if action is not None:
            action()

    def run_until(self, time_ns: int) -> None:
        """Run everything due up to that time, then stand at it (for tests and for wall-driven time)."""
        while (due := self.next_ns()) is not None and due <= time_ns:
            self.step()
        self.now_ns = max(self.now_ns, time_ns)
