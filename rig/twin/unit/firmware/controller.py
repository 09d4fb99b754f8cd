"""The firmware as a whole, from one boot to the next: ticks, faults, states, what the port asks for."""

from collections.abc import Callable

from rig.twin.kernel import Kernel, Timer
from rig.twin.noise import Noise
from rig.twin.unit.board import Board
from rig.twin.unit.eeprom import Memory
from rig.twin.unit.firmware.monitor import PERIOD, Monitor
from rig.twin.unit.firmware.outputs import Outputs
from rig.twin.unit.firmware.reactions import Reactions
from rig.twin.unit.firmware.sense import INVALID, Sense
from rig.twin.unit.firmware.states import State
from rig.twin.unit.firmware.tach import Tach
from rig.twin.unit.firmware.test_mode import TestMode
from rig.twin.unit.firmware.timers import ScaledTimer
from rig.twin.unit.nominal import NOMINAL, PADS
from rig.twin.unit.spread import Truth

Emit = Callable[[str], None]
_TICK_NS = round(PERIOD * 1e9)


class Controller:
    """One run of the firmware; a reset makes a new one, so that nothing but the EEPROM survives."""

    def __init__(
        self,
        board: Board,
        memory: Memory,
        seed: int,
        reason: str,
        emit: Emit,
        turn_off: Callable[[str], None],
    ) -> None:
        self.board = board
        self.kernel: Kernel = board.kernel
        self.memory = memory
        self.truth: Truth = board.truth
        self.clock = self.truth.clock
        self.reason = reason
        self.alive = True
        self.emit = emit
        self.turn_off = turn_off
        self._boot_ns = self.kernel.now_ns
        self._tick_timer: Timer | None = None
        self._even = False
        self.state = State.BOOT
        self.sense = Sense(board)
        self.test = TestMode(seed, memory.boots, unlocked=self.truth.build != "release")
        self.tach = Tach(self.kernel, board.motor, self.truth)
        self.idle_off = ScaledTimer(self.kernel, self.clock, self.go_off)
        self.outputs = Outputs(self, board)
        self.reactions = Reactions(self)
        self.monitor = Monitor(self, self.reactions)
        self.fitted = INVALID
        self.load_calibration()
        board.on_comparator = self._comparator_tripped
        board.on_trip = self._motor_tripped
        phase = Noise(seed, "boot", str(memory.boots)).uniform()
        seconds = self.truth.boot_seconds
        self.kernel.after(round(seconds * 1e9), self._booted)
        self._first_tick_ns = self._boot_ns + round(seconds * 1e9 + phase * _TICK_NS)

    # ---- life
    def _booted(self) -> None:
        if not self.alive:
            return
        self.sense.sample(self.now_ms())
        self.fitted = self.sense.pad if self.sense.pad != INVALID else "NONE"
        if not self.memory.sound() or not self.memory.calibrated():
            self.reactions.fault("F15", "EEPROM")
        for code, reason in (("F16", "WDT"), ("F17", "BROWN")):
            if self.reason == reason:
                self.memory.record(0, code, reason)
        self.emit(f"BOOT reason={self.reason} fw={self.truth.firmware}")
        self.changed()
        self._tick_timer = self.kernel.at(self._first_tick_ns, self._tick)

    def die(self) -> None:
        """Power, reset or sleep ends this run of the firmware."""
        self.alive = False
        self.outputs.auto_off.stop()
        self.outputs.program_end.stop()
        self.idle_off.stop()
        if self._tick_timer is not None:
            self._tick_timer.cancel()
        self.board.on_motor = None
        self.board.on_comparator = None
        self.board.on_trip = None
        self.board.drive_motor(None)
        self.board.drive_heater(False, 0.0)

    def _tick(self) -> None:
        if not self.alive:
            return
        self._tick_timer = self.kernel.after(round(_TICK_NS / self.clock), self._tick)
        board = self.board
        board.advance()
        now_ms = self.now_ms()
        self.sense.sample(now_ms)
        self.monitor.tick(now_ms)
        if not self.alive:
            return
        self.outputs.tick(now_ms)
        self._even = not self._even
        if self._even:
            self.outputs.control_heater()
        if self.charging:
            board.charge(0.0 if "F18" in self.reactions.book.active else self.truth.charge_amperes)
        board.settle()
        if self.test.unlocked and now_ms - self.test.last_ms > NOMINAL.test_seconds * 1e3:
            self.end_test()
        if not self.truth.latching:
            self.reactions.unlatch()

    # ---- what outputs, monitor and port look at
    def now_ms(self) -> float:
        """Milliseconds since this boot by the unit's clock."""
        return (self.kernel.now_ns - self._boot_ns) * 1e-6 * self.clock

    @property
    def cutoffs_lost(self) -> bool:
        """The defect `cutoff_lost_at_commit`: no F01, F03, F04 once the EEPROM was written."""
        return not self.truth.cutoff_survives_commit and self.memory.commits > 0

    @property
    def charging(self) -> bool:
        """Whether a charger is plugged in."""
        return self.board.charger is not None

    @property
    def motor_duty(self) -> float | None:
        """Duty of the bridge; None when open."""
        return self.board.motor.duty

    @property
    def heater_duty(self) -> float | None:
        """Duty of the heater; None when not enabled."""
        return self.board.heater_duty if self.board.heater_enabled else None

    @property
    def heater_setpoint(self) -> float | None:
        """Set point of the plate."""
        return self.outputs.heater_setpoint

    @property
    def target_rpm(self) -> float:
        """Wanted speed."""
        return self.outputs.target_rpm

    def measured_omega(self) -> float:
        """Speed by the Hall sensors, rad/s, signed."""
        return self.tach.omega()

    def volts(self) -> float:
        """Battery voltage as last read."""
        return self.sense.volts

    def plate_celsius(self) -> float:
        """NTC1 as last read."""
        return self.sense.celsius[0]

    def in_test(self) -> bool:
        """Whether TEST is unlocked."""
        return self.test.unlocked

    def outputs_on(self) -> bool:
        """Whether motor or heater are asked for."""
        return self.outputs.motor_asked or self.outputs.heat_asked or self.outputs.cooling

    @property
    def level_cap(self) -> int:
        """Highest level the pad allows now."""
        return 2 if "F14" in self.reactions.book.active else PADS[self.fitted].level_cap

    @property
    def inhibited(self) -> bool:
        """Whether a charger keeps the outputs off."""
        return self.charging and self.truth.charge_lockout

    # ---- events from below
    def low_battery_warning(self) -> None:
        """Below 6.4 V."""
        self.note("LOW_BATTERY")

    def pad_changed(self, name: str) -> None:
        """Another pad was fitted while nothing ran."""
        self.fitted = name
        self.reactions.recovered("F14")
        self.note(f"PAD_{name}")

    def condition(self, code: str) -> bool:
        """Whether a latched fault's condition is present."""
        return self.monitor.condition(code)

    def _comparator_tripped(self) -> None:
        if self.state != State.BOOT:
            self.sense.sample(self.now_ms())
            self.reactions.fault("F02", "COMPARATOR")

    def _motor_tripped(self) -> None:
        self.reactions.fault("F11", f"{self.board.motor.amperes:.1f}")

    # ---- state
    def changed(self) -> None:
        """Something about outputs or faults changed: derive the state and tell when it's another."""
        state = self._derive()
        if state == self.state or not self.alive:
            return
        before, self.state = self.state, state
        self.emit(f"STATE from={before} to={state}")
        if state == State.IDLE:
            self.idle_off.start(NOMINAL.idle_off_seconds)
        else:
            self.idle_off.stop()

    def _derive(self) -> State:
        outputs = self.outputs
        motor, heat = outputs.motor_asked, outputs.heat_asked
        if self.charging and not self.truth.lockout_honest:
            motor = heat = False  # it says CHARGING, whatever runs
        if self.reactions.book.latched:
            return State.FAULT
        if "F13" in self.reactions.book.active:
            return State.LOWBATT
        if motor and heat:
            return State.MASSAGE_HEAT
        if motor or heat:
            return State.MASSAGE if motor else State.HEAT
        if self.charging:
            return State.CHARGING
        return State.COOLDOWN if outputs.cooling else State.IDLE

    def charger_changed(self) -> None:
        """A charger came or went."""
        if self.state == State.BOOT:
            return
        if self.inhibited and (self.truth.charger_stops or not self.outputs_on()):
            self.outputs.halt()
        self.changed()

    def touched(self) -> None:
        """A good command came: TEST and idle time begin anew."""
        self.test.last_ms = self.now_ms()
        self.touch_idle()

    def note(self, text: str) -> None:
        """A LOG event."""
        self.emit(f"LOG text={text}")

    def button_event(self, button: int, milliseconds: float) -> None:
        """A key was pressed that long."""
        self.emit(f"BTN n={button} ms={milliseconds:.0f}")

    def touch_idle(self) -> None:
        """Somebody did something: the idle time begins anew."""
        if self.idle_off.running:
            self.idle_off.start(NOMINAL.idle_off_seconds)

    def go_off(self) -> None:
        """OFF, once the event has left the wire."""
        self.emit(f"STATE from={self.state} to={State.OFF}")
        self.kernel.after(20_000_000, lambda: self.turn_off("SLEEP"))

    # ---- service
    def accelerate(self, factor: float) -> None:
        """TEST TIMERX."""
        self.test.timer_factor = factor
        for timer in (self.outputs.auto_off, self.outputs.program_end, self.idle_off):
            timer.accelerate(factor)

    def end_test(self) -> None:
        """TEST is over: drives, injections, masks and factors go with it."""
        self.test.end()
        self.tach.believe(True)
        self.sense.forget()
        self.accelerate(1.0)
        for channel in list(self.outputs.drives):
            del self.outputs.drives[channel]
        self.outputs.apply()
        self.changed()

    def load_calibration(self) -> None:
        """Take the committed page into use, or safe defaults."""
        page = self.memory.page
        self.tach.gain = 1.0
        if self.memory.sound() and self.memory.calibrated() and not self.test.corrupt_eeprom:
            sign = self.truth.calibration_sign
            self.sense.offsets = (sign * float(page["cal_ntc1"]), sign * float(page["cal_ntc2"]))
            self.sense.current_gain = float(page["cal_i"])
            self.tach.gain = float(page["cal_rpm"])
            self.reactions.recovered("F15")
        else:
            self.sense.offsets = (0.0, 0.0)
            self.sense.current_gain = 1.0
