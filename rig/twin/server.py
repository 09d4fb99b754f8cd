"""The twin's loop: bytes in, time on, bytes out; one thread, nothing blocks."""

import selectors
import socket
import time
from collections.abc import Callable

from rig.doorstep import Doorstep
from rig.twin.kernel import Kernel
from rig.twin.timekeeper import Timekeeper

AFTERGLOW_NS = 4_000_000_000  # after the last participant left, time runs on until the watchdog contactor is open
HELD_WALL_SECONDS = 20.0  # who holds time up for so long takes part no more, if others do
UNREAD_WALL_SECONDS = 5.0  # how long delivered bytes may stay unread before they are dropped as an overrun
EVENTS_BETWEEN_LOOKS = 500

Channel = int | socket.socket


class Server:
    """Watches the cables and drives the kernel.

    With `pace` None, time moves as fast as it can be computed and only while all participants wait; with none,
    it stands. With a pace, it moves no faster than that many bench seconds per wall second, and without any
    participant it follows the wall clock.
    """

    def __init__(self, kernel: Kernel, pace: float | None) -> None:
        self._kernel = kernel
        self._pace = pace
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Channel, int] = {}
        self._doorsteps: list[Doorstep] = []
        self._dirty = True
        self._stopping = False
        self._wall_start = time.monotonic()
        self._bench_start_ns = 0
        self._unread_since: float | None = None
        self._held_since: float | None = None
        self.keeper = Timekeeper(kernel, self.touched)

    def watch(self, channel: Channel, events: int, ready: Callable[[int], None]) -> None:
        """Call `ready(events)` when the channel can be read or written."""
        known = self._watched.get(channel)
        if known == events:
            return
        if known is None:
            self._selector.register(channel, events, ready)
        else:
            self._selector.modify(channel, events, ready)
        self._watched[channel] = events

    def forget(self, channel: Channel) -> None:
        """Stop watching."""
        if self._watched.pop(channel, None) is not None:
            self._selector.unregister(channel)

    def attend_door(self, doorstep: Doorstep) -> None:
        """See that nobody stays there for too long; that is wall time, and costs no bench time."""
        self._doorsteps.append(doorstep)

    def touched(self) -> None:
        """Something was received or sent: who waits must be looked at anew."""
        self._dirty = True
        self._held_since = None

    def follow_wall(self, pace: float, after_seconds: float = 0.0) -> None:
        """From then on time moves with the wall clock whoever runs: nobody holds it up, as on a real bench."""
        if after_seconds > 0.0:
            self._kernel.after(round(after_seconds * 1e9), lambda: self.follow_wall(pace))
            return
        self._pace = pace
        self.keeper.is_walls = True
        self._wall_start = time.monotonic()
        self._bench_start_ns = self._kernel.now_ns

    def stop(self) -> None:
        """End the loop after this turn."""
        self._stopping = True

    def run(self) -> None:
        """Serve until stopped."""
        while not self._stopping:
            ready = self._selector.select(self._shortest(self._time_on()))
            if self.keeper.is_walls:
                # what arrives now arrives at the wall's time, not at that of the last event
                self._kernel.run_until(self._bench_start_ns + round(self._elapsed_ns()))
            for key, events in ready:
                key.data(events)
            self._settle()
            for doorstep in self._doorsteps:
                doorstep.see_off()

    def _shortest(self, wall_seconds: float | None) -> float | None:
        limits = [wall_seconds, *(doorstep.wall_left for doorstep in self._doorsteps)]
        return min((limit for limit in limits if limit is not None), default=None)

    def _settle(self) -> None:
        while self._dirty:
            self._dirty = False
            self.keeper.settle()

    def _time_on(self) -> float | None:
        """Move time as far as it may go; how long to wait for bytes, in wall seconds."""
        self._settle()
        keeper = self.keeper
        for _ in range(EVENTS_BETWEEN_LOOKS):
            if keeper.is_walls:
                pass  # time is the wall's
            elif keeper.somebody_runs:
                return self._held()
            elif keeper.backlog:
                return self._give_up_unread()
            elif not keeper.somebody_drives and not self._alone_may_run():
                return None
            self._unread_since = self._held_since = None
            due_ns = self._kernel.next_ns()
            if due_ns is None:
                return None
            if self._pace is not None and (early := self._wall_left(due_ns)) > 0:
                return early
            # between touches nobody's state can have changed: run on without asking again
            run_on = keeper.somebody_drives
            while not self._dirty and due_ns is not None:
                self._kernel.step()
                due_ns = self._kernel.next_ns() if run_on and self._pace is None else None
            self._settle()
        return 0.0

    def _alone_may_run(self) -> bool:
        if self._pace is not None:
            return True
        left_at_ns = self.keeper.left_at_ns
        if left_at_ns is not None and self._kernel.now_ns < left_at_ns + AFTERGLOW_NS:
            return True
        return self.keeper.stranger_waits

    def _wall_left(self, due_ns: int) -> float:
        pace = self._pace or 1.0
        elapsed_ns = self._elapsed_ns()
        behind_ns = elapsed_ns - (self._kernel.now_ns - self._bench_start_ns)
        if behind_ns > 0.25e9 * pace and self.keeper.participants and not self.keeper.is_walls:
            # somebody thought for a while: that wall time isn't owed to the bench
            self._bench_start_ns = self._kernel.now_ns
            self._wall_start = time.monotonic()
            elapsed_ns = 0.0
        return (due_ns - self._bench_start_ns - elapsed_ns) / 1e9 / pace

    def _elapsed_ns(self) -> float:
        return (time.monotonic() - self._wall_start) * (self._pace or 1.0) * 1e9

    def _held(self) -> float | None:
        """Time stands for who runs; how long it may still do so, in wall seconds (None: for ever)."""
        if len(self.keeper.participants) < 2:
            return None
        now = time.monotonic()
        if self._held_since is None:
            self._held_since = now
        left = self._held_since + HELD_WALL_SECONDS - now
        if left <= 0:
            self.keeper.expel_runners()
        return max(0.0, left)

    def _give_up_unread(self) -> float:
        now = time.monotonic()
        if self._unread_since is None:
            self._unread_since = now
        if now - self._unread_since > UNREAD_WALL_SECONDS:
            for participant in self.keeper.participants:
                for line in participant.lines.values():
                    line.drop_backlog()
            self._unread_since = None
            return 0.0
        return 0.05
