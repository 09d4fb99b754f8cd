import numpy as np
import pytest

from rig.analysis.findings import NoCycle
from rig.analysis.track import Track, cycle_seconds, track
from rig.errors import InstrumentFault

RATE_HZ = 2000.0


def vibration(hz: np.ndarray, seed: int = 1) -> np.ndarray:
    """A vibration of that frequency at each sample, as strong as an eccentric makes it, with noise; rest at 0 Hz."""
    noise = np.random.default_rng(seed).normal(0.0, 0.02, hz.size)
    return (hz / 50.0) ** 2 * np.cos(2.0 * np.pi * np.cumsum(hz) / RATE_HZ) + noise


def followed(hz: np.ndarray) -> Track:
    return track(vibration(hz), RATE_HZ, 0.25, 0.1, 0.2)


def seconds(length: float) -> np.ndarray:
    return np.arange(round(length * RATE_HZ)) / RATE_HZ


def test_a_steady_speed_is_found_in_every_window():
    found = followed(np.full(2000, 41.7))
    assert found.settled_hz(0.1).size == found.hz.size - 2
    assert found.settled_hz(0.1) == pytest.approx(41.7, abs=0.1)


def test_a_wave_shows_its_span_and_its_cycle():
    found = followed(45.0 - 12.0 * np.cos(2.0 * np.pi * seconds(7.0) / 2.0))
    settled = found.settled_hz(0.1)
    assert (settled.min(), settled.max()) == pytest.approx((33.0, 57.0), abs=0.8)
    assert cycle_seconds(found, 0.0) == pytest.approx(2.0, abs=0.03)


def test_a_pulse_has_a_cycle_and_only_the_speeds_it_stays_at():
    found = followed(np.where(seconds(6.0) % 2.0 < 1.0, 66.7, 0.0))
    assert found.settled_hz(0.1) == pytest.approx(66.7, abs=0.3)
    assert cycle_seconds(found, 0.6) == pytest.approx(2.0, abs=0.11)


def test_a_slow_ramp_with_noise_is_one_rise():
    share = np.abs((seconds(29.6) / 8.0) % 2.0 - 1.0)
    assert cycle_seconds(followed(41.7 - 8.4 * share), 0.6) == pytest.approx(16.0, abs=0.2)


def test_a_steady_speed_has_no_cycle():
    with pytest.raises(NoCycle):
        cycle_seconds(followed(np.full(8000, 50.0)), 0.0)


def test_rest_is_zero_and_has_no_speed():
    found = followed(np.zeros(2000))
    assert not found.hz.any()
    assert found.settled_hz(0.1).size == 0


def test_a_record_shorter_than_a_window_is_refused():
    with pytest.raises(InstrumentFault, match="shorter than one window"):
        followed(np.full(300, 50.0))


def test_each_window_is_a_sign_of_progress():
    seen: list[int] = []
    found = track(vibration(np.full(2000, 41.7)), RATE_HZ, 0.25, 0.1, 0.2, progress=lambda: seen.append(1))
    assert len(seen) == found.hz.size
