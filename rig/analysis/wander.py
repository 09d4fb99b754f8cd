"""The mean frequency of a line whose phase wanders, from its phase in blocks of the record.

What is seen is noise on the phase, and perhaps a phase that walks. A tachometer counts the walk in, a fit of one
sine doesn't quite. How strong the walk is nobody knows, so all strengths are weighed by how well they explain the
blocks; none at all is one of them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rig.analysis.arrays import ComplexArray, FloatArray, hann

FINE = 16  # points to a block, for the walk inside it
STRENGTHS = 24  # of the walk, besides none
NO_WALK = 0.8
LEAST_FREEDOM = 10


@dataclass(frozen=True, slots=True)
class Slope:
    """Mean turning of the phase over the whole record, rad a record, relative to a steady fit's; probability of none.

    `u_steady` is what noise alone leaves in the steady fit's frequency, `u` in the mean turning with all doubts.
    """

    turning: float
    u: float
    u_steady: float
    steady: float


@dataclass(frozen=True, slots=True)
class _Model:
    """What is the same for every record of so many blocks."""

    slope: FloatArray  # of the phases, by the weights that are best without a walk
    contrasts: FloatArray  # of the phases, free of their line, of unit noise, in which walk and noise are independent
    walk: FloatArray  # variances of the contrasts for a walk of one rad squared a record
    missed: FloatArray  # covariances of the contrasts with what that slope misses of the walk
    noise_variance: float  # of the slope
    walk_variance: float  # of what it misses


def strength_to_phase(blocks: ComplexArray) -> float:
    """Give the variance of the relative strength over that of the phase, both free of their straight line."""
    contrasts = _model(blocks.size + 1).contrasts
    strength, phase = contrasts @ np.abs(blocks), contrasts @ np.unwrap(np.angle(blocks))
    return float(strength @ strength) / max(float(phase @ phase), 1e-300)


def mean_turning(blocks: ComplexArray, u_near: float) -> Slope:
    """Weigh a steady line against all walks; `blocks`: the line's relative amplitude and phase, shape (count,).

    `u_near`: what the noise near the line leaves in the turning, rad a record; few blocks can't tell it alone.
    """
    model = _model(blocks.size + 1)
    phases = np.unwrap(np.angle(blocks))
    seen = model.contrasts @ phases
    strengths = np.concatenate(([0.0], np.geomspace(0.3, 1e6, STRENGTHS) / float(model.walk[-1])))
    spread = 1.0 + strengths[:, None] * model.walk
    borrowed = max(0, LEAST_FREEDOM - seen.size)
    freedom = seen.size + borrowed
    squares = (seen**2 / spread).sum(axis=1) + borrowed * u_near**2 / model.noise_variance
    fits = -0.5 * freedom * np.log(squares) - 0.5 * np.log(spread).sum(axis=1)
    weights = np.exp(fits - fits.max()) * np.concatenate(([NO_WALK], np.full(STRENGTHS, (1.0 - NO_WALK) / STRENGTHS)))
    weights /= weights.sum()
    level = squares / (freedom - 2.0)  # Student's t, so that u covers what it should at k = 2
    missed = strengths * (model.missed * seen / spread).sum(axis=1)
    variance = level * (
        model.noise_variance
        + strengths * model.walk_variance
        - strengths**2 * (model.missed**2 / spread).sum(axis=1)
    )
    steady = float(model.slope @ phases)
    mean = float(weights @ missed)
    return Slope(
        turning=steady + mean,
        u=float(np.sqrt(weights @ (variance + (missed - mean) ** 2))),
        u_steady=float(np.sqrt(variance[0])),
        steady=float(weights[0]),
    )


def block_windows(blocks: int, count: int) -> tuple[int, FloatArray]:
    """Give the hop and the window, two hops long, of blocks that overlap by half."""
    hop = count // blocks
    return hop, hann(2 * hop)


@lru_cache(16)
def _model(blocks: int) -> _Model:
    fine = blocks * FINE
    windows = np.zeros((blocks - 1, fine))
    shape = hann(2 * FINE) / FINE
    for index, row in enumerate(windows):
        row[index * FINE : (index + 2) * FINE] = shape
    noise = windows @ windows.T / float(shape @ shape)
    steps = np.cumsum(windows[:, ::-1], axis=1)[:, ::-1]  # how far each small step of the walk is seen in each block
    walk = steps @ steps.T / fine
    whole = steps.sum(axis=1) / fine  # covariance with the walk from end to end
    lines = np.stack((np.ones(blocks - 1), windows @ ((np.arange(fine) + 0.5) / fine)), axis=1)
    weighted = np.linalg.solve(noise, lines)
    slope = np.linalg.solve(lines.T @ weighted, weighted.T)[1]
    free = np.linalg.qr(lines, mode="complete")[0][:, 2:].T
    whitened = np.linalg.solve(np.linalg.cholesky(free @ noise @ free.T), free)
    variances, turns = np.linalg.eigh(whitened @ walk @ whitened.T)
    contrasts = turns.T @ whitened
    return _Model(
        slope=np.asarray(slope, dtype=np.float64),
        contrasts=np.asarray(contrasts, dtype=np.float64),
        walk=np.asarray(np.maximum(variances, 0.0), dtype=np.float64),
        missed=np.asarray(contrasts @ (whole - walk @ slope), dtype=np.float64),
        noise_variance=float(slope @ noise @ slope),
        walk_variance=float(1.0 - 2.0 * slope @ whole + slope @ walk @ slope),
    )
