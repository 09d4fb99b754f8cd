"""What every device that moves, heats or feeds the unit must be able to do: become harmless."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from rig.errors import BenchError, UnitError


class Actuator(ABC):
    """A device that can put energy into the unit or the operator's hands."""

    @abstractmethod
    def make_safe(self) -> None:
        """Take the energy away and confirm it; raises NotSafe or another RigError when it can't be."""

    @abstractmethod
    def disconnect(self) -> None:
        """Give the port back without touching the outputs."""

    def close(self) -> None:
        """Make safe, then disconnect; the port is given back even when making safe fails."""
        try:
            self.make_safe()
        finally:
            self.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        try:
            self.close()
        except (BenchError, UnitError) as secondary:
            error.add_note(f"and making safe failed: {secondary}")
