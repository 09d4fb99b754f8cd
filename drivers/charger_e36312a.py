"""Keysight E36312A, channel 1, as the USB charger rail.

Source: E36300 series programming guide (E36311-90002).
"""

from drivers.actuator import Actuator
from drivers.scpi import ScpiSession
from rig.errors import InstrumentFault, NotSafe

MODEL = "E36312A"
CHANNEL = "(@1)"


class ChargerE36312A(Actuator):
    """The charger rail; at most 6.18 V and 5.15 A."""

    def __init__(self, session: ScpiSession) -> None:
        """Take the supply over with its output off."""
        self._session = session
        self.make_safe()

    @property
    def identity(self) -> str:
        """Its `*IDN?`."""
        return self._session.identity

    def set(self, volts: float, current_limit_amperes: float) -> None:
        """Set voltage and current limit, without energising."""
        self._session.write(f":VOLT {volts:g}, {CHANNEL}", f":CURR {current_limit_amperes:g}, {CHANNEL}")

    def energise(self) -> None:
        """Switch the output on and read it back; raises InstrumentFault when it stayed off."""
        self._session.write(f":OUTP ON, {CHANNEL}")
        if not self._is_on():
            raise InstrumentFault(f"{self._session.where}: output stayed off; is its protection tripped?")

    def make_safe(self) -> None:
        """Switch the output off and read it back; raises NotSafe when it stayed on."""
        self._session.write(f":OUTP OFF, {CHANNEL}")
        if self._is_on():
            raise NotSafe(f"{self._session.where}: output stayed on; unplug the charger lead by hand")

    def clear_protection(self) -> None:
        """Clear a latched over-voltage or over-current trip; the output stays off."""
        self._session.write(f":OUTP:PROT:CLE {CHANNEL}")

    def measured_volts(self) -> float:
        """Read the voltage at the terminals."""
        return self._session.ask_number(f":MEAS:VOLT? {CHANNEL}")

    def measured_amperes(self) -> float:
        """Read the current out of the terminals."""
        return self._session.ask_number(f":MEAS:CURR? {CHANNEL}")

    def disconnect(self) -> None:
        """Close the session."""
        self._session.close()

    def _is_on(self) -> bool:
        return self._session.ask(f":OUTP? {CHANNEL}").upper() in ("1", "ON")
