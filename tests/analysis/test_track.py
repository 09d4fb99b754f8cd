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


@pytest.mark.parametrize("speeds_hz", [None, (50.0, 50.0), (33.3, 66.7)])
@pytest.mark.parametrize("hz", [33.3, 41.7, 50.0, 66.7])
def test_a_second_harmonic_stronger_than_the_fundamental_is_not_the_speed(hz: float, speeds_hz):
    if speeds_hz == (50.0, 50.0) and hz != 50.0:
        speeds_hz = (hz, hz)
    moments = seconds(1.0)
    noise = np.random.default_rng(4).normal(0.0, 0.02, moments.size)
    for share in (0.15, 0.3, 1.0):
        samples = share * np.cos(2.0 * np.pi * hz * moments) + np.cos(4.0 * np.pi * hz * moments + 1.0) + noise
        found = track(samples, RATE_HZ, 0.25, 0.1, 0.05, speeds_hz=speeds_hz)
        assert found.hz == pytest.approx(hz, abs=0.3)


def test_a_speed_outside_the_levels_is_not_looked_at():
    samples = 0.3 * np.cos(2.0 * np.pi * 50.0 * seconds(1.0)) + np.cos(2.0 * np.pi * 97.0 * seconds(1.0))
    noise = np.random.default_rng(5).normal(0.0, 0.02, samples.size)
    found = track(samples + noise, RATE_HZ, 0.25, 0.1, 0.05, speeds_hz=(50.0, 50.0))
    assert found.hz == pytest.approx(50.0, abs=0.3)


def test_two_speeds_as_strong_as_each_other_are_none():
    both = np.cos(2.0 * np.pi * 40.0 * seconds(2.0)) + 0.8 * np.cos(2.0 * np.pi * 52.0 * seconds(2.0))
    found = track(both + np.random.default_rng(6).normal(0.0, 0.02, both.size), RATE_HZ, 1.0, 0.5, 0.05)
    assert np.isnan(found.hz).all()
