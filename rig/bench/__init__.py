"""The bench: instruments opened by role, the energy they give, and the safe state they return to."""

from rig.bench.bench import Bench

__all__ = ["Bench"]
