"""Keithley 2281S-20-6 as the unit's battery: a power supply, or a battery simulator with internal resistance.

Source: 2281S reference manual (077114601), SCPI command reference. Settings of the simulator can't change
while its output is on (error 704).
"""

from typing import Literal

from drivers.actuator import Actuator
from drivers.correction import AS_READ, Correction
from drivers.scpi import ScpiSession
from drivers.scpi_replies import Setting, setting
from rig.clock import Clock
from rig.errors import InstrumentFault, NotSafe, blames_its_role

MODEL = "2281S"
CONDITION = ":STAT:MEAS:INST:ISUM:COND?"
READING_AVAILABLE = 1 << 6  # of that condition
IDLE = 1 << 10  # of STATus:OPERation:INSTrument:ISUMmary:CONDition
READING_SECONDS = 2.0
MOST_VOLTS = 20.0
POLL_SECONDS = 0.02

Mode = Literal["POWER", "SIMULATOR"]


@blames_its_role
class Battery2281S(Actuator):
    """The battery terminals; volts, amperes and ohms at its sense point."""

    def __init__(
        self, session: ScpiSession, clock: Clock, volts: Correction = AS_READ, amperes: Correction = AS_READ
    ) -> None:
        """Take the supply over from whatever function a run has left it in: power mode, its output off.

        `volts`, `amperes`: what its certificate corrects of its readings.
        """
        self._session = session
        self._volts = volts
        self._amperes = amperes
        self._clock = clock
        self._wanted: tuple[Setting, ...] = ()  # what was last set, in the present mode
        # each function has its own output command and refuses the other's
        power = session.look(":ENTR:FUNC?").upper().startswith("POW")
        self._mode: Mode = "POWER" if power else "SIMULATOR"
        self.power_mode()

    @property
    def role(self) -> str:
        """What it is on the bench: its session's role."""
        return self._session.role

    @property
    def identity(self) -> str:
        """Its `*IDN?`."""
        return self._session.identity

    def power_mode(self) -> None:
        """Switch off and become a plain power supply."""
        self.make_safe()
        self._session.set(setting(":ENTR:FUNC", "POWER"))
        self._session.write(":INIT:CONT ON")
        self._mode = "POWER"
        self._wanted = ()
        self.make_safe()

    def simulator_mode(self) -> None:
        """Switch off and become a battery of fixed open-circuit voltage and internal resistance."""
        self.make_safe()
        self._session.set(setting(":ENTR:FUNC", "SIMULATOR"), setting(":BATT:SIM:METH", "STAT"))
        self._session.write(":INIT:CONT ON")
        # an open-circuit voltage must lie between those of the empty and the full battery
        self.set_battery(0.0, MOST_VOLTS)
        self._mode = "SIMULATOR"
        self._wanted = ()
        self.make_safe()

    def set(self, volts: float, current_limit_amperes: float) -> None:
        """Set voltage (open-circuit voltage in simulator mode) and current limit, without energising."""
        if self._mode == "POWER":
            wanted = setting(":VOLT", volts), setting(":CURR", current_limit_amperes)
        else:
            wanted = setting(":BATT:SIM:VOC", volts), setting(":BATT:SIM:CURR:LIM", current_limit_amperes)
        self._wanted = ()
        self._session.set(*wanted)
        self._wanted = wanted

    def set_battery(self, empty_volts: float, full_volts: float) -> None:
        """Set the open-circuit voltages of the simulated battery, empty and full; simulator mode only."""
        self._session.set(setting(":BATT:SIM:VOC:FULL", full_volts), setting(":BATT:SIM:VOC:EMPT", empty_volts))

    def set_internal_resistance(self, ohms: float) -> None:
        """Set the offset of the simulated internal resistance; simulator mode only."""
        self._session.set(setting(":BATT:SIM:RES:OFFS", ohms))

    def set_limits(self, volts: float, amperes: float, protection_volts: float) -> None:
        """Become a plain power supply that takes no higher setting, and trips above the protection, in any mode."""
        if self._mode != "POWER":
            self.power_mode()
        self._session.set(
            setting(":VOLT", 0.0),
            setting(":VOLT:LIM", volts),
            setting(":CURR:LIM", amperes),
            setting(":VOLT:PROT", protection_volts),
        )

    def require_output(self) -> None:
        """Raise InstrumentFault unless it is on, with the voltage and the current limit that were set."""
        try:
            self._session.holds(setting(self._output, "ON"), *self._wanted)
        except InstrumentFault as error:
            raise InstrumentFault(f"{error}; it has tripped, or somebody changed it: see its panel") from error

    def energise(self) -> None:
        """Switch the output on and read it back; raises InstrumentFault when it stayed off."""
        try:
            self._session.set(setting(self._output, "ON"))
        except InstrumentFault as error:
            raise InstrumentFault(f"{error}; output stayed off: see its protection status") from error

    def make_safe(self) -> None:
        """Switch the output off and read it back; raises NotSafe when it stayed on."""
        try:
            self._session.set(setting(self._output, "OFF"))
        except InstrumentFault as error:
            raise NotSafe(f"{error}; output stayed on: disconnect the battery leads by hand") from error

    def confirm_idle(self) -> None:
        """Raise NotSafe unless the output stage itself says that it rests: with the output off there is no reading."""
        if not int(self._session.ask_number(":STAT:OPER:INST:ISUM:COND?")) & IDLE:
            raise NotSafe(f"{self._session.where}: not idle though its output is off; disconnect the battery leads")

    def measure(self) -> tuple[float, float]:
        """Take a fresh reading: volts at the terminals and amperes out of them."""
        self._session.write(":TRAC:CLE")
        if not self._clock.wait_until(self._has_reading, READING_SECONDS, every=POLL_SECONDS):
            raise InstrumentFault(f"{self._session.where}: no reading within {READING_SECONDS:g} s")
        if self._mode == "POWER":
            amperes, volts = self._latest(':DATA:DATA? "READ,SOUR"', 2)
        else:
            volts, amperes = self._latest(':BATT:DATA:DATA? "VOLT, CURR"', 2)
        return self._volts.applied(volts), self._amperes.applied(amperes)

    def recent_volts(self) -> list[float]:
        """Volts at the terminals as it has read them by itself since the last `measure`, oldest first.

        At most the last hundred, ten a second: it says that the output fell, not that it didn't for a moment.
        """
        if not self._has_reading():
            return []
        query = ':DATA:DATA? "SOUR"' if self._mode == "POWER" else ':BATT:DATA:DATA? "VOLT"'
        return [self._volts.applied(value) for value in self._numbers(query)]

    def disconnect(self) -> None:
        """Close the session."""
        self._session.close()

    @property
    def _output(self) -> str:
        return ":OUTP:STAT" if self._mode == "POWER" else ":BATT:OUTP"

    def _has_reading(self) -> bool:
        return bool(int(self._session.number(self._session.look(CONDITION), CONDITION)) & READING_AVAILABLE)

    def _latest(self, query: str, elements: int) -> list[float]:
        return self._numbers(query)[-elements:]

    def _numbers(self, query: str) -> list[float]:
        # a reading may carry its unit as a letter: +1.000000E-01A
        parts = [part.strip().rstrip("AVs") for part in self._session.ask(query).split(",")]
        return [self._session.number(part, query) for part in parts]
