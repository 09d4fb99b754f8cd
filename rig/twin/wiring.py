"""The nest: every wire between simulated unit, relays, supplies and meters, as the wiring table has it."""

import math
from collections.abc import Mapping

from rig.twin.bath import Bath
from rig.twin.calibrator import Calibrator
from rig.twin.emulator import Emulator
from rig.twin.gated import Gated, Scaled
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise
from rig.twin.rails import Rail
from rig.twin.signals import Signal, Steady
from rig.twin.unit.unit import Unit

# Power box relays
BRAKE, POWER_KEY, LEVEL_KEY, CHARGER_LINE, METER_BYPASS, WIGGLER, HEAT_KEY, CONTACTOR = range(1, 9)
# Fault box relays
NTC1_EMULATOR, NTC2_EMULATOR, NTC1_OPEN, NTC1_SHORT, LADDER_FIRST = range(1, 6)

SUPPLY_PATH_OHM = 0.05  # wires, contactor, shunt and good pins, battery line
POGO_WORN_OHM = 0.6
CHARGER_PATH_OHM = 0.08
BYPASSED_SHARE = 0.02  # of the unit's current goes on through the meter's shunt while the bypass is closed
VOLTS_PER_G = 0.1  # PCB 352C33 through a 482C05 at gain 1
BIAS_VOLTS = 11.0
OPEN_BIAS_VOLTS = 24.0
LID_VOLTS = 5.0
GRAMS_PER_NEWTON = 1000.0 / 9.80665
THERMOCOUPLE_SPREAD_CELSIUS = 0.10  # left after the daily ice-point check of one reel of wire
LIFTED_SHARE = 0.3  # of the face's rise over ambient that a lifted thermocouple still sees

PLACES = {101: "face", 102: "plate", 103: "handle", 104: "motor", 105: "ambient"}
LID_CHANNEL = 110


class Nest:
    """One unit in its nest, with relays, rails and cables around it."""

    def __init__(self, kernel: Kernel, unit: Unit, seed: int, defects: Mapping[str, float]) -> None:
        self._kernel = kernel
        self.unit = unit
        self._defects = defects
        self._contact_newtons = 0.0
        self.lid_closed = True
        self._fault_box = [False] * 9
        self._power_box = [False] * 9
        self.calibrator = Calibrator(seed)
        self.bath = Bath(seed)
        bench = Noise(seed, "bench")
        self.emulator = Emulator(Noise(seed, "emulator"))
        self._thermocouple_offsets = {channel: THERMOCOUPLE_SPREAD_CELSIUS * bench.normal() for channel in PLACES}
        pogo_ohm = POGO_WORN_OHM * defects.get("pogo_worn", 0.0)
        path_ohm = SUPPLY_PATH_OHM + pogo_ohm
        self.battery = Rail(kernel, path_ohm, unit.battery_amperes, unit.connect_battery, SUPPLY_PATH_OHM)
        self.charger = Rail(kernel, CHARGER_PATH_OHM, unit.charger_amperes, unit.connect_charger)
        self.spare_outputs: tuple[Rail, Rail] = (_unused_rail(kernel), _unused_rail(kernel))
        self.meter_amperes = Gated(kernel, unit.battery_amperes, 1.0)

    # ---- relays
    def fault_relay(self, relay: int, closed: bool) -> None:
        """A fault box relay moved."""
        self._fault_box[relay] = closed
        code = sum(1 << bit for bit in range(4) if self._fault_box[LADDER_FIRST + bit])
        emulator_ohm = self.emulator.ohm(code)
        ntc1: float | None = None
        if self._fault_box[NTC1_EMULATOR]:
            ntc1 = emulator_ohm
        if self._fault_box[NTC1_OPEN]:
            ntc1 = math.inf
        if self._fault_box[NTC1_SHORT]:
            ntc1 = 0.0
        self.unit.set_ntc_line(1, ntc1)
        self.unit.set_ntc_line(2, emulator_ohm if self._fault_box[NTC2_EMULATOR] else None)

    def power_relay(self, relay: int, closed: bool) -> None:
        """A power box relay moved."""
        self._power_box[relay] = closed
        match relay:
            case 1:
                self.unit.set_brake(closed)
            case 2:
                self.unit.press(1, closed)
            case 3:
                self.unit.press(2, closed)
            case 5:
                self.meter_amperes.switch(BYPASSED_SHARE if closed else 1.0)
            case 6:
                self.unit.set_wiggle(closed)
            case 7:
                self.unit.press(3, closed)
            case _:
                pass
        contactor = self._power_box[CONTACTOR]
        self.battery.switch(contactor)
        self.charger.switch(contactor and self._power_box[CHARGER_LINE])

    # ---- meters' inputs
    def vibration_volts(self, channel: int | None) -> Signal:
        """The vibration meter's terminals (None) and scanner channels."""
        match channel:
            case 1:
                return self._accelerometer("x")
            case 2:
                return self._accelerometer("y")
            case 3:
                return self._accelerometer("z")
            case 4:
                return self.unit.ntc_volts(1)
            case 5:
                return self.unit.ntc_volts(2)
            case 6:
                return Steady(lambda: OPEN_BIAS_VOLTS if self._unplugged else BIAS_VOLTS)
            case 7:
                return self.battery.at_nest
            case _:
                return Steady(lambda: 0.0)

    def celsius(self, channel: int) -> Signal:
        """A thermocouple of the temperature logger; NaN where no lead is fitted."""
        place = PLACES.get(channel)
        if place is None:
            return Steady(lambda: math.nan)
        return Steady(lambda: self._thermocouple(channel, place))

    def logger_volts(self, channel: int) -> Signal:
        """A voltage channel of the temperature logger: the lid's interlock loop on 110."""
        if channel == LID_CHANNEL:
            return Steady(lambda: LID_VOLTS if self.lid_closed else 0.0)
        return Steady(lambda: 0.0)

    def grams(self) -> float:
        """What the platform under the nest carries beyond its tare."""
        newtons = self._contact_newtons + 3.0 * self._defects.get("force_drift", 0.0)
        return newtons * GRAMS_PER_NEWTON

    def interrupt(self, rail: Rail, after_seconds: float, seconds: float) -> None:
        """A supply whose output falls once, so many seconds from now, for so long."""
        falls_ns = round(after_seconds * 1e9)
        self._kernel.after(falls_ns, lambda: rail.dip(True))
        self._kernel.after(falls_ns + round(seconds * 1e9), lambda: rail.dip(False))

    # ---- what a person sees
    def state(self) -> dict[str, object]:
        """What is energised: outputs that are on, relays that are closed, volts at the unit's battery terminals."""
        return {
            "now_ns": self._kernel.now_ns,
            "battery_on": self.battery.on,
            "charger_on": self.charger.on,
            "spare_on": [output.on for output in self.spare_outputs],
            "contactor": self._power_box[CONTACTOR],
            "unit_volts": self.unit.terminal_volts,
            "power_relays": [relay for relay, closed in enumerate(self._power_box) if closed],
            "fault_relays": [relay for relay, closed in enumerate(self._fault_box) if closed],
        }

    def power_up(self) -> None:
        """Feed the unit without anybody at the bench: for a console on its debug port."""
        self.battery.set(on=True, volts=7.4, amperes_limit=5.0, series_ohm=0.04)
        self.battery.switch(True)

    # ---- surroundings
    def set_environment(
        self,
        ambient_celsius: float | None = None,
        contact_newtons: float | None = None,
        blanket: bool | None = None,
        unit_celsius: float | None = None,
    ) -> None:
        """What a person at the bench can change; `unit_celsius`: a unit that comes as warm as that, all of it."""
        if contact_newtons is not None:
            self._contact_newtons = contact_newtons
        self.unit.set_environment(ambient_celsius, contact_newtons, blanket, unit_celsius)

    @property
    def _unplugged(self) -> bool:
        return self._defects.get("accelerometer_unplugged", 0.0) > 0.0

    def _accelerometer(self, axis: str) -> Signal:
        if self._unplugged:
            return Steady(lambda: 0.0)
        nest = 1.0 - 0.12 * self._defects.get("nest_hard", 0.0)
        sensor = 1.0 - 0.08 * self._defects.get("accelerometer_gain", 0.0)
        if self.calibrator.axis is not None:  # the sensor is in the hand, not on the nest
            return Scaled(self.calibrator.seen_by(axis), VOLTS_PER_G * sensor)
        return Scaled(self.unit.acceleration(axis), VOLTS_PER_G * nest * sensor)

    def _thermocouple(self, channel: int, place: str) -> float:
        if (bath := self.bath.celsius()) is not None:
            return bath + self._thermocouple_offsets[channel]
        celsius = self.unit.celsius(place)
        if place == "face" and (lifted := self._defects.get("thermocouple_lifted", 0.0)):
            ambient = self.unit.celsius("ambient")
            celsius = ambient + (celsius - ambient) * (1.0 - (1.0 - LIFTED_SHARE) * min(1.0, lifted))
        return celsius + self._thermocouple_offsets[channel]


def _unused_rail(kernel: Kernel) -> Rail:
    return Rail(kernel, CHARGER_PATH_OHM, Steady(lambda: 0.0), lambda _source: None)
