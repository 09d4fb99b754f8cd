"""Bench time at every pace: a wait comes when it is due, and a lone twin follows the wall clock."""

import time
from collections.abc import Callable

import pytest

import rig.bench_clock
from drivers.k8090 import BAUD, RelayBoard
from drivers.serial_line import SerialLine
from rig.bench_clock import BenchClock
from rig.clock import WallClock
from rig.twin import pace as pace_module
from rig.twin.pace import Pace
from tests.campaigns.paces import FOLLOWS_SECONDS, lone_twin
from tests.doors import asked


def wall(seconds: float) -> None:
    time.sleep(seconds)  # noqa: TID251 - wall time, to see whether bench time follows it


def least(measured: Callable[[], float], times: int = 5) -> float:
    """The smallest of several: what the machine's load adds isn't the twin's."""
    return min(measured() for _ in range(times))


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Wall time that a test moves."""
    moment = [100.0]
    monkeypatch.setattr(pace_module.time, "monotonic", lambda: moment[0])
    return moment


def test_a_wait_is_never_forgiven(wall_clock: list[float]) -> None:
    pace = Pace(2.0, bench_ns=0)
    assert pace.wall_seconds_until(3_000_000_000) == pytest.approx(1.5)
    wall_clock[0] += 1.4
    assert pace.wall_seconds_until(3_000_000_000) == pytest.approx(0.1)
    wall_clock[0] += 0.2
    assert pace.wall_seconds_until(3_000_000_000) == pytest.approx(-0.1)


def test_wall_time_for_which_it_was_held_is_not_owed(wall_clock: list[float]) -> None:
    pace = Pace(1.0, bench_ns=5_000_000_000)
    wall_clock[0] += 1.0
    pace.hold()
    wall_clock[0] += 7.0
    pace.hold()  # held already
    assert pace.bench_ns() == 6_000_000_000
    pace.release()
    pace.release()
    wall_clock[0] += 0.5
    assert pace.bench_ns() == 6_500_000_000


def test_a_long_wait_comes_when_it_is_due() -> None:
    """Longer than a quarter of a second of wall time, which no wait survived."""
    with lone_twin(2.0) as twin:
        clock = BenchClock(twin["clock"], twin["token"])

        def away() -> float:
            before = time.monotonic()
            clock.sleep(1.4)
            return abs(time.monotonic() - before - 0.7)

        assert least(away) < FOLLOWS_SECONDS
        clock.close()


def test_a_wait_longer_than_the_patience_with_a_dead_twin_is_told_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.bench_clock, "WALL_LIMIT_SECONDS", 0.8)
    with lone_twin(1.0) as twin:
        clock = BenchClock(twin["clock"], twin["token"])
        told: list[float] = []
        clock.while_waiting = lambda: told.append(time.monotonic())
        clock.sleep(1.6)
        assert clock.now() == pytest.approx(1.6)
        clock.close()
    assert len(told) >= 4


def test_a_lone_twin_follows_the_wall_clock() -> None:
    """Between events too: the clock that is asked says what the wall says."""
    with lone_twin(1.0) as twin:

        def bench() -> float:
            return float(asked(twin, {"op": "now"}, "clock")["now_ns"]) / 1e9

        start, wall_start = bench(), time.monotonic()
        wall(1.5)
        away = least(lambda: abs((bench() - start) - (time.monotonic() - wall_start)))
    assert away < FOLLOWS_SECONDS


def test_a_relay_timer_begins_when_it_is_started_however_long_the_twin_was_idle() -> None:
    with lone_twin(5.0) as twin:
        clock = WallClock()
        board = RelayBoard(SerialLine(twin["power_box"], BAUD, clock, role="power_box"), clock)
        wall(1.5)
        board.start_timer([7], 4)
        started = time.monotonic()
        assert board.status().on == 1 << 6
        while board.status().on and time.monotonic() - started < 3.0:
            wall(0.02)
        lasted = 5.0 * (time.monotonic() - started)
        board.close()
    assert 3.5 < lasted < 6.0
