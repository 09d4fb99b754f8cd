"""SCPI status registers: condition, transition filters, event, enable (SCPI-99, volume 1, chapter 9)."""

from collections.abc import Callable


class StatusRegister:
    """Condition, event and enable registers of a SCPI status structure (SCPI-99, volume 1, 9)."""

    def __init__(self, condition: Callable[[], int] | None = None) -> None:
        self._live = condition
        self._condition = 0
        self._event = 0
        self.enable = 0
        self.positive_transition = 0x7FFF
        self.negative_transition = 0

    @property
    def condition(self) -> int:
        """What is true now; asking latches what became true."""
        if self._live is not None:
            self.set(self._live())
        return self._condition

    def set(self, condition: int) -> None:
        """Take a new condition over and latch its transitions."""
        risen, fallen = condition & ~self._condition, self._condition & ~condition
        self._event |= risen & self.positive_transition | fallen & self.negative_transition
        self._condition = condition

    def take_event(self) -> int:
        """Read and clear the event register."""
        _ = self.condition
        event, self._event = self._event, 0
        return event

    def clear(self) -> None:
        """Forget latched events."""
        _ = self.condition
        self._event = 0

    def preset(self) -> None:
        """STATus:PRESet."""
        self.enable, self.positive_transition, self.negative_transition = 0, 0x7FFF, 0

    @property
    def summary(self) -> bool:
        """Whether an enabled event is latched."""
        _ = self.condition
        return bool(self._event & self.enable)


def event_class(number: int) -> int:
    """Return the bit of the event status register for an event number (IEEE 488.2, 11.5.1)."""
    return {1: 0x20, 2: 0x10, 3: 0x08, 4: 0x04}.get(-number // 100, 0x08)
