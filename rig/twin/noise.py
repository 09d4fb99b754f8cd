"""Randomness that depends on what is drawn, never on when: one stream per (seed, names)."""

import hashlib

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_BATCH = 256


class Noise:
    """A stream of its own for one use of one part of one twin, keyed by a seed and names (Philox)."""

    def __init__(self, seed: int, *names: str) -> None:
        digest = hashlib.sha256("/".join((str(seed), *names)).encode()).digest()
        self._bits = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
        self._normals: list[float] = []

    def normal(self) -> float:
        """One standard normal number."""
        if not self._normals:
            self._normals = self._bits.standard_normal(_BATCH).tolist()
        return self._normals.pop()

    def normals(self, count: int) -> FloatArray:
        """An array (count,) of standard normal numbers."""
        return self._bits.standard_normal(count)

    def uniform(self) -> float:
        """One number from [0, 1)."""
        return float(self._bits.random())
