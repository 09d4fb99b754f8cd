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
STRENGTHS = 20  # of the walk, besides none
RARER = 0.85  # each strength than the one before
NO_WALK = 0.6
MAY_BE_STEADY, SURELY_STEADY = 0.1, 0.75  # probability of no walk
LEAST_FREEDOM = 10.0  # degrees, of the noise


_PRIOR = np.concatenate(([NO_WALK], (1.0 - NO_WALK) * (1.0 - RARER) * RARER ** np.arange(STRENGTHS)))


@dataclass(frozen=True, slots=True)
class _Model:
    """What is the same for every record of so many blocks."""

    slope: FloatArray  # of the phases, by the weights that are best without a walk
    contrasts: FloatArray  # of the phases, free of their line, of unit noise, in which walk and noise are independent
    walk: FloatArray  # variances of the contrasts for a walk of one rad squared a record
    missed: FloatArray  # covariances of the contrasts with what that slope misses of the walk
    noise_variance: float  # of the slope
    least_variance: float  # of a slope that the same noise allows at best
    walk_variance: float  # of what it misses


def strength_to_phase(blocks: ComplexArray) -> float:
    """Give the variance of the relative strength over that of the phase, both free of their straight line."""
    contrasts = _model(blocks.size + 1).contrasts
    strength, phase = contrasts @ np.abs(blocks), contrasts @ np.unwrap(np.angle(blocks))
    return float(strength @ strength) / max(float(phase @ phase), 1e-300)


def mean_turning(blocks: ComplexArray, u_near: float, *, tapered: bool) -> tuple[float, float]:
    """Weigh a steady line against all walks; `blocks`: the line's relative amplitude and phase, shape (count,).

    Gives the turning relative to the steady fit's and its standard uncertainty, both in rad a record. `u_near`: what
    the noise near the line leaves in the turning; few blocks can't tell it alone. `tapered`: whether that fit gave the
    ends less weight.
    """
    model = _model(blocks.size + 1)
    phases = np.unwrap(np.angle(blocks))
    seen = model.contrasts @ phases
    strengths = np.concatenate(([0.0], np.geomspace(1.0, 1e6, STRENGTHS) / float(model.walk[-1])))
    spread = 1.0 + strengths[:, None] * model.walk
    borrowed = max(0.0, LEAST_FREEDOM - seen.size)
    freedom = seen.size + borrowed
    squares = (seen**2 / spread).sum(axis=1) + borrowed * u_near**2 / model.noise_variance
    fits = -0.5 * freedom * np.log(squares) - 0.5 * np.log(spread).sum(axis=1)
    weights = np.exp(fits - fits.max()) * _PRIOR
    weights /= weights.sum()
    level = squares / (freedom - 1.0)  # widened to Student's t at k = 2
    missed = strengths * (model.missed * seen / spread).sum(axis=1)
    variance = level * (
        model.noise_variance + strengths * model.walk_variance - strengths**2 * (model.missed**2 / spread).sum(axis=1)
    )
    if not tapered:  # the fit of the whole record sees the ends, too
        variance[0] = level[0] * model.least_variance
    if weights[0] > SURELY_STEADY:
        return 0.0, float(np.sqrt(variance[0]))
    # a line that may well be steady is known best from the fit of the whole record
    mean = 0.0 if weights[0] >= MAY_BE_STEADY else float(weights @ missed)
    u = float(np.sqrt(weights @ (variance + (missed - mean) ** 2)))
    return (0.0 if weights[0] >= MAY_BE_STEADY else float(model.slope @ phases) + mean), u


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
        least_variance=12.0 / (fine * float(shape @ shape)),
        walk_variance=float(1.0 - 2.0 * slope @ whole + slope @ walk @ slope),
    )
