"""Keysight E36312A, channel 1, as the USB charger rail.

Source: E36300 series programming guide (E36311-90002).
"""

from drivers.actuator import Actuator
from drivers.correction import AS_READ, Correction
from drivers.scpi import ScpiSession
from drivers.scpi_replies import Setting, setting
from rig.errors import InstrumentFault, NotSafe, blames_its_role

MODEL = "E36312A"
CHANNEL = "(@1)"
CHANNELS = (1,)
AGREE_VOLTS = 0.010  # two readings of a settled rail, one after the other: within the read-back's accuracy
AGREE_AMPERES = 0.010


@blames_its_role
class ChargerE36312A(Actuator):
    """The charger rail; at most 6.18 V and 5.15 A."""

    def __init__(self, session: ScpiSession, volts: Correction = AS_READ, amperes: Correction = AS_READ) -> None:
        """Take the supply over with its output off.

        `volts`, `amperes`: what its certificate corrects of its readings.
        """
        self._session = session
        self._wanted: tuple[Setting, ...] = ()  # what was last set
        self._volts = volts
        self._amperes = amperes
        self.make_safe()

    @property
    def role(self) -> str:
        """What it is on the bench: its session's role."""
        return self._session.role

    @property
    def identity(self) -> str:
        """Its `*IDN?`."""
        return self._session.identity

    def set(self, volts: float, current_limit_amperes: float) -> None:
        """Set voltage and current limit, without energising."""
        wanted = setting(":VOLT", volts, CHANNELS), setting(":CURR", current_limit_amperes, CHANNELS)
        self._wanted = ()
        self._session.set(*wanted)
        self._wanted = wanted

    def set_protection(self, volts: float) -> None:
        """Set where its over-voltage protection trips; raises InstrumentFault."""
        self._session.set(setting(":VOLT:PROT", volts, CHANNELS))

    def require_output(self) -> None:
        """Raise InstrumentFault unless it is on, with the voltage and the current limit that were set."""
        try:
            self._session.holds(setting(":OUTP", "ON", CHANNELS), *self._wanted)
        except InstrumentFault as error:
            raise InstrumentFault(f"{error}; it has tripped, or somebody changed it: see its panel") from error

    def energise(self) -> None:
        """Switch the output on and read it back; raises InstrumentFault when it stayed off."""
        try:
            self._session.set(setting(":OUTP", "ON", CHANNELS))
        except InstrumentFault as error:
            raise InstrumentFault(f"{error}; output stayed off: is its protection tripped?") from error

    def make_safe(self) -> None:
        """Switch the output off and read it back; raises NotSafe when it stayed on."""
        try:
            self._session.set(setting(":OUTP", "OFF", CHANNELS))
        except InstrumentFault as error:
            raise NotSafe(f"{error}; output stayed on: unplug the charger lead by hand") from error

    def clear_protection(self) -> None:
        """Clear a latched over-voltage or over-current trip; the output stays off."""
        self._session.write(f":OUTP:PROT:CLE {CHANNEL}")

    def measured_volts(self) -> float:
        """Read the voltage at the terminals, the mean of two readings that agree."""
        return self._volts.applied(self._session.ask_reading(f":MEAS:VOLT? {CHANNEL}", within=AGREE_VOLTS))

    def measured_amperes(self) -> float:
        """Read the current out of the terminals, the mean of two readings that agree."""
        return self._amperes.applied(self._session.ask_reading(f":MEAS:CURR? {CHANNEL}", within=AGREE_AMPERES))

    def disconnect(self) -> None:
        """Close the session."""
        self._session.close()
