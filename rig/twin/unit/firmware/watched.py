"""What the cut-offs may look at."""

from typing import Protocol

from rig.twin.unit.firmware.sense import Sense
from rig.twin.unit.firmware.tach import Tach
from rig.twin.unit.firmware.test_mode import TestMode
from rig.twin.unit.spread import Truth


class Watched(Protocol):
    """What the cut-offs look at."""

    @property
    def truth(self) -> Truth:
        """The individual's parameters."""
        ...

    @property
    def sense(self) -> Sense:
        """The latest samples."""
        ...

    @property
    def tach(self) -> Tach:
        """Speed."""
        ...

    @property
    def test(self) -> TestMode:
        """What TEST has set."""
        ...

    @property
    def cutoffs_lost(self) -> bool:
        """Whether the firmware's cut-offs by the pad's sensors have gone."""
        ...

    @property
    def charging(self) -> bool:
        """Whether a charger is plugged in."""
        ...

    @property
    def fitted(self) -> str:
        """The pad in use."""
        ...

    @property
    def motor_duty(self) -> float | None:
        """Duty of the bridge; None when open."""
        ...

    @property
    def heater_duty(self) -> float | None:
        """Duty of the heater; None when not enabled."""
        ...

    @property
    def heater_setpoint(self) -> float | None:
        """Set point of the plate; None without closed-loop heat."""
        ...

    @property
    def target_rpm(self) -> float:
        """The speed the motor should have."""
        ...

    def outputs_on(self) -> bool:
        """Whether anything is asked of motor or heater."""
        ...

    def low_battery_warning(self) -> None:
        """Below 6.4 V."""
        ...

    def pad_changed(self, name: str) -> None:
        """Another pad, while nothing ran."""
        ...
