"""The bench of one run: the guard's lease, and every driver by its role, opened and identified."""

from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.debug_port_frame import masked
from drivers.dmm6500 import Dmm6500
from drivers.massager import Massager
from drivers.mt_sics import BAUD as SCALE_BAUD
from drivers.mt_sics import Scale
from drivers.scpi import ScpiSession
from drivers.serial_line import SerialLine
from rig.bench.guard.client import GuardedBattery, GuardedCharger, GuardedRelays, GuardLine
from rig.bench.guard.process import GuardProcess, end_guard
from rig.bench.guard.settings import GuardSettings
from rig.bench.lease import BenchLease
from rig.bench.reality import require_real
from rig.clock import WallClock
from rig.errors import ConnectionLost, LeaseLost, NotSafe, RigError
from rig.station import Station
from rig.station.certified import Correction
from rig.station.model import Role


class Bench:
    """Opens as a context; leaving it makes everything safe, reads that back and closes every port.

    Supplies, relays and temperature logger belong to the guard, a process of its own: the run holds a lease.
    """

    def __init__(
        self,
        station: Station,
        who: str = "a run",
        data: Path | None = None,
        process: GuardProcess | None = None,
        lease: BenchLease | None = None,
    ) -> None:
        """Open and identify every instrument under a lease, taken as BenchLease does it, or before; the bench is safe.

        Raises ConnectionLost, BenchError or NotSafe, one line naming the role; nothing stays open then, and what could
        be opened is off.
        """
        self.station = station
        self.safe: bool = False
        self._lease = lease or BenchLease(station, who, data, process)
        self._ports = self._lease.ports
        self._line = self._lease.line
        self.clock = self._lease.clock
        try:
            self._open()
        except RigError as error:
            self._give_up(error)
            raise

    def _open(self) -> None:
        self.battery = GuardedBattery(self._line, *self._corrections("battery"))
        self.charger = GuardedCharger(self._line, *self._corrections("charger"))
        prompt_seconds = self.station.prompt.relay_seconds
        self.power_box = GuardedRelays(self._line, "power_box", self.clock, prompt_seconds)
        self.fault_box = GuardedRelays(self._line, "fault_box", self.clock, prompt_seconds)
        self.logger = self._lease.logger
        vibration, current = (self._session(role, "DMM6500") for role in ("vibration", "current"))
        self.vibration_meter = Dmm6500(vibration, self.clock, *self._corrections("vibration"))
        self.current_meter = Dmm6500(current, self.clock, *self._corrections("current"))
        weigher = self.station.instruments["scale"]
        line = self._serial("scale", SCALE_BAUD)
        self.scale = Scale(line, self.clock, weigher.correction("newtons"), serial_number=weigher.serial_number)
        unit = self.station.unit
        line = SerialLine(unit.url, unit.baud, self.clock, role="unit")
        self._ports.add(line, line.close)
        self.massager = Massager(line, self.clock, unit.station_key, prompt_seconds=self.station.prompt.unit_seconds)
        if not self.station.simulated:
            require_real(self.identities())

    def _give_up(self, error: BaseException) -> None:
        try:
            self.make_safe()
        except NotSafe as unsafe:
            raise NotSafe(f"{error}; {unsafe}") from error
        finally:
            self.disconnect()

    @property
    def guard_pid(self) -> int:
        """The guard's process id."""
        return self._line.pid

    def require_lease(self) -> None:
        """Raise LeaseLost once the guard has taken the energy away: what was measured since counts for nothing."""
        self._line.require_lease()

    def prove_watchdog(self, battery_volts: float, charger_volts: float, limit_amperes: float) -> dict[str, float]:
        """Let the watchdog relay expire on purpose; seconds from its last restart until each supply line was dead.

        Raises BenchError when there is no unit to see it with, NotSafe when the relay didn't open.
        """
        return dict(
            self._line.ask(
                "prove_watchdog",
                battery_volts=battery_volts,
                charger_volts=charger_volts,
                limit_amperes=limit_amperes,
            )
        )

    def make_safe(self) -> None:
        """Take all energy away and have it read back: supplies, contactor, relays, volts.

        Raises LeaseLost when the guard had ended the lease, or was gone itself (the bench is safe all the same
        then); NotSafe naming everything that couldn't be confirmed.
        """
        self.safe = False
        ended: str | None
        try:
            ended = self._line.ask("make_safe")
        except (LeaseLost, ConnectionLost) as error:
            ended = str(error)
            self._guard_anew()
        self.safe = True
        if ended is not None:
            raise LeaseLost(f"the guard took the energy away: {ended}", self._line.blames)

    def _guard_anew(self) -> None:
        """Our guard has gone, or hangs: end it, and let a new one make the bench safe, which is its first act."""
        end_guard(self._line.pid)
        self._line.close()
        process = self._lease.started_guard()
        try:
            self.clock.step_aside()  # or the new one would wait for time to move, and we for the new one
            contact = process.guard(GuardSettings.of(self.station))
            GuardLine(contact, WallClock(), self._lease.who).close()  # known, and gone: it may end
        except NotSafe:
            raise
        except RigError as error:
            raise NotSafe(f"NOT SAFE: remove power by hand; no guard can be had any more: {error}") from error

    def close(self) -> None:
        """Make safe and give every port back; raises as `make_safe` does."""
        try:
            self.make_safe()
        finally:
            self.disconnect()

    def identities(self) -> dict[str, str]:
        """What each instrument says it is, by role."""
        return {
            "vibration": self.vibration_meter.identity,
            "current": self.current_meter.identity,
            **self._lease.identities,
            "scale": self.scale.identity,
        }

    def transcript(self) -> list[str]:
        """All that went over the unit's debug port: `> ` sent, `< ` received, other bytes escaped.

        What unlocks TEST isn't in it, not even where a line's other end echoes it.
        """
        lines: list[str] = []
        for direction, traffic in groupby(list(self.massager.line.transcript), lambda one: one.direction):
            mark = ">" if direction == "sent" else "<"
            text = b"".join(one.data for one in traffic).decode("ascii", "backslashreplace")
            lines += [f"{mark} {line}" for line in masked(text).splitlines()]
        return lines

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _corrections(self, role: Role) -> tuple[Correction, Correction]:
        """Give what the certificate of that role corrects: volts, amperes."""
        instrument = self.station.instruments[role]
        return instrument.correction("volts"), instrument.correction("amperes")

    def _session(self, role: Role, model: str) -> ScpiSession:
        instrument = self.station.instruments[role]
        session = ScpiSession(
            instrument.address,
            self.clock,
            role=role,
            model=model,
            serial_number=instrument.serial_number,
            timeout_seconds=instrument.reply_seconds,
        )
        return self._ports.add(session, session.close)

    def _serial(self, role: Role, baud: int) -> SerialLine:
        line = SerialLine(self.station.instruments[role].address, baud, self.clock, role=role)
        return self._ports.add(line, line.close)

    def disconnect(self) -> None:
        """Give every port back without touching the outputs; the guard ends the lease by itself."""
        self._lease.close()
