"""What the outputs need of the rest of the firmware."""

from typing import Protocol

from rig.twin.kernel import Kernel


class Owner(Protocol):
    """The rest of the firmware, as the outputs see it."""

    @property
    def kernel(self) -> Kernel:
        """Bench time."""
        ...

    @property
    def clock(self) -> float:
        """Rate of the unit's clock."""
        ...

    def now_ms(self) -> float:
        """Milliseconds since this boot."""
        ...

    def measured_omega(self) -> float:
        """Signed speed, rad/s."""
        ...

    def volts(self) -> float:
        """Battery voltage as last read."""
        ...

    def plate_celsius(self) -> float:
        """NTC1 as last read."""
        ...

    def in_test(self) -> bool:
        """Whether TEST is unlocked."""
        ...

    def changed(self) -> None:
        """Derive the state anew."""
        ...

    def note(self, text: str) -> None:
        """Send a LOG event."""
        ...
