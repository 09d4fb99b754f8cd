"""A run beats by waiting and measuring, only while something is energised, and never by itself."""

import time
from collections.abc import Callable

import pytest

from rig.bench.beats import BeatingClock
from rig.clock import WallClock


class StepClock(WallClock):
    """Time that moves only when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.sleeps.append(seconds)

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        end = self.seconds + seconds
        while not predicate():
            if self.seconds >= end:
                return False
            self.seconds = min(end, self.seconds + (every or 0.25))
        return True


class Line:
    """Counts beats."""

    def __init__(self) -> None:
        self.energised = True
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_long_wait_of_bench_time_beats_whenever_the_twin_says_that_it_goes_on(line: Line) -> None:
    """How long it takes in wall time is the pace's affair: nothing is sliced, so no reading can depend on it."""
    inner = StepClock()
    clock = BeatingClock(inner, line, beat_seconds=0.0, wall=False)  # no patience: each chance is taken
    clock.sleep(7.0)
    before = line.beats
    clock.beat()
    assert inner.sleeps == [7.0]
    assert line.beats == before + 1


def test_on_a_real_bench_a_slice_is_a_quarter_of_the_guards_patience(line: Line) -> None:
    inner = StepClock()
    BeatingClock(inner, line, beat_seconds=1.0, wall=True).sleep(2.0)
    assert inner.sleeps == [pytest.approx(0.25)] * 8


def test_nothing_energised_no_beat_and_no_slice(line: Line) -> None:
    line.energised = False
    inner = StepClock()
    clock = BeatingClock(inner, line, beat_seconds=0.0, wall=False)
    clock.sleep(30.0)
    clock.now()
    clock.instrument_answered()
    assert inner.sleeps == [30.0]
    assert line.beats == 0


def test_measuring_beats_too(line: Line) -> None:
    clock = BeatingClock(StepClock(), line, beat_seconds=0.0, wall=False)
    clock.instrument_answered()
    clock.now()
    assert line.beats == 2


def test_a_readers_thread_is_no_progress(line: Line) -> None:
    BeatingClock(StepClock(), line, beat_seconds=0.0, wall=False).data_arrived()
    assert line.beats == 0


def test_beats_are_rare(line: Line) -> None:
    clock = BeatingClock(WallClock(), line, beat_seconds=0.4, wall=True)
    end = time.monotonic() + 0.35
    while time.monotonic() < end:
        clock.now()
    assert 2 <= line.beats <= 5


def test_waiting_for_something_ends_as_the_inner_clock_would(line: Line) -> None:
    inner = StepClock()
    clock = BeatingClock(inner, line, beat_seconds=0.0, wall=False)
    assert clock.wait_until(lambda: inner.seconds >= 3.0, 10.0, every=0.5)
    assert inner.seconds == pytest.approx(3.0)
    assert not clock.wait_until(lambda: False, 5.0, every=0.5)
    assert inner.seconds == pytest.approx(8.0)
