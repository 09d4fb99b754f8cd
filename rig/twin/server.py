"""The twin's loop: bytes in, time on, bytes out; one thread, nothing blocks."""

import selectors
import socket
import time
from collections.abc import Callable

from rig.doorstep import Doorstep
from rig.twin.kernel import Kernel
from rig.twin.pace import Pace
from rig.twin.timekeeper import Timekeeper

AFTERGLOW_NS = 4_000_000_000  # after the last participant left, time runs on until the watchdog contactor is open
HELD_WALL_SECONDS = 20.0  # who holds time up for so long takes part no more, if others do
UNREAD_WALL_SECONDS = 5.0  # how long delivered bytes may stay unread before they are dropped as an overrun
EVENTS_BETWEEN_LOOKS = 500
STILL_WALL_SECONDS = 0.2  # well within the shortest patience of any guard
LONGEST_CATCH_UP_WALL_SECONDS = 0.5

Channel = int | socket.socket


class Server:
    """Watches the cables and drives the kernel.

    With `rate` None, time moves as fast as it can be computed and only while all participants wait; with none,
    it stands. With a rate, it moves no faster than that many bench seconds per wall second. A `lone` twin that has
    a rate follows the wall clock whenever it has no participant; one that isn't waits for them, so that a run finds it
    at the same bench time at every pace.
    """

    def __init__(self, kernel: Kernel, rate: float | None, *, lone: bool = False) -> None:
        self._kernel = kernel
        self._lone = lone
        self._pace = None if rate is None else Pace(rate, kernel.now_ns)
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Channel, int] = {}
        self._doorsteps: list[Doorstep] = []
        self._dirty = True
        self._stopping = False
        self._unread_since: float | None = None
        self._held_since: float | None = None
        self._still_due = 0.0
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

    def follow_wall(self, rate: float, after_seconds: float = 0.0) -> None:
        """From then on time moves with the wall clock whoever runs: nobody holds it up, as on a real bench."""
        if after_seconds > 0.0:
            self._kernel.after(round(after_seconds * 1e9), lambda: self.follow_wall(rate))
            return
        self._pace = Pace(rate, self._kernel.now_ns)
        self.keeper.is_walls = True

    def stop(self) -> None:
        """End the loop after this turn."""
        self._stopping = True

    def run(self) -> None:
        """Serve until stopped."""
        if self._pace is not None:
            self._pace = Pace(self._pace.rate, self._kernel.now_ns)  # what came before serving isn't owed
        while not self._stopping:
            ready = self._selector.select(self._shortest(self._time_on()))
            if self._pace is not None and self._follows_wall:
                self._catch_up(self._pace.bench_ns())
            for key, events in ready:
                key.data(events)
            self._settle()
            for doorstep in self._doorsteps:
                doorstep.see_off()

    def _shortest(self, wall_seconds: float | None) -> float | None:
        limits = [wall_seconds, self._say_still(), *(doorstep.wall_left for doorstep in self._doorsteps)]
        return min((limit for limit in limits if limit is not None), default=None)

    def _say_still(self) -> float | None:
        """Tell those who wait that they still do, when it is time; wall seconds until the next time."""
        if not self.keeper.participants:
            return None
        now = time.monotonic()
        if now >= self._still_due:
            self._still_due = now + STILL_WALL_SECONDS
            self.keeper.say_still()
        return self._still_due - now

    @property
    def _follows_wall(self) -> bool:
        """Whether nobody can hold time: what arrives now arrives at the wall's time, not at that of the last event."""
        return self.keeper.is_walls or (self._lone and self._pace is not None and not self.keeper.participants)

    def _catch_up(self, wall_ns: int) -> None:
        """Carry out what is due by now, but let nobody wait for it longer than a look's worth."""
        limit = time.monotonic() + LONGEST_CATCH_UP_WALL_SECONDS
        while (due_ns := self._kernel.next_ns()) is not None and due_ns <= wall_ns:
            if time.monotonic() > limit:
                return  # more than this machine can compute: time lags, the wire doesn't
            self._kernel.step()
        self._kernel.run_until(wall_ns)

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
                self._hold()
                return self._held()
            elif keeper.backlog:
                self._hold()
                return self._give_up_unread()
            elif not keeper.somebody_drives and not self._alone_may_run():
                self._hold()
                return None
            self._unread_since = self._held_since = None
            if self._pace is not None:
                self._pace.release()
            due_ns = self._kernel.next_ns()
            if due_ns is None:
                return None
            if self._pace is not None and (early := self._pace.wall_seconds_until(due_ns)) > 0:
                return early
            # between touches nobody's state can have changed: run on without asking again
            run_on = keeper.somebody_drives
            while not self._dirty and due_ns is not None:
                self._kernel.step()
                due_ns = self._kernel.next_ns() if run_on and self._pace is None else None
            self._settle()
        return 0.0

    def _hold(self) -> None:
        if self._pace is not None:
            self._pace.hold()

    def _alone_may_run(self) -> bool:
        if self._lone and self._pace is not None:
            return True
        left_at_ns = self.keeper.left_at_ns
        if left_at_ns is not None and self._kernel.now_ns < left_at_ns + AFTERGLOW_NS:
            return True
        return self.keeper.stranger_waits

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
