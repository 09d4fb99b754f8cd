"""The battery that a simulator plays: open-circuit voltage over charge, resistance, capacity."""

from dataclasses import dataclass


@dataclass
class BatteryModel:
    """A straight line from empty to full; `dynamic` lets the charge follow the current."""

    full_volts: float = 4.2
    empty_volts: float = 2.5
    charge_percent: float = 50.0
    ampere_hours: float = 2.0
    ohm: float = 0.0
    amperes_limit: float = 1.0
    dynamic: bool = False

    @property
    def open_circuit_volts(self) -> float:
        """The voltage at the present charge, without load."""
        return self.empty_volts + (self.full_volts - self.empty_volts) * self.charge_percent / 100.0

    @open_circuit_volts.setter
    def open_circuit_volts(self, volts: float) -> None:
        self.charge_percent = 100.0 * (volts - self.empty_volts) / (self.full_volts - self.empty_volts)

    @property
    def remaining_ampere_hours(self) -> float:
        """What is left in it."""
        return self.ampere_hours * self.charge_percent / 100.0

    def discharge(self, ampere_seconds: float) -> None:
        """Let charge flow out (negative: in), between empty and full."""
        if self.dynamic:
            percent = self.charge_percent - ampere_seconds / 36.0 / self.ampere_hours
            self.charge_percent = min(100.0, max(0.0, percent))
