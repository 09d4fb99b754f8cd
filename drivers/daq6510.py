"""Keithley DAQ6510 data logger with a 7700 card: thermocouples and volts by channel.

Source: DAQ6510 reference manual (DAQ6510-901-01), SCPI command reference, and the vendor's thermocouple scan
example.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from drivers.correction import AS_READ, Correction
from drivers.scpi import ScpiSession
from drivers.scpi_replies import setting
from rig.errors import BenchError, InstrumentFault, blames_its_role

MODEL = "DAQ6510"
BUFFER = '"defbuffer1"'


@blames_its_role
class Daq6510:
    """Temperatures in degrees Celsius and volts; a channel is slot * 100 + number."""

    def __init__(self, session: ScpiSession, corrections: Mapping[int, Correction] | None = None) -> None:
        """Put the logger into a known state: reset, text replies, errors cleared.

        `corrections` by channel: what certificates correct of logger and thermocouple; others are taken as read.
        """
        self._session = session
        self._corrections = dict(corrections or {})
        session.write("*RST", "*CLS")
        session.set(setting(":FORM:DATA", "ASC"))

    @property
    def role(self) -> str:
        """What it is on the bench: its session's role."""
        return self._session.role

    @property
    def identity(self) -> str:
        """Its `*IDN?`."""
        return self._session.identity

    def configure_thermocouples(self, channels: Sequence[int], kind: str = "T") -> None:
        """Set channels up for thermocouples with the card's own cold junction and open-wire detection."""
        self._session.set(
            setting(":SENS:FUNC", '"TEMP"', channels),
            setting(":SENS:TEMP:TRAN", "TC", channels),
            setting(":SENS:TEMP:TC:TYPE", kind, channels),
            setting(":SENS:TEMP:TC:RJUN:RSEL", "INT", channels),
            setting(":SENS:TEMP:ODET", "ON", channels),
            setting(":SENS:TEMP:UNIT", "CELS", channels),
        )

    def configure_volts(self, channels: Sequence[int], range_volts: float) -> None:
        """Set channels up for DC volts; range in V."""
        self._session.set(setting(":SENS:FUNC", '"VOLT"', channels), setting(":SENS:VOLT:RANG", range_volts, channels))

    def power_line_cycles(self, channels: Sequence[int], function: str, cycles: float) -> None:
        """Set the aperture of channels in power line cycles; function is TEMP or VOLT."""
        self._session.set(setting(f":SENS:{function}:NPLC", cycles, channels))

    def read(self, channel: int) -> float:
        """Take one reading of a configured channel; raises InstrumentFault on overload or an open wire."""
        self._session.set(setting(":ROUT:CHAN:CLOS", f"(@{channel})"))
        return self._correction(channel).applied(self._session.ask_number(":READ?", again=":FETC?"))

    def read_many(self, channels: Sequence[int], meanwhile: Callable[[], None] | None = None) -> dict[int, float]:
        """Scan configured channels once; raises InstrumentFault when one has no reading.

        The readings come in the order given, and take the sum of the channels' apertures. `meanwhile` is called once
        while the scan goes on; what it raises ends the scan.
        """
        count = len(channels)
        self._session.write(
            f":TRAC:CLE {BUFFER}", f":ROUT:SCAN:CRE {_list(channels)}", ":ROUT:SCAN:COUN:SCAN 1", ":INIT"
        )
        if meanwhile is not None:
            try:
                meanwhile()
            except BenchError:
                with suppress(BenchError):
                    self._session.write(":ABOR")
                raise
        data = f":TRAC:DATA? 1, {count}, {BUFFER}, READ, CHAN"
        values = self._session.ask_numbers(f"*WAI;{data}", 2 * count, again=data)
        if values[1::2] != [float(channel) for channel in channels]:
            raise InstrumentFault(f"{self._session.where}: it scanned channels {values[1::2]}, not {list(channels)}")
        readings = zip(channels, values[::2], strict=True)
        return {channel: self._correction(channel).applied(value) for channel, value in readings}

    def close(self) -> None:
        """Close the session; a logger has nothing to make safe."""
        self._session.close()

    def _correction(self, channel: int) -> Correction:
        return self._corrections.get(channel, AS_READ)


def _list(channels: Sequence[int]) -> str:
    return f"(@{','.join(str(channel) for channel in channels)})"
