"""Tones in real recordings, against their tachometer: runs when RIG_RECORDINGS names a directory of them.

Each recording is NAME.npz with `acceleration` (count,), `rate_hz` and `tacho_seconds` (pulses,), one pulse a turn.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from rig.analysis.tone import estimate_tone

VARIABLE = "RIG_RECORDINGS"
FOUND = sorted(Path(os.environ.get(VARIABLE, "")).glob("*.npz")) if os.environ.get(VARIABLE) else []
TURNS = 50  # to a piece


def turning_hz(pulses: np.ndarray) -> tuple[float, float]:
    """Mean speed over a stretch of tachometer pulses, and how much it wanders, Hz."""
    each = 1.0 / np.diff(pulses)
    return (pulses.size - 1) / float(pulses[-1] - pulses[0]), float(np.std(each))


def judge(path: Path) -> tuple[int, int]:
    """How many pieces of a recording have their tone where the tachometer says, and how many there are."""
    with np.load(path) as file:
        acceleration, rate_hz, pulses = file["acceleration"], float(file["rate_hz"]), file["tacho_seconds"]
    good = total = 0
    for first in range(0, pulses.size - TURNS, TURNS):
        stretch = pulses[first : first + TURNS + 1]
        true, wander = turning_hz(stretch)
        piece = acceleration[round(stretch[0] * rate_hz) : round(stretch[-1] * rate_hz)]
        tone = estimate_tone(piece, rate_hz, near_hz=true)
        good += abs(tone.frequency_hz - true) <= 2.0 * np.hypot(tone.u_frequency_hz, wander / np.sqrt(TURNS))
        total += 1
    return good, total


if FOUND:  # without recordings there is nothing to collect, and nothing to skip

    @pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
    def test_a_real_machine_turns_as_its_tachometer_says(path: Path) -> None:
        good, total = judge(path)
        assert total > 0
        assert good >= 0.9 * total


def recording(path: Path, error: float) -> Path:
    """A machine whose speed wanders slowly; the tachometer may be wrong by a share."""
    rng = np.random.default_rng(1)
    rate_hz, count = 5000.0, 100_000
    speed = 29.7 * (1.0 + 0.001 * np.sin(2.0 * np.pi * 0.3 * np.arange(count) / rate_hz))
    turns = np.cumsum(speed) / rate_hz
    pulses = np.interp(np.arange(1.0, turns[-1]), turns, np.arange(count) / rate_hz)
    acceleration = np.cos(2.0 * np.pi * turns) + 0.4 * np.cos(4.0 * np.pi * turns + 1.0) + rng.standard_normal(count)
    np.savez(path, acceleration=acceleration, rate_hz=rate_hz, tacho_seconds=pulses * (1.0 + error))
    return path


def test_the_hook_itself_accepts_a_sound_recording_and_refuses_a_wrong_tachometer(tmp_path: Path) -> None:
    good, total = judge(recording(tmp_path / "sound.npz", 0.0))
    assert good >= 0.9 * total > 0
    good, total = judge(recording(tmp_path / "wrong.npz", 0.01))
    assert good < 0.5 * total
