"""How a record strays from its model: white noise and first-order drift, weighed by what the residual shows."""

import numpy as np

from rig.analysis.arrays import FloatArray

DRIFT_SHARES = (0.3, 0.7, 0.9, 0.97, 0.995)  # of the variance of a sample
DRIFT_MEMORY = 1.0  # of the record's length: the slowest does most harm, and a record can't tell it from a faster one
TAKEN_OFF = 1.15  # of a drift's variance, by the choice of the time constants
NO_DRIFT = 0.3  # probability beforehand


def covariance(time: FloatArray, target: FloatArray, rows: FloatArray) -> FloatArray:
    """Give the covariance of what a record strays by, (count, count), in its unit squared.

    `time`: rising; `rows`: (parameters, count) that the record is made of apart from that. A drift as slow as the
    record hides in them: only what is left of it after such a fit is compared.
    """
    count = time.size
    left = np.linalg.qr(rows.T, mode="complete")[0][:, rows.shape[0] :]
    seen = left.T @ target
    apart = np.abs(time[:, None] - time) / float(time[-1] - time[0])
    kinds = [np.eye(count)]
    slow = np.exp(-apart / DRIFT_MEMORY)
    kinds += [share * slow + (1.0 - share) * np.eye(count) for share in DRIFT_SHARES]
    fits, levels = np.empty(len(kinds)), np.empty(len(kinds))
    for index, kind in enumerate(kinds):
        root = np.linalg.cholesky(left.T @ kind @ left)
        whitened = np.linalg.solve(root, seen)
        levels[index] = float(whitened @ whitened) / seen.size
        fits[index] = -np.log(np.diagonal(root)).sum() - 0.5 * seen.size * np.log(max(levels[index], 1e-300))
    prior = np.full(len(kinds), (1.0 - NO_DRIFT) / (len(kinds) - 1))
    prior[0] = NO_DRIFT
    weights = np.exp(fits - fits.max()) * prior
    levels[1:] *= TAKEN_OFF
    weights *= levels / weights.sum()
    return np.asarray(np.einsum("k,kij->ij", weights, np.stack(kinds)), dtype=np.float64)
