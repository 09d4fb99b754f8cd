"""The circuit board: what firmware can switch and sense, and how it pulls on battery and charger."""

import math
from collections.abc import Callable

from rig.twin.kernel import Kernel, Timer
from rig.twin.noise import Noise
from rig.twin.unit import ntc
from rig.twin.unit.history import Level, Pieces
from rig.twin.unit.motor import Motor
from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.pad import Pad
from rig.twin.unit.spread import Truth
from rig.twin.unit.supply import Source, charge_amperes, operating_volts, rail_amperes

COMPARATOR_DELAY_NS = 2_000_000  # its RC filter
COMPARATOR_HYSTERESIS_KELVIN = 4.0
STEP_NS = 1_000_000
CALM_STEP_NS = 4_000_000
SETTLED_STEP_NS = 20_000_000
CALM_ALPHA = 200.0


class Board:
    """Physics of one powered unit between its terminals; advanced by its own events, never by wall time."""

    def __init__(self, kernel: Kernel, truth: Truth, seed: int, pad: str) -> None:
        self.kernel = kernel
        self.truth = truth
        self.motor = Motor(truth)
        self.pad = Pad(truth, pad, NOMINAL.reference_celsius)
        self.battery: Source | None = None
        self.charger: Source | None = None
        self.volts = 0.0
        self.charging_amperes = 0.0
        self.base = Level(0.0)
        self.rail = Level(0.0)
        self.heater = Pieces((0.0, 0.0, 0.0, 0.0))
        self.heater_enabled = False
        self.heater_duty = 0.0
        self.heater_amperes = 0.0
        self.comparator = False
        self.load_ohm = math.inf
        self.lines: list[float | None] = [None, None]
        self.line_pieces = Pieces((math.nan, math.nan))
        self.on_motor: Callable[[int], None] | None = None
        self.on_comparator: Callable[[], None] | None = None
        self.on_trip: Callable[[], None] | None = None
        self.on_volts: Callable[[], None] | None = None
        self._quiescent = 0.0
        self._heater_epoch = 0.0
        self._motor_timer: Timer | None = None
        self._comparator_timer: Timer | None = None
        self._noise = Noise(seed, "adc")

    # ---- energy
    def settle(self) -> None:
        """Find the operating point of battery, charger and loads; tell the rest when it moved."""
        load = self._quiescent + self.motor.effective_duty * self.motor.amperes - self.charging_amperes
        siemens = 0.0 if math.isinf(self.load_ohm) else 1.0 / self.load_ohm
        floor = 0.0
        if self.heater_enabled and not self.comparator:
            ohm = self.pad.heater_ohm() + NOMINAL.heater_path_ohm
            share = self.heater_duty + (1.0 - self.heater_duty) * self.truth.heater_leak
            siemens += share / ohm
        if self.truth.battery_reversed:
            load, siemens, floor = 0.0, 1.0 / NOMINAL.diode_ohm, NOMINAL.diode_volts
        if self.battery is not None:
            volts = operating_volts(self.battery, load, siemens, self.volts, floor)
        elif self.charger is not None:
            volts = NOMINAL.charge_volts if self.charger.volts(0.0) > 4.0 else 0.0
        else:
            volts = 0.0
        changed = abs(volts - self.volts) > 1e-3
        self.volts = volts
        self.motor.volts = volts
        now = self.kernel.now_ns
        if not math.isinf(self.load_ohm):
            self.base.set(now, volts / self.load_ohm)
        if self.truth.battery_reversed:
            self.base.set(now, max(0.0, volts - floor) / NOMINAL.diode_ohm)
        if changed:
            self._note_heater()
        if self.on_volts is not None:
            self.on_volts()

    def draw(self, amperes: float, transient: float = 0.0, seconds: float = 1.0) -> None:
        """What board and microcontroller draw from now on, with a settling transient."""
        self.advance()
        self._quiescent = amperes
        if math.isinf(self.load_ohm):
            total = amperes - self.charging_amperes if self.battery is not None else 0.0
            self.base.set(self.kernel.now_ns, total, transient, seconds)

    def charge(self, most: float) -> None:
        """Charge with at most that many amperes (0 = charger off)."""
        now = self.kernel.now_ns
        charger = self.charger
        if charger is None:
            self.charging_amperes = 0.0
            self.rail.set(now, 0.0)
        else:
            load = self._quiescent + self.motor.effective_duty * self.motor.amperes
            amperes = charge_amperes(self.battery, load, most)
            drawn = rail_amperes(charger, self.volts, amperes)
            self.charging_amperes = amperes if drawn > 0.0 else 0.0
            self.rail.set(now, drawn)
        self.draw(self._quiescent)

    # ---- motor
    def drive_motor(self, duty: float | None) -> None:
        """Bridge on with a duty, or open (None)."""
        if duty == self.motor.duty:
            return
        self.motor.advance(self.kernel.now_ns)
        fresh = self.motor.duty is None or duty is None
        self.motor.drive(duty)
        if fresh:
            self.kick()

    def kick(self) -> None:
        """Something about the motor changed: look closely again."""
        if self._motor_timer is not None:
            self._motor_timer.cancel()
        self._motor_timer = self.kernel.after(STEP_NS, self._motor_step)

    def _motor_step(self) -> None:
        now = self.kernel.now_ns
        motor = self.motor
        motor.advance(now)
        if self.on_motor is not None:
            self.on_motor(now)
        if not motor.settled:
            self.settle()
        if motor.amperes > NOMINAL.trip_amperes and self.on_trip is not None:
            self.on_trip()
        if not motor.moving():
            motor.advance(now)
            self._motor_timer = None
            return
        step = SETTLED_STEP_NS if motor.settled else STEP_NS
        if step == STEP_NS and abs(motor.pieces.rows[-1][1]) < CALM_ALPHA and motor.omega > 0.0:
            step = CALM_STEP_NS
        self._motor_timer = self.kernel.after(step, self._motor_step)

    def brake(self, on: bool) -> None:
        """The nest's brake on the motor shaft."""
        self.motor.advance(self.kernel.now_ns)
        self.motor.brake = on
        if self.motor.moving():
            self.kick()

    # ---- heater
    def drive_heater(self, enabled: bool, duty: float) -> None:
        """Heater-enable FET and slow PWM; a new duty starts a new PWM period."""
        if enabled == self.heater_enabled and duty == self.heater_duty:
            return
        self.advance()
        if not self.heater_enabled or self.heater_duty in (0.0, 1.0):
            self._heater_epoch = self.kernel.now_ns * 1e-9
        self.heater_enabled = enabled
        self.heater_duty = duty
        self._note_heater()
        self.settle()

    def _note_heater(self) -> None:
        flowing = self.heater_enabled and not self.comparator and self.battery is not None
        ohm = self.pad.heater_ohm()
        amperes = self.volts / (ohm + NOMINAL.heater_path_ohm) if flowing and self.volts > 0.0 else 0.0
        self.heater_amperes = amperes
        duty = self.heater_duty if flowing else 0.0
        row = (self._heater_epoch, duty, amperes, amperes * self.truth.heater_leak)
        before = self.heater.rows[-1]
        if row[1] != before[1] or row[0] != before[0] or abs(row[2] - before[2]) > 1e-4:
            self.heater.add(self.kernel.now_ns, row)

    def heater_watt(self) -> float:
        """Mean heat in the pad at present."""
        ohm = self.pad.heater_ohm() - self.truth.contact_ohm
        if math.isinf(ohm) or not self.heater_enabled or self.comparator:
            return 0.0
        leak = self.truth.heater_leak
        share = self.heater_duty + (1.0 - self.heater_duty) * leak * leak
        return share * self.heater_amperes * self.heater_amperes * ohm

    def advance(self) -> None:
        """Bring motor and heat to the present."""
        now = self.kernel.now_ns
        motor = self.motor
        motor.advance(now)
        copper = motor.amperes * motor.amperes * self.truth.winding_ohm
        cut_before = self.pad.heater_celsius_cut()
        self.pad.advance(now, self.heater_watt(), copper)
        motor.warm(self.pad.winding)
        if self.pad.heater_celsius_cut() != cut_before or self.heater_enabled:
            self._note_heater()
        self._watch_comparator()

    # ---- sensor lines
    def set_line(self, sensor: int, ohm: float | None) -> None:
        """What hangs on a sensor line: the pad's own thermistor (None) or a resistance."""
        if self.lines[sensor - 1] == ohm:
            return
        self.advance()
        self.lines[sensor - 1] = ohm
        first, second = (math.nan if line is None else line for line in self.lines)
        self.line_pieces.add(self.kernel.now_ns, (first, second))
        self._watch_comparator()

    def line_ohm(self, sensor: int) -> float:
        """Resistance on sensor line 1..4."""
        outside = self.lines[sensor - 1] if sensor <= 2 else None
        return self.pad.sensor_ohm(sensor) if outside is None else outside

    def _too_hot(self, threshold: float) -> bool:
        hot = ntc.share(ntc.ohm_at(threshold))
        pull_up = NOMINAL.pull_up_ohm * self.truth.pull_up_factor[1]
        return ntc.share(self.line_ohm(2), pull_up) <= hot

    def _watch_comparator(self) -> None:
        threshold = self.truth.comparator_celsius
        if self.comparator:
            if not self._too_hot(threshold - COMPARATOR_HYSTERESIS_KELVIN):
                self.comparator = False
                self._note_heater()
        elif self._comparator_timer is None and self._too_hot(threshold):
            self._comparator_timer = self.kernel.after(COMPARATOR_DELAY_NS, self._trip_comparator)

    def _trip_comparator(self) -> None:
        self._comparator_timer = None
        self.advance()
        if self._too_hot(self.truth.comparator_celsius):
            self.comparator = True
            self._note_heater()
            self.settle()
            if self.on_comparator is not None:
                self.on_comparator()

    # ---- converter
    def ntc_counts(self, sensor: int, ohm: float | None = None) -> float:
        """ADC counts of sensor 1..4, of its line or of a given resistance."""
        pull_up = NOMINAL.pull_up_ohm * self.truth.pull_up_factor[sensor - 1]
        level = ntc.share(self.line_ohm(sensor) if ohm is None else ohm, pull_up)
        return self._quantised(level * NOMINAL.adc_full)

    def id_counts(self) -> float:
        """ADC counts of the pad's identification resistor."""
        ohm = self.pad.type.id_ohm * self.truth.id_factor
        return self._quantised(NOMINAL.adc_full * ntc.share(ohm))

    def motor_counts(self) -> float:
        """ADC counts of the motor current."""
        amperes = self.motor.amperes * self.truth.motor_sense_gain + self.truth.motor_sense_offset
        return self._quantised(amperes / NOMINAL.motor_amperes_per_count)

    def heater_counts(self) -> float:
        """ADC counts of the heater current, taken in the PWM's on phase (off phase at duty 0)."""
        amperes = 0.0
        if self.heater_enabled and not self.comparator:
            amperes = self.heater_amperes * (1.0 if self.heater_duty > 0.0 else self.truth.heater_leak)
        amperes = amperes * self.truth.heater_sense_gain + self.truth.heater_sense_offset
        return self._quantised(amperes / NOMINAL.heater_amperes_per_count)

    def volt_counts(self) -> float:
        """ADC counts of the battery voltage."""
        return self._quantised(self.volts / NOMINAL.volts_per_count)

    def _quantised(self, counts: float) -> float:
        return min(max(float(round(counts + 0.4 * self._noise.normal())), 0.0), float(NOMINAL.adc_full))
