"""The bench: instruments opened by role, the energy they give, and the safe state they return to."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.bench.bench import Bench

__all__ = ["Bench"]


def __getattr__(name: str) -> object:
    """Load the bench when it is asked for: the guard's process, which lives beside it here, doesn't need it."""
    if name == "Bench":
        from rig.bench.bench import Bench

        return Bench
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
