"""The bench of one run: every driver by its role, opened, identified and made safe before anything is asked of it."""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from drivers.battery_2281s import Battery2281S
from drivers.charger_e36312a import ChargerE36312A
from drivers.daq6510 import Daq6510
from drivers.dmm6500 import Dmm6500
from drivers.k8090 import BAUD as RELAY_BAUD
from drivers.k8090 import RelayBoard
from drivers.massager import Massager
from drivers.mt_sics import BAUD as SCALE_BAUD
from drivers.mt_sics import Scale
from drivers.scpi import ScpiSession
from drivers.serial_line import SerialLine
from rig.bench.watchdog import RELAY_SECONDS, WatchedClock
from rig.clock import BenchClock, Clock, WallClock
from rig.errors import BenchError, NotSafe, RigError
from rig.station import Station
from rig.station.model import Role

if TYPE_CHECKING:
    from drivers.actuator import Actuator

UNIT_BAUD = 115200


class Bench:
    """Opens as a context; leaving it makes everything safe, reads that back and closes every port."""

    def __init__(self, station: Station) -> None:
        """Open and identify every instrument, then bring the bench into its safe state.

        Raises ConnectionLost, BenchError or NotSafe, one line naming the role; nothing stays open then, and what
        could be opened is off.
        """
        self.station = station
        self._actuators: list[Actuator] = []
        self._closers: list[Callable[[], None]] = []
        address = station.clock.address if station.clock is not None else None
        self._inner: Clock = BenchClock(address) if address is not None else WallClock()
        self._closers.append(self._inner.close)
        self.clock = WatchedClock(self._inner)
        self.safe: bool = False
        try:
            self._open()
            self.make_safe()
        except NotSafe:
            self.disconnect()
            raise
        except BaseException as error:
            self._give_up(error)
            raise

    def _open(self) -> None:
        self.power_box = RelayBoard(self._serial("power_box", RELAY_BAUD, self._inner), self._inner)
        self._actuators = [self.power_box]
        self.fault_box = RelayBoard(self._serial("fault_box", RELAY_BAUD, self.clock), self.clock)
        self._actuators = [self.power_box, self.fault_box]
        self.battery = Battery2281S(self._session("battery", "2281S"), self.clock)
        self._actuators = [self.battery, self.power_box, self.fault_box]
        self.charger = ChargerE36312A(self._session("charger", "E36312A"))
        self._actuators = [self.charger, self.battery, self.power_box, self.fault_box]
        self.vibration_meter = Dmm6500(self._session("vibration", "DMM6500"), self.clock)
        self.current_meter = Dmm6500(self._session("current", "DMM6500"), self.clock)
        self.logger = Daq6510(self._session("temperature", "DAQ6510"))
        self.scale = Scale(self._serial("scale", SCALE_BAUD, self.clock), self.clock)
        unit = self.station.unit
        line = SerialLine(unit.url, UNIT_BAUD, self.clock, role="unit")
        self._closers.append(line.close)
        self.massager = Massager(line, self.clock, unit.station_key)

    def _give_up(self, error: BaseException) -> None:
        """Switch off what was opened before that error: it mustn't stay on because something else is missing."""
        try:
            self.make_safe()
        except NotSafe as unsafe:
            raise NotSafe(f"{error}; {unsafe}") from error
        finally:
            self.disconnect()

    def close_contactor(self) -> None:
        """Connect both supply lines, through the relay that opens by itself unless it is restarted."""
        contactor = self.station.wiring.power_box.contactor
        self.clock.watch(lambda: self.power_box.start_timer((contactor,), RELAY_SECONDS))

    def open_contactor(self) -> None:
        """Disconnect both supply lines."""
        self.clock.watch(None)
        self.power_box.clear(self.station.wiring.power_box.contactor)

    def make_safe(self) -> None:
        """Take all energy away and read it back: supplies, contactor, relays, in that order.

        Raises NotSafe naming everything that couldn't be confirmed; all steps are tried.
        """
        self.safe = False
        self.clock.watch(None)
        failures: list[str] = []
        for actuator in self._actuators:
            try:
                actuator.make_safe()
            except RigError as error:
                failures.append(str(error))
        if failures:
            raise NotSafe("NOT SAFE: remove power by hand; " + "; ".join(failures))
        self.safe = True

    def close(self) -> None:
        """Make safe and give every port back; raises NotSafe when the bench couldn't be confirmed as off."""
        try:
            self.make_safe()
        finally:
            self.disconnect()

    def identities(self) -> dict[str, str]:
        """What each instrument says it is, by role."""
        return {
            "vibration": self.vibration_meter.identity,
            "current": self.current_meter.identity,
            "temperature": self.logger.identity,
            "battery": self.battery.identity,
            "charger": self.charger.identity,
            "power_box": "K8090 firmware {}.{}".format(*self.power_box.firmware),
            "fault_box": "K8090 firmware {}.{}".format(*self.fault_box.firmware),
            "scale": self.scale.identity,
        }

    def transcript(self) -> list[str]:
        """All that went over the unit's debug port: `> ` sent, `< ` received, other bytes escaped."""
        lines: list[str] = []
        for traffic in self.massager.line.transcript:
            mark = ">" if traffic.direction == "sent" else "<"
            text = traffic.data.decode("ascii", "backslashreplace")
            lines += [f"{mark} {line}" for line in text.splitlines()]
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

    def _session(self, role: Role, model: str) -> ScpiSession:
        session = ScpiSession(self.station.instruments[role].address, self.clock, role=role, model=model)
        self._closers.append(session.close)
        return session

    def _serial(self, role: Role, baud: int, clock: Clock) -> SerialLine:
        line = SerialLine(self.station.instruments[role].address, baud, clock, role=role)
        self._closers.append(line.close)
        return line

    def disconnect(self) -> None:
        """Give every port back without touching the outputs."""
        for close in reversed(self._closers):
            try:
                close()
            except BenchError:
                continue  # a port that is lost already is closed
        self._closers.clear()
