"""Keithley DMM6500 multimeter with scanner card: readings, digitized records, a triggered pair.

Source: DMM6500 reference manual (DMM6500-901-01), SCPI command reference. Unverified on the instrument: that
settings sent while a scanner channel is closed act on that channel.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from drivers.correction import AS_READ, Correction
from drivers.scpi import ScpiSession
from drivers.scpi_replies import OVERLOAD, setting
from rig.clock import Clock
from rig.errors import InstrumentFault, blames_its_role

MODEL = "DMM6500"
Quantity = Literal["VOLT", "CURR"]
BUFFER = '"defbuffer1"'
SMALLEST_BUFFER = 10  # readings, manual: TRACe:POINts
FINISH_SECONDS = 5.0  # beyond count / rate: settling, trigger, housekeeping
POLL_SECONDS = 0.01


@blames_its_role
class Dmm6500:
    """One meter; volts at its inputs or closed scanner channel, amperes at its AMPS terminal."""

    def __init__(
        self, session: ScpiSession, clock: Clock, volts: Correction = AS_READ, amperes: Correction = AS_READ
    ) -> None:
        """Put the meter into a known state: reset, little-endian blocks, errors cleared.

        `volts`, `amperes`: what its certificate corrects.
        """
        self._session = session
        self._clock = clock
        self._corrections = {"VOLT": volts, "CURR": amperes}
        self._quantity: Quantity = "VOLT"
        session.write("*RST", "*CLS")
        session.set(setting(":FORM:BORD", "SWAP"))

    @property
    def role(self) -> str:
        """What it is on the bench: its session's role."""
        return self._session.role

    @property
    def identity(self) -> str:
        """Its `*IDN?`."""
        return self._session.identity

    def close_channel(self, channel: int) -> None:
        """Connect one scanner channel; the others open."""
        self._session.set(setting(":ROUT:CHAN:CLOS", f"(@{channel})"))

    def open_channels(self) -> None:
        """Disconnect all scanner channels."""
        self._session.write(":ROUT:CHAN:OPEN:ALL")

    def configure_volts(self, range_volts: float, power_line_cycles: float = 1.0) -> None:
        """Get ready for DC volts readings: range in V, aperture in power line cycles (0.0005 to 15)."""
        self._configure("VOLT", range_volts, power_line_cycles)

    def configure_amperes(self, range_amperes: float, power_line_cycles: float = 1.0) -> None:
        """Get ready for DC current readings: range in A, aperture in power line cycles (0.0005 to 15)."""
        self._configure("CURR", range_amperes, power_line_cycles)

    def read(self) -> float:
        """Take one reading, in the unit configured; raises InstrumentFault on overload."""
        reading = self._session.ask_number(":FORM:DATA ASC;:READ?", again=":FETC?")
        return self._corrections[self._quantity].applied(reading)

    def digitize_volts(self, range_volts: float, rate_hz: float, count: int) -> None:
        """Configure a record of `count` volts samples; begin it with one of the start or arm methods."""
        self._configure_digitizer("VOLT", range_volts, rate_hz, count)

    def digitize_amperes(self, range_amperes: float, rate_hz: float, count: int) -> None:
        """Configure a record of `count` ampere samples; begin it with one of the start or arm methods."""
        self._configure_digitizer("CURR", range_amperes, rate_hz, count)

    def start_digitize(self, count: int) -> None:
        """Start the configured record now."""
        self._start(f":TRIG:BLOC:MDIG 2, {BUFFER}, {count}")

    def start_digitize_and_notify(self, count: int) -> None:
        """Start the configured record now and pulse EXT OUT at its first sample."""
        self._start(":TRIG:EXT:OUT:STIM NOT1", ":TRIG:BLOC:NOT 2, 1", f":TRIG:BLOC:MDIG 3, {BUFFER}, {count}")

    def arm_digitize_on_external_trigger(self, count: int) -> None:
        """Start the configured record at the next falling edge of EXT IN."""
        self._start(
            ":TRIG:EXT:IN:CLE",
            ":TRIG:EXT:IN:EDGE FALL",
            ":TRIG:BLOC:WAIT 2, EXT",
            f":TRIG:BLOC:MDIG 3, {BUFFER}, {count}",
        )

    def digitized(self, count: int, rate_hz: float, *, allow_overload: bool = False) -> NDArray[np.float32]:
        """Wait for the started record and fetch it: `count` samples in V or A.

        Raises InstrumentFault when it doesn't end in time, is short or holds an overload (NaN if allowed).
        """
        if not self._clock.wait_until(self._is_idle, count / rate_hz + FINISH_SECONDS, every=POLL_SECONDS):
            self.abort()
            raise InstrumentFault(
                f"{self._session.where}: its record of {count} samples didn't end; check the trigger cable"
            )
        stored = int(self._session.ask_number(f":TRAC:ACT? {BUFFER}"))
        if stored != count:
            raise InstrumentFault(f"{self._session.where}: stored {stored} samples, not {count}")
        data = f":TRAC:DATA? 1, {count}, {BUFFER}, READ"
        samples = self._session.ask_block(f":FORM:DATA SREAL;{data}", count, again=data)
        return self._corrections[self._quantity].applied_to(self._without_overload(samples, allow_overload))

    def abort(self) -> None:
        """Stop a record that is running or waiting for its trigger."""
        self._session.write(":ABOR")

    def close(self) -> None:
        """Close the session; a meter has nothing to make safe."""
        self._session.close()

    def _configure(self, quantity: Quantity, range_value: float, power_line_cycles: float) -> None:
        self._quantity = quantity
        self._session.set(
            setting(":SENS:FUNC", f'"{quantity}"'),
            setting(f":SENS:{quantity}:RANG", range_value),
            setting(f":SENS:{quantity}:NPLC", power_line_cycles),
        )

    def _configure_digitizer(self, quantity: Quantity, range_value: float, rate_hz: float, count: int) -> None:
        self._quantity = quantity
        self._session.write(
            f':DIG:FUNC "{quantity}"',
            f":DIG:{quantity}:APER 1E-6",  # the shortest fits any rate; a longer one left over may refuse the next
            f":TRAC:POIN {max(count, SMALLEST_BUFFER)}, {BUFFER}",
        )
        self._session.set(
            setting(":DIG:FUNC", f'"{quantity}"'),
            setting(f":DIG:{quantity}:RANG", range_value),
            setting(f":DIG:{quantity}:SRAT", rate_hz),
        )
        self._session.write(f":DIG:{quantity}:APER AUTO")  # last: it takes what the rate leaves

    def _start(self, *blocks: str) -> None:
        # what an earlier start left running would refuse this one
        self._session.write(":ABOR", ':TRIG:LOAD "Empty"', f":TRIG:BLOC:BUFF:CLEAR 1, {BUFFER}", *blocks, ":INIT")

    def _is_idle(self) -> bool:
        return self._session.look(":TRIG:STAT?").upper().startswith("IDLE")

    def _without_overload(self, samples: NDArray[np.float32], allow_overload: bool) -> NDArray[np.float32]:
        bad = ~(np.abs(samples) < OVERLOAD)  # catches NaN, too
        if not bad.any():
            return samples
        if not allow_overload:
            raise InstrumentFault(
                f"{self._session.where}: {int(bad.sum())} of {len(samples)} samples are overloads, "
                f"the first is number {int(np.argmax(bad))}; choose a larger range"
            )
        return np.where(bad, np.float32(math.nan), samples)
