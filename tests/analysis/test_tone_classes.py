"""Tones as machines make them: each class of trouble, drawn anew, beside a plain Hann peak.

Full size: python -m benchmarks.tone --classes. The bounds here leave room for few records.
"""

import numpy as np
import pytest

from rig.analysis.findings import NoTone
from rig.analysis.tone import estimate_tone
from tests.analysis.signals import CLASSES, resonance, setting
from tests.analysis.tone_figures import figures

RECORDS = 100
SEED = 20261
ROOM = 0.05  # two to three standard deviations of a share of so many records


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_found_covered_and_seldom_refused(name: str) -> None:
    found = figures(name, RECORDS, SEED)
    assert found.close >= found.hann
    assert found.refused <= 0.01 + 0.01  # one more than allowed in a hundred
    assert found.u_over_error <= 2.0
    assert found.covered >= 0.90 - ROOM


def line(hz: float, amplitude: float) -> np.ndarray:
    return amplitude * np.cos(2.0 * np.pi * hz * np.arange(20_000) / 1e4 + hz)


def test_another_machines_line_about_as_strong_is_named() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.05, 20_000)
    samples = line(50.0, 1.0) + line(41.0, 1.2) + noise
    both = estimate_tone(samples, 1e4, 50.0)
    assert both.ambiguous
    assert (both.frequency_hz, *both.rivals_hz) == pytest.approx((41.0, 50.0), abs=0.3)
    narrow = estimate_tone(samples, 1e4, 50.0, search=(0.9, 1.1))
    assert not narrow.ambiguous
    assert abs(narrow.frequency_hz - 50.0) <= 3.0 * narrow.u_frequency_hz


def test_a_weak_neighbour_and_a_strong_harmonic_are_no_rivals() -> None:
    noise = np.random.default_rng(2).normal(0.0, 0.05, 20_000)
    assert not estimate_tone(line(50.0, 1.0) + line(41.0, 0.3) + line(100.0, 0.9) + noise, 1e4).ambiguous


def test_resonances_alone_are_no_tone() -> None:
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(100):
        made = setting(rng)
        silent = rng.standard_normal(made.seconds.size) + resonance(made, float(10.0 ** rng.uniform(0.0, 2.0)))
        try:
            estimate_tone(silent, made.rate_hz, made.hz)
            alarms += 1
        except NoTone:
            pass
    assert alarms <= 5  # 1 % expected
