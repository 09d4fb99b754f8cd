"""The bench clock: every wait of the rig goes through it.

On a real bench it is wall time (`WallClock`). On the twin it is bench time (`rig.bench_clock`), which moves only while
everybody who takes part waits.
"""

import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol


class Line(Protocol):
    """A byte stream whose traffic a clock can fence: a serial port with its reader."""

    @property
    def endpoint(self) -> str:
        """What the other end knows it by: the device path, or `socket://host:port`."""
        ...

    @property
    def sent_bytes(self) -> int:
        """How many bytes were written since it was attached."""
        ...

    @property
    def received_bytes(self) -> int:
        """How many bytes its reader has taken since it was attached."""
        ...

    def await_received(self, count: int, wall_seconds: float) -> bool:
        """Block until `received_bytes` has reached count; false when the wall limit passed first."""
        ...


class Clock(Protocol):
    """Time as the bench counts it, in seconds."""

    def now(self) -> float:
        """Seconds since the clock's own start."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that much bench time pass."""
        ...

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        """Wait until the predicate holds, at most that long; false when time ran out.

        The predicate is asked at once, after each arrival of serial data, and each `every` seconds where given.
        """
        ...

    def attach(self, line: Line) -> None:
        """Fence this serial line: call between opening the port and starting its reader."""
        ...

    def detach(self, line: Line) -> None:
        """Forget the line."""
        ...

    def attach_instrument(self, local_port: int) -> None:
        """Say that the TCP session from this local port is ours, so that its waits are our waits."""
        ...

    def instrument_answered(self) -> None:
        """Called after each exchange with an instrument, which may have taken bench time."""
        ...

    def data_arrived(self) -> None:
        """Called by a line's reader thread after each chunk."""
        ...

    def hand_over(self, name: str, ticket: str) -> None:
        """Wait until the participant of that name has served a ticket, already sent to it."""
        ...

    def step_aside(self) -> None:
        """Hold time up no more, for good; what else is asked of this clock then counts for nothing."""
        ...

    def close(self) -> None:
        """Leave; nothing waits for us any more."""
        ...


class AttendingClock(Clock, Protocol):
    """The clock of who serves others: it waits for time and for its clients at once."""

    @property
    def knocks(self) -> bool:
        """Whether a client's request may only be served after its knock on the clock (`hand_over`)."""
        ...

    def attend(
        self,
        until: float | None,
        sources: Sequence[socket.socket],
        concerns: Callable[[socket.socket], bool],
        served: Sequence[str],
        wall_seconds: float | None,
    ) -> None:
        """Wait until then (None: for ever), or until knocked, or until something concerns us, or the wall limit.

        `concerns` is called with each source that can be read, and must read it; it may change the sources. `served`
        are the tickets served since the last call. Who waits again until the same time wakes at the same time.
        """
        ...

    def expel_others(self) -> None:
        """Let nobody else hold time up any more."""
        ...


class WallClock:
    """Bench time on a real bench: the computer's monotonic clock."""

    knocks = False

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._arrival = threading.Condition()

    def now(self) -> float:
        """Seconds since this clock was made."""
        return time.monotonic() - self._start

    def sleep(self, seconds: float) -> None:
        """Sleep in wall time."""
        time.sleep(max(0.0, seconds))  # noqa: TID251 - the one place where waiting is wall time

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        """See `Clock.wait_until`."""
        deadline = time.monotonic() + seconds
        with self._arrival:
            while not predicate():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                # 0.5 s bounds the harm of an arrival between predicate and wait by a reader without the lock
                self._arrival.wait(min(left, every or 0.5))
        return True

    def attach(self, line: Line) -> None:
        """Nothing to do: readers announce data by themselves."""

    def detach(self, line: Line) -> None:
        """Nothing to do."""

    def attach_instrument(self, local_port: int) -> None:
        """Nothing to do: wall time passes by itself."""

    def instrument_answered(self) -> None:
        """Nothing to do."""

    def data_arrived(self) -> None:
        """Wake whoever waits for data."""
        with self._arrival:
            self._arrival.notify_all()

    def close(self) -> None:
        """Nothing to do."""

    def hand_over(self, name: str, ticket: str) -> None:
        """Nothing to do: the other one runs by itself."""

    def step_aside(self) -> None:
        """Nothing to do: nobody holds wall time up."""

    def attend(
        self,
        until: float | None,
        sources: Sequence[socket.socket],
        concerns: Callable[[socket.socket], bool],
        served: Sequence[str],
        wall_seconds: float | None,
    ) -> None:
        """See `AttendingClock.attend`."""
        seconds = None if until is None else until - self.now()
        limits = [limit for limit in (seconds, wall_seconds) if limit is not None]
        deadline = time.monotonic() + max(0.0, min(limits)) if limits else None
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select(sources, [], [], left)
            heard = [concerns(source) for source in ready]  # all of them: each must be read
            if any(heard) or not ready:
                return

    def expel_others(self) -> None:
        """Nothing to do: nobody holds wall time up."""
