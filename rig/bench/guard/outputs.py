"""The outputs that the guard owns: opened, watched, switched off in a fixed order and read back."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drivers.battery_2281s import Battery2281S
from drivers.charger_e36312a import ChargerE36312A
from drivers.daq6510 import Daq6510
from drivers.k8090 import BAUD, RelayBoard, RelayStatus
from drivers.scpi import ScpiSession
from drivers.serial_line import SerialLine
from rig.bench.guard.envelope import SourceEnvelope
from rig.bench.guard.safe_steps import SafeSteps
from rig.bench.guard.settings import LID_CLOSED_VOLTS, GuardSettings
from rig.bench.ports import Ports
from rig.clock import Clock
from rig.errors import InstrumentFault, NotSafe, RigError

LID_RANGE_VOLTS = 10.0
SAFE_VOLTS = 1.0
CHANNEL_SECONDS = 0.045  # of a scan: aperture, zero and relays; what it takes beyond that is waited for in the query
SOURCES = ("battery", "charger")
CALLS: Mapping[str, frozenset[str]] = {
    "battery": frozenset(
        {"power_mode", "simulator_mode", "set", "set_battery", "set_internal_resistance", "measure", "recent_volts"}
    ),
    "charger": frozenset({"set", "measured_amperes", "measured_volts"}),
    "power_box": frozenset({"set", "clear"}),
    "fault_box": frozenset({"set", "clear"}),
    "temperature": frozenset({"read", "read_many"}),
}


class Outputs:
    """Supplies, relay boards and temperature logger of one bench."""

    def __init__(self, settings: GuardSettings, clock: Clock) -> None:
        """Open all of them and bring them into the safe state, whatever state they were in.

        Raises BenchError naming the first that can't be opened (what was opened is off then), or NotSafe.
        """
        self._settings = settings
        self._clock = clock
        self._ports = Ports()
        self._safe_steps = SafeSteps()
        self.contactor = settings.contactor
        self.readings: Mapping[str, float] = {}
        self.patience: Callable[[float], None] | None = None  # waits while a scan goes on; raises to end it
        try:
            self._open()
            self.make_safe()
        except NotSafe:
            self.close()
            raise
        except RigError as error:
            self._give_up(error)
            raise

    def _open(self) -> None:
        self.power_box = self._board("power_box")
        self._safe_steps.add("power_box", self.power_box.make_safe)  # the contactor first: both lines at once
        self.fault_box = self._board("fault_box")
        self.battery = Battery2281S(self._session("battery", "2281S"), self._clock)
        self._safe_steps.add("battery", self.battery.make_safe, beside=True)
        self.charger = ChargerE36312A(self._session("charger", "E36312A"))
        self._safe_steps.add("charger", self.charger.make_safe, beside=True)
        self._safe_steps.add("fault_box", self.fault_box.make_safe)
        self._safe_steps.add("battery", self.battery.confirm_idle, beside=True)
        self._safe_steps.add("charger", self._confirm_charger, beside=True)
        self.logger = Daq6510(self._session("temperature", "DAQ6510"))
        settings = self._settings
        self.logger.configure_thermocouples((*settings.touchable, *settings.others), kind=settings.thermocouples)
        self.logger.configure_volts((settings.lid,), range_volts=LID_RANGE_VOLTS)

    def identities(self) -> dict[str, str]:
        """What each of them says it is, by role."""
        return {
            "battery": self.battery.identity,
            "charger": self.charger.identity,
            "temperature": self.logger.identity,
            "power_box": "K8090 firmware {}.{}".format(*self.power_box.firmware),
            "fault_box": "K8090 firmware {}.{}".format(*self.fault_box.firmware),
        }

    def restart_watchdog(self, *, listening: bool = False) -> None:
        """Hold the contactor of both supply lines for another few seconds; it opens by itself after that.

        The board says nothing to a restart, and isn't spoken to for a while: `listening` serves others meanwhile, and
        raises LeaseLost as `patience` does.
        """
        meanwhile = self.patience if listening else None
        self.power_box.start_timer((self._settings.contactor,), math.ceil(self._settings.watchdog_seconds), meanwhile)

    def energise(self, source: str) -> None:
        """Switch a supply on, contactor first; raises InstrumentFault when it stays off."""
        self.require_answer(source)
        self.restart_watchdog()
        if source == "battery":
            self.battery.energise()
        else:
            self.charger.energise()

    def calm(self, source: str) -> None:
        """Switch a supply off and read that back; raises NotSafe."""
        self.require_answer(source)
        if source == "battery":
            self.battery.make_safe()
        else:
            self.charger.make_safe()

    def make_safe(self) -> None:
        """Take all energy away and read it back: contactor, outputs and relays, then volts.

        Every step is tried, within 2.5 s of wall time even where supplies are silent; a silent relay board takes 1.7 s
        more, but supplies that answer are off by 2 s. Raises NotSafe naming all that couldn't be confirmed.
        """
        if failures := self._safe_steps.carry_out():
            raise NotSafe("NOT SAFE: remove power by hand; " + "; ".join(failures))

    def program(self, envelopes: Mapping[str, SourceEnvelope]) -> None:
        """Have the supplies themselves refuse what lies outside, and trip beyond it; raises InstrumentFault."""
        battery, charger = envelopes["battery"], envelopes["charger"]
        self.battery.set_limits(battery.volts, battery.amperes, battery.protection_volts)
        self.charger.set_protection(charger.protection_volts)

    def require_fed(self, source: str) -> None:
        """Raise InstrumentFault unless a supply is on, and as it was set: it trips by itself, and has a front panel."""
        if source == "battery":
            self.battery.require_output()
        else:
            self.charger.require_output()

    def require_answer(self, device: str) -> None:
        """Raise NotSafe for a device that still owes the answer to being switched off: it is asked nothing else."""
        if self._safe_steps.is_busy(device):
            raise NotSafe(f"{device}: it hasn't answered yet whether it is off; disconnect its leads by hand", [device])

    def look(self, max_celsius: float) -> str | None:
        """Read temperatures and lid; say what must end the energy, None when all is well.

        A thermocouple without a reading can't vouch for anything: raises InstrumentFault.
        """
        settings = self._settings
        channels = (*settings.touchable, *settings.others, settings.lid)
        found = self.scan(channels)
        self.readings = {f"channel {channel}": round(value, 3) for channel, value in found.items()}
        if found[settings.lid] < LID_CLOSED_VOLTS:
            return "the nest's lid was opened (interlock loop)"
        for channel in (*settings.touchable, *settings.others):
            most = min(max_celsius, settings.max_celsius) if channel in settings.touchable else settings.max_celsius
            if found[channel] > most:
                return f"channel {channel} of the temperature logger reads {found[channel]:.1f} C, more than {most:g} C"
        return None

    def scan(self, channels: Sequence[int]) -> dict[int, float]:
        """Read channels of the logger, with our ears open meanwhile; raises InstrumentFault."""
        patience = self.patience
        if patience is None:
            return self.logger.read_many(channels)
        return self.logger.read_many(channels, lambda: patience(CHANNEL_SECONDS * len(channels)))

    def close(self) -> None:
        """Give every port back without touching the outputs."""
        self._ports.close()

    def _confirm_charger(self) -> None:
        """Raise NotSafe when the charger's terminals still carry voltage."""
        volts = self.charger.measured_volts()
        if abs(volts) >= SAFE_VOLTS:
            raise NotSafe(f"charger: {volts:.2f} V at its terminals though its output is off; disconnect its leads")

    def _give_up(self, error: RigError) -> None:
        """Switch off what was opened before that error: it mustn't stay on because something else is missing."""
        try:
            self.make_safe()
        except NotSafe as unsafe:
            raise NotSafe(f"{error}; {unsafe}") from error
        finally:
            self.close()

    def _session(self, role: str, model: str) -> ScpiSession:
        settings = self._settings
        session = ScpiSession(
            settings.addresses[role],
            self._clock,
            role=role,
            model=model,
            serial_number=settings.serial_numbers[role],
            timeout_seconds=settings.reply_seconds[role],
        )
        return self._ports.add(session, session.close)

    def _board(self, role: str) -> RelayBoard:
        settings = self._settings
        return RelayBoard(self._serial(role), self._clock, settings.relay_seconds, settings.relay_gap_seconds)

    def _serial(self, role: str) -> SerialLine:
        line = SerialLine(self._settings.addresses[role], BAUD, self._clock, role=role)
        return self._ports.add(line, line.close)


def call(outputs: Outputs, device: str, method: str, arguments: Sequence[Any]) -> Any:
    """Carry out one allowed call on one device, for the holder of the lease; raises InstrumentFault for others."""
    if method not in CALLS.get(device, frozenset()):
        raise InstrumentFault(f"guard: {device}.{method} isn't a run's to call")
    if device == "power_box" and outputs.contactor in arguments:
        raise InstrumentFault("guard: the contactor follows the lease; energise a supply instead")
    outputs.require_answer(device)
    if (device, method) == ("temperature", "read_many"):
        return outputs.scan(*arguments)
    owner: Any = outputs.logger if device == "temperature" else getattr(outputs, device)
    found = getattr(owner, method)(*arguments)
    # what didn't switch has raised; of what did, how long ago counts: the caller's clock may be another one
    return owner.since(found) if isinstance(found, RelayStatus) else found
