"""The watchdog is restarted by waiting, at least every second, and only while it is watched."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from rig.bench.watchdog import RESTART_SECONDS, WatchedClock
from rig.clock import WallClock


class StepClock(WallClock):
    """Time that moves only when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        end = self.seconds + seconds
        while not predicate():
            if self.seconds >= end:
                return False
            self.seconds = min(end, self.seconds + (every or 0.25))
        return True


@pytest.fixture
def beats() -> list[float]:
    return []


def watched(beats: list[float]) -> tuple[StepClock, WatchedClock]:
    inner = StepClock()
    clock = WatchedClock(inner)
    clock.watch(lambda: beats.append(inner.now()))
    return inner, clock


def test_a_long_sleep_restarts_it_every_second(beats: list[float]) -> None:
    _, clock = watched(beats)
    clock.sleep(3.5)
    assert beats == [0.0, 1.0, 2.0, 3.0]
    assert clock.now() == pytest.approx(3.5)


def test_many_short_waits_restart_it_too(beats: list[float]) -> None:
    _, clock = watched(beats)
    for _ in range(30):
        clock.sleep(0.1)
    assert max(later - earlier for earlier, later in pairwise(beats)) <= RESTART_SECONDS + 0.11


def test_waiting_for_something_restarts_it(beats: list[float]) -> None:
    inner, clock = watched(beats)
    assert clock.wait_until(lambda: inner.now() >= 2.6, 5.0)
    assert beats == [0.0, 1.0, 2.0]
    assert not clock.wait_until(lambda: False, 2.0)
    assert len(beats) == 5


def test_unwatched_it_is_left_alone(beats: list[float]) -> None:
    _, clock = watched(beats)
    clock.watch(None)
    clock.sleep(10.0)
    assert beats == [0.0]


def test_who_does_not_wait_does_not_restart_it(beats: list[float]) -> None:
    inner, clock = watched(beats)
    inner.seconds += 30.0  # a run that hangs outside of the clock
    assert beats == [0.0]
    clock.sleep(0.1)
    assert len(beats) == 2
