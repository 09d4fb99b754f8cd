"""Keithley DAQ6510 data logger with a 7700 card: thermocouples and volts by channel.

Source: DAQ6510 reference manual (DAQ6510-901-01), SCPI command reference, and the vendor's thermocouple scan
example.
"""

from collections.abc import Sequence

from drivers.scpi import ScpiSession

MODEL = "DAQ6510"
BUFFER = '"defbuffer1"'


class Daq6510:
    """Temperatures in degrees Celsius and volts; a channel is slot * 100 + number."""

    def __init__(self, session: ScpiSession) -> None:
        """Put the logger into a known state: reset, text replies, errors cleared."""
        self._session = session
        session.write("*RST", "*CLS", ":FORM:DATA ASC")

    @property
    def identity(self) -> str:
        """Its `*IDN?`."""
        return self._session.identity

    def configure_thermocouples(self, channels: Sequence[int], kind: str = "T") -> None:
        """Set channels up for thermocouples with the card's own cold junction and open-wire detection."""
        where = _list(channels)
        self._session.write(
            f':SENS:FUNC "TEMP", {where}',
            f":SENS:TEMP:TRAN TC, {where}",
            f":SENS:TEMP:TC:TYPE {kind}, {where}",
            f":SENS:TEMP:TC:RJUN:RSEL INT, {where}",
            f":SENS:TEMP:ODET ON, {where}",
            f":SENS:TEMP:UNIT CELS, {where}",
        )

    def configure_volts(self, channels: Sequence[int], range_volts: float) -> None:
        """Set channels up for DC volts; range in V."""
        where = _list(channels)
        self._session.write(f':SENS:FUNC "VOLT", {where}', f":SENS:VOLT:RANG {range_volts:g}, {where}")

    def power_line_cycles(self, channels: Sequence[int], function: str, cycles: float) -> None:
        """Set the aperture of channels in power line cycles; function is TEMP or VOLT."""
        self._session.write(f":SENS:{function}:NPLC {cycles:g}, {_list(channels)}")

    def read(self, channel: int) -> float:
        """Take one reading of a configured channel; raises InstrumentFault on overload or an open wire."""
        self._session.write(f":ROUT:CHAN:CLOS (@{channel})")
        return self._session.ask_number(":READ?")

    def read_many(self, channels: Sequence[int]) -> dict[int, float]:
        """Scan configured channels once; raises InstrumentFault when one has no reading.

        The readings come in the order given, and take the sum of the channels' apertures.
        """
        count = len(channels)
        self._session.write(
            f":TRAC:CLE {BUFFER}", f":ROUT:SCAN:CRE {_list(channels)}", ":ROUT:SCAN:COUN:SCAN 1", ":INIT"
        )
        values = self._session.ask_numbers(f"*WAI;:TRAC:DATA? 1, {count}, {BUFFER}, READ", count)
        return dict(zip(channels, values, strict=True))

    def close(self) -> None:
        """Close the session; a logger has nothing to make safe."""
        self._session.close()


def _list(channels: Sequence[int]) -> str:
    return f"(@{','.join(str(channel) for channel in channels)})"
