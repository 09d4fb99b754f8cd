"""What a certificate corrects, as a driver sees it; where it comes from is the station's affair."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Correction(Protocol):
    """Turns what was read into what is true, in the unit of the reading."""

    def applied(self, reading: float) -> float:
        """Correct one reading."""
        ...

    def applied_to(self, samples: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Correct a record (count,)."""
        ...


class AsRead:
    """Corrects nothing."""

    def applied(self, reading: float) -> float:
        """Give it back."""
        return reading

    def applied_to(self, samples: "NDArray[np.float32]") -> "NDArray[np.float32]":
        """Give them back."""
        return samples


AS_READ: Correction = AsRead()
