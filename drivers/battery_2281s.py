"""Keithley 2281S-20-6 as the unit's battery: a power supply, or a battery simulator with internal resistance.

Source: 2281S reference manual (077114601), SCPI command reference. Settings of the simulator can't change
while its output is on (error 704).
"""

from typing import Literal

from drivers.actuator import Actuator
from drivers.scpi import ScpiSession
from rig.clock import Clock
from rig.errors import InstrumentFault, NotSafe

MODEL = "2281S"
READING_AVAILABLE = 1 << 6  # STATus:MEASurement:INSTrument:ISUMmary:CONDition
READING_SECONDS = 2.0
MOST_VOLTS = 20.0
POLL_SECONDS = 0.02

Mode = Literal["POWER", "SIMULATOR"]


class Battery2281S(Actuator):
    """The battery terminals; volts, amperes and ohms at its sense point."""

    def __init__(self, session: ScpiSession, clock: Clock) -> None:
        """Take the supply over as it is, in power mode with its output off."""
        self._session = session
        self._clock = clock
        self._mode: Mode = "POWER"
        self.power_mode()

    @property
    def identity(self) -> str:
        """Its `*IDN?`."""
        return self._session.identity

    def power_mode(self) -> None:
        """Switch off and become a plain power supply."""
        self.make_safe()
        self._session.write(":ENTR:FUNC POWER", ":INIT:CONT ON")
        self._mode = "POWER"
        self.make_safe()

    def simulator_mode(self) -> None:
        """Switch off and become a battery of fixed open-circuit voltage and internal resistance."""
        self.make_safe()
        self._session.write(":ENTR:FUNC SIMULATOR", ":BATT:SIM:METH STAT", ":INIT:CONT ON")
        # an open-circuit voltage must lie between those of the empty and the full battery
        self._session.write(":BATT:SIM:VOC:EMPT 0", f":BATT:SIM:VOC:FULL {MOST_VOLTS:g}")
        self._mode = "SIMULATOR"
        self.make_safe()

    def set(self, volts: float, current_limit_amperes: float) -> None:
        """Set voltage (open-circuit voltage in simulator mode) and current limit, without energising."""
        if self._mode == "POWER":
            self._session.write(f":VOLT {volts:g}", f":CURR {current_limit_amperes:g}")
        else:
            self._session.write(f":BATT:SIM:VOC {volts:g}", f":BATT:SIM:CURR:LIM {current_limit_amperes:g}")

    def set_battery(self, empty_volts: float, full_volts: float) -> None:
        """Set the open-circuit voltages of the simulated battery, empty and full; simulator mode only."""
        self._session.write(f":BATT:SIM:VOC:FULL {full_volts:g}", f":BATT:SIM:VOC:EMPT {empty_volts:g}")

    def set_internal_resistance(self, ohms: float) -> None:
        """Set the offset of the simulated internal resistance; simulator mode only."""
        self._session.write(f":BATT:SIM:RES:OFFS {ohms:g}")

    def set_voltage_limit(self, volts: float) -> None:
        """Set the highest voltage that may be set; power mode only."""
        self._session.write(f":VOLT:LIM {volts:g}")

    def energise(self) -> None:
        """Switch the output on and read it back; raises InstrumentFault when it stayed off."""
        self._session.write(f"{self._output} ON")
        if not self._is_on():
            raise InstrumentFault(f"{self._session.where}: output stayed off; see its protection status")

    def make_safe(self) -> None:
        """Switch the output off and read it back; raises NotSafe when it stayed on."""
        self._session.write(f"{self._output} OFF")
        if self._is_on():
            raise NotSafe(f"{self._session.where}: output stayed on; disconnect the battery leads by hand")

    def measure(self) -> tuple[float, float]:
        """Take a fresh reading: volts at the terminals and amperes out of them."""
        self._session.write(":TRAC:CLE")
        if not self._clock.wait_until(self._has_reading, READING_SECONDS, every=POLL_SECONDS):
            raise InstrumentFault(f"{self._session.where}: no reading within {READING_SECONDS:g} s")
        if self._mode == "POWER":
            amperes, volts = self._latest(':DATA:DATA? "READ,SOUR"', 2)
        else:
            volts, amperes = self._latest(':BATT:DATA:DATA? "VOLT, CURR"', 2)
        return volts, amperes

    def disconnect(self) -> None:
        """Close the session."""
        self._session.close()

    @property
    def _output(self) -> str:
        return ":OUTP:STAT" if self._mode == "POWER" else ":BATT:OUTP"

    def _is_on(self) -> bool:
        return self._session.ask(f"{self._output}?").upper() in ("1", "ON")

    def _has_reading(self) -> bool:
        return bool(int(self._session.ask_number(":STAT:MEAS:INST:ISUM:COND?")) & READING_AVAILABLE)

    def _latest(self, query: str, elements: int) -> list[float]:
        # a reading may carry its unit as a letter: +1.000000E-01A
        parts = [part.strip().rstrip("AVs") for part in self._session.ask(query).split(",")]
        return [self._session.number(part, query) for part in parts[-elements:]]
