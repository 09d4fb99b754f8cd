"""What the unit is doing: level, heat, program, cool-down, open-loop drives, coast-down, auto-off."""

from rig.twin.unit.board import Board
from rig.twin.unit.firmware.coast import Coast, CoastAnswer
from rig.twin.unit.firmware.heater_control import HeaterControl
from rig.twin.unit.firmware.owner import Owner
from rig.twin.unit.firmware.programs import Program
from rig.twin.unit.firmware.speed_control import SpeedControl
from rig.twin.unit.firmware.tach import RPM
from rig.twin.unit.firmware.timers import ScaledTimer
from rig.twin.unit.nominal import NOMINAL

OPEN_LOOP_RPM = 5200.0  # what full duty would give, for the stall cut-off of open-loop drives


class Outputs:
    """Decides duties of motor and heater from what was asked for."""

    def __init__(self, owner: Owner, board: Board) -> None:
        truth = board.truth
        self._owner = owner
        self._board = board
        self._level_rpm = truth.level_rpm
        self._auto_off_seconds = truth.auto_off_seconds
        self._speed = SpeedControl()
        self._heater = HeaterControl()
        self._speed_ns = 0
        self.level = 0
        self.heat = "OFF"
        self.program: Program | None = None
        self._program_ms = 0.0
        self.manual = False
        self.cooling = False
        self._cooling_until_ms = 0.0
        self.stall_wait_until_ms = 0.0
        self.drives: dict[str, tuple[float, float]] = {}
        self._coast: Coast | None = None
        self.auto_off = ScaledTimer(owner.kernel, truth.clock, self._auto_off)
        self.program_end = ScaledTimer(owner.kernel, truth.clock, self._program_over)
        board.on_motor = self._motor_step

    # ---- what was asked for
    @property
    def motor_asked(self) -> bool:
        """Whether anything wants the motor to turn."""
        return self.level > 0 or "M" in self.drives or self.program is not None

    @property
    def heat_asked(self) -> bool:
        """Whether anything wants heat."""
        return self.heat != "OFF" or "H" in self.drives

    @property
    def coasting(self) -> bool:
        """Whether a coast-down is being timed."""
        return self._coast is not None

    @property
    def target_rpm(self) -> float:
        """The speed the motor should have."""
        if "M" in self.drives:
            return self.drives["M"][0] * OPEN_LOOP_RPM
        return self._speed.target * RPM

    @property
    def heater_setpoint(self) -> float | None:
        """Set point of the plate; None without closed-loop heat."""
        return None if self.heat == "OFF" else NOMINAL.heat_celsius[self.heat]

    def set_level(self, level: int) -> None:
        """A new level; 0 stops the motor."""
        self.cooling = False
        self.stall_wait_until_ms = 0.0
        self.level = level
        self._after_request(was_warm=False)

    def set_heat(self, heat: str) -> None:
        """A new heat setting."""
        was_warm = self.heat != "OFF"
        if heat != "OFF" and not was_warm:
            self._heater.reset()
        self.heat = heat
        self.cooling = self.cooling and heat == "OFF"
        self._after_request(was_warm)

    def start_program(self, name: str, heated: bool) -> None:
        """Begin a program from its start."""
        self.cooling = False
        self.manual = name == "MANUAL"
        if self.manual:
            self.program = None
            self._owner.changed()
            return
        self.program = Program(name, self._level_rpm)
        self._program_ms = self._owner.now_ms()
        self._heater.reset()
        self.heat = self.program.type.heat if heated else "OFF"
        self.level = self.program.type.low
        self.program_end.start(self.program.type.minutes * 60.0)
        self._after_request(was_warm=False)

    def end_program(self) -> None:
        """Leave the program."""
        self.manual = False
        if self.program is not None:
            was_warm = self.heat != "OFF"
            self.halt()
            self._after_request(was_warm)

    def halt(self) -> None:
        """Everything off at once, no cool-down."""
        self.level = 0
        self.heat = "OFF"
        self.program = None
        self.cooling = False
        self.stall_wait_until_ms = 0.0
        self.drives.clear()
        self._coast = None
        self.auto_off.stop()
        self.program_end.stop()
        self.apply()
        self._owner.changed()

    def heat_off(self) -> None:
        """Only the heat off, as a cut-off does it."""
        self.heat = "OFF"
        self.drives.pop("H", None)
        self.apply()
        self._owner.changed()

    def cap_level(self, most: int) -> None:
        """Lower the level, if it's higher; a program ends."""
        if self.program is not None:
            self.program = None
            self.program_end.stop()
        if self.level > most:
            self.level = most
        self.apply()
        self._owner.changed()

    def pause_motor(self, seconds: float) -> None:
        """Motor off for a while, then on again by itself."""
        self.stall_wait_until_ms = self._owner.now_ms() + seconds * 1e3
        self.apply()

    def drive(self, channel: str, duty: float, milliseconds: float) -> None:
        """An open-loop drive of motor (M) or heater (H)."""
        self.drives[channel] = (duty, self._owner.now_ms() + milliseconds)
        if channel == "M":
            self.stall_wait_until_ms = 0.0
        clock_ns = round(milliseconds / self._owner.clock * 1e6)
        self._owner.kernel.after(clock_ns, lambda: self._drive_over(channel))
        self.apply()
        self._owner.changed()

    def coast(self, answer: CoastAnswer) -> None:
        """Open the bridge; answers coast_ms and start_rpm below 2000 rpm."""
        self._coast = Coast(abs(self._owner.measured_omega()) * RPM, self._owner.kernel.now_ns, answer)
        self.level = 0
        self.drives.pop("M", None)
        self.auto_off.stop()
        self.apply()
        self._board.kick()
        self._owner.changed()

    def _after_request(self, was_warm: bool) -> None:
        if self.level == 0 and self.heat == "OFF" and self.program is None:
            self.auto_off.stop()
            if was_warm and not self._owner.in_test():
                self.cooling = True
                self._cooling_until_ms = self._owner.now_ms() + NOMINAL.cooldown_seconds * 1e3
        elif not self.auto_off.running:
            self.auto_off.start(self._auto_off_seconds)
        self.apply()
        self._owner.changed()

    # ---- what happens by itself
    def tick(self, now_ms: float) -> None:
        """Programs, end of cool-down, end of a stall's pause; every 50 ms."""
        if self.program is not None:
            rpm, self.level, soft = self.program.speed((now_ms - self._program_ms) * 1e-3)
            if self.stall_wait_until_ms == 0.0:
                self._run(rpm, soft)
        if self.cooling and now_ms >= self._cooling_until_ms:
            self.cooling = False
            self.apply()
            self._owner.changed()
        if self.stall_wait_until_ms and now_ms >= self.stall_wait_until_ms:
            self.stall_wait_until_ms = 0.0
            self.apply()

    def control_heater(self) -> None:
        """Ten times a second: the closed heat loop."""
        setpoint = self.heater_setpoint
        if setpoint is not None and "H" not in self.drives:
            self._board.drive_heater(True, self._heater.duty(setpoint, self._owner.plate_celsius()))

    def _drive_over(self, channel: str) -> None:
        drive = self.drives.get(channel)
        if drive is not None and self._owner.now_ms() >= drive[1] - 0.01:
            del self.drives[channel]
            if channel == "M":
                self._board.drive_motor(None)
            self.apply()
            self._owner.changed()

    def _auto_off(self) -> None:
        self._owner.note("AUTO_OFF")
        self._expire()

    def _program_over(self) -> None:
        self._owner.note("PROGRAM_END")
        self._expire()

    def _expire(self) -> None:
        was_warm = self.heat != "OFF"
        self.halt()
        self._after_request(was_warm)

    def apply(self) -> None:
        """Bring the switches in line with what is asked for."""
        board = self._board
        if "H" in self.drives:
            board.drive_heater(True, self.drives["H"][0])
        elif self.heat == "OFF":
            board.drive_heater(False, 0.0)
        if self._coast is not None or self.stall_wait_until_ms:
            board.drive_motor(None)
        elif "M" in self.drives:
            board.drive_motor(self.drives["M"][0])
        elif self.program is not None:
            pass
        elif self.level > 0:
            self._run(self._level_rpm[self.level])
        elif self.cooling:
            self._run(self._level_rpm[1])
        else:
            board.drive_motor(None)
            self._speed.reset(0.0)

    def _run(self, rpm: float, soft: bool = True) -> None:
        if rpm <= 0.0:
            self._board.drive_motor(None)
            self._speed.reset(0.0)
            return
        if self._board.motor.duty is None or "M" in self.drives:
            self._speed.reset(abs(self._owner.measured_omega()))
            self._speed_ns = self._owner.kernel.now_ns
            self._speed.aim(rpm, soft)
            self._board.drive_motor(0.0)
            return
        if rpm != self._speed.target * RPM:
            self._speed.aim(rpm, soft)
            self._board.kick()

    def _motor_step(self, now_ns: int) -> None:
        seconds = (now_ns - self._speed_ns) * 1e-9
        self._speed_ns = now_ns
        if self._coast is not None:
            rpm = abs(self._owner.measured_omega()) * RPM
            slope = self._board.motor.pieces.rows[-1][1] * RPM
            if self._coast.step(now_ns, rpm, slope, self._owner.clock):
                self._coast = None
        elif self._board.motor.duty is not None and "M" not in self.drives:
            omega = abs(self._owner.measured_omega())
            self._board.drive_motor(self._speed.duty(omega, self._owner.volts(), seconds))
