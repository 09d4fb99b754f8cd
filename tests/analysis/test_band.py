"""What lies in a band, and nothing of what doesn't."""

import numpy as np
import pytest

from rig.analysis.band import in_band
from rig.errors import InstrumentFault

RATE_HZ = 20_000.0


def tone(hz: float, amplitude: float, count: int = 20_000) -> np.ndarray:
    return amplitude * np.sin(2.0 * np.pi * hz * np.arange(count) / RATE_HZ + 0.7)


def test_a_tone_in_the_band_comes_through_whole() -> None:
    kept = in_band(tone(3000.0, 2.0), RATE_HZ, 1000.0, 8000.0)
    assert np.std(kept) == pytest.approx(2.0 / np.sqrt(2.0), rel=1e-3)


def test_a_strong_tone_far_below_leaves_nothing_whatever_its_phase_at_the_ends() -> None:
    kept = in_band(tone(49.7, 3.0), RATE_HZ, 1000.0, 8000.0)
    assert np.max(np.abs(kept)) < 3e-4


def test_a_knock_keeps_its_peak() -> None:
    record = tone(50.3, 3.0)
    record[10_000:10_020] += tone(4000.0, 1.0, count=20) * np.hanning(20)  # a housing rings in the band
    kept = in_band(record, RATE_HZ, 1000.0, 8000.0)
    assert 0.8 < np.max(np.abs(kept)) < 1.1


def test_too_short_a_record_and_an_impossible_band_are_refused() -> None:
    with pytest.raises(InstrumentFault, match="too short"):
        in_band(tone(3000.0, 1.0, count=300), RATE_HZ, 1000.0, 8000.0)
    with pytest.raises(ValueError, match="band"):
        in_band(tone(3000.0, 1.0), RATE_HZ, 1000.0, 11_000.0)
