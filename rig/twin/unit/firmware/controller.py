"""The firmware as a whole, from one boot to the next: ticks, faults, states, what the port asks for."""

from collections.abc import Callable

from rig.twin.kernel import Kernel, Timer
from rig.twin.noise import Noise
from rig.twin.unit.board import Board
from rig.twin.unit.eeprom import Memory
from rig.twin.unit.firmware.faults import LATCHED, SAFETY, FaultBook
from rig.twin.unit.firmware.monitor import PERIOD, Monitor
from rig.twin.unit.firmware.outputs import Outputs
from rig.twin.unit.firmware.sense import INVALID, Sense
from rig.twin.unit.firmware.speed_control import RPM
from rig.twin.unit.firmware.states import State
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
        self._emit = emit
        self.turn_off = turn_off
        self._boot_ns = self.kernel.now_ns
        self._tach_off_ns: int | None = None
        self._tick_timer: Timer | None = None
        self._even = False
        self._start_stall_count()
        self.state = State.BOOT
        self.sense = Sense(board)
        self.book = FaultBook(memory, self.truth.latching)
        self.test = TestMode(seed, memory.boots, unlocked=self.truth.build != "release")
        self.monitor = Monitor(self)
        self.idle_off = ScaledTimer(self.kernel, self.clock, self.go_off)
        self.outputs = Outputs(self, board)
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
            self.fault("F15", "EEPROM")
        for code, reason in (("F16", "WDT"), ("F17", "BROWN")):
            if self.reason == reason:
                self.memory.record(0, code, reason)
        self._emit(f"BOOT reason={self.reason} fw={self.truth.firmware}")
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
            board.charge(0.0 if "F18" in self.book.active else self.truth.charge_amperes)
        board.settle()
        if self.test.unlocked and now_ms - self.test.last_ms > NOMINAL.test_seconds * 1e3:
            self.end_test()
        if not self.truth.latching:
            self._unlatch()

    def _unlatch(self) -> None:
        """The defect `fault_not_latched`: a fault goes with its condition."""
        for code, latch in list(self.book.latched.items()):
            if self.now_ms() - latch.t_ms > 500.0 and not self.monitor.condition(code):
                self.book.clear(code)
                self.changed()

    # ---- what outputs, monitor and port look at
    def now_ms(self) -> float:
        """Milliseconds since this boot by the unit's clock."""
        return (self.kernel.now_ns - self._boot_ns) * 1e-6 * self.clock

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
        if not self.test.tach:
            return 0.0
        motor = self.board.motor
        motor.advance(self.kernel.now_ns)
        return motor.omega * self.truth.tach_ratio * self.truth.rotation / self.clock

    def measured_rpm(self) -> float:
        """Speed by the Hall sensors with calibration, rpm, signed."""
        return self.measured_omega() * RPM * self.speed_gain

    def edge_age(self) -> float:
        """Seconds since the last Hall edge the firmware has seen."""
        seen_ns = self.board.motor.last_edge_ns
        if not self.test.tach or self.truth.tach_ratio == 0.0:
            seen_ns = self._tach_off_ns if self._tach_off_ns is not None else self._boot_ns
        return (self.kernel.now_ns - seen_ns) * 1e-9

    def set_tach(self, on: bool) -> None:
        """TEST TACH: believe the Hall sensors, or not."""
        self.test.tach = on
        self._tach_off_ns = None if on else self.kernel.now_ns

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
        return 2 if "F14" in self.book.active else PADS[self.fitted].level_cap

    @property
    def inhibited(self) -> bool:
        """Whether a charger keeps the outputs off."""
        return self.charging and self.truth.charge_lockout

    def blocking(self, heat: bool) -> bool:
        """Whether a fault forbids massage, or heat."""
        active = self.book.active
        if self.book.latched or any(code in active for code in ("F13", "F18", "F12")):
            return True
        return heat and any(code in active for code in ("F07", "F14", "F15"))

    # ---- faults
    def fault(self, code: str, arg: str) -> None:
        """A condition was found: react, remember, tell."""
        if not self.book.add(code, round(self.now_ms())):
            self.book.again(code)
            return
        latched = code in LATCHED
        self.memory.record(round(self.now_ms()), code, arg)
        self._emit(f"FAULT code={code} latched={int(latched)}")
        if latched or code in ("F13", "F18"):
            self.outputs.halt()
        elif code in ("F07", "F14", "F15"):
            self.outputs.heat_off()
            if code == "F14" and self.outputs.level > 2:
                self.outputs.set_level(2)
        self.changed()

    def recovered(self, code: str) -> None:
        """A recoverable condition has gone."""
        if code in self.book.active:
            self.book.clear(code)
            self.changed()

    def clear_faults(self, everything: bool) -> tuple[bool, bool]:
        """Clear what may be cleared; (something stayed as its condition is present, something stayed as safety)."""
        kept = safe = False
        for code in [*self.book.latched, *(code for code in self.book.active if code == "F07")]:
            if code in SAFETY and not everything:
                safe = True
            elif self.monitor.condition(code):
                kept = True
            else:
                self.book.clear(code)
        self._start_stall_count()
        self.changed()
        return kept, safe

    def _start_stall_count(self) -> None:
        self._stall_retries = 0.0

    def stalled(self) -> None:
        """F09: one retry, then latch."""
        if self._stall_retries < self.truth.stall_retries:
            self._stall_retries += 1.0
            self.outputs.stall_wait_until_ms = self.now_ms() + NOMINAL.stall_retry_seconds * 1e3
            self.memory.record(round(self.now_ms()), "F09", "RETRY")
            self.outputs.apply()
            self.note("STALL_RETRY")
        else:
            self.fault("F09", "STALL")

    def motor_healthy(self) -> None:
        """The motor has run for a while: a later stall gets its retry anew."""
        self._start_stall_count()

    def hot_motor(self, off: bool) -> None:
        """F12: level 1, then off."""
        if off:
            self.outputs.halt()
            return
        self.fault("F12", f"{self.sense.celsius[2]:.0f}")
        if self.outputs.level > 1:
            self.outputs.set_level(1)

    def low_battery_warning(self) -> None:
        """Below 6.4 V."""
        self.note("LOW_BATTERY")

    def pad_changed(self, name: str) -> None:
        """Another pad was fitted while nothing ran."""
        self.fitted = name
        self.recovered("F14")
        self.note(f"PAD_{name}")

    def _comparator_tripped(self) -> None:
        if self.state != State.BOOT:
            self.sense.sample(self.now_ms())
            self.fault("F02", "COMPARATOR")

    def _motor_tripped(self) -> None:
        self.fault("F11", f"{self.board.motor.amperes:.1f}")

    # ---- state
    def changed(self) -> None:
        """Something about outputs or faults changed: derive the state and tell when it's another."""
        state = self._derive()
        if state == self.state or not self.alive:
            return
        before, self.state = self.state, state
        self._emit(f"STATE from={before} to={state}")
        if state == State.IDLE:
            self.idle_off.start(NOMINAL.idle_off_seconds)
        else:
            self.idle_off.stop()

    def _derive(self) -> State:
        outputs = self.outputs
        motor, heat = outputs.motor_asked, outputs.heat_asked
        if self.book.latched:
            return State.FAULT
        if "F13" in self.book.active:
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
        if self.inhibited:
            self.outputs.halt()
        self.changed()

    def touched(self) -> None:
        """A good command came: TEST and idle time begin anew."""
        self.test.last_ms = self.now_ms()
        self.touch_idle()

    def note(self, text: str) -> None:
        """A LOG event."""
        self._emit(f"LOG text={text}")

    def button_event(self, button: int, milliseconds: float) -> None:
        """A key was pressed that long."""
        self._emit(f"BTN n={button} ms={milliseconds:.0f}")

    def touch_idle(self) -> None:
        """Somebody did something: the idle time begins anew."""
        if self.idle_off.running:
            self.idle_off.start(NOMINAL.idle_off_seconds)

    def go_off(self) -> None:
        """OFF, once the event has left the wire."""
        self._emit(f"STATE from={self.state} to={State.OFF}")
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
        self._tach_off_ns = None
        self.sense.forget()
        self.accelerate(1.0)
        for channel in list(self.outputs.drives):
            del self.outputs.drives[channel]
        self.outputs.apply()
        self.changed()

    def load_calibration(self) -> None:
        """Take the committed page into use, or safe defaults."""
        page = self.memory.page
        self.speed_gain = 1.0
        if self.memory.sound() and self.memory.calibrated() and not self.test.corrupt_eeprom:
            self.sense.offsets = (float(page["cal_ntc1"]), float(page["cal_ntc2"]))
            self.sense.current_gain = float(page["cal_i"])
            self.speed_gain = float(page["cal_rpm"])
            self.recovered("F15")
        else:
            self.sense.offsets = (0.0, 0.0)
            self.sense.current_gain = 1.0
