"""The unit's currents as a meter in its supply lines finds them."""

import numpy as np

from rig.twin.noise import Noise
from rig.twin.unit.board import Board
from rig.twin.unit.contact import Contact
from rig.twin.unit.history import FloatArray, Level, locate, midpoints, times_of
from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.synthesis import Turning, turning

COMMUTATIONS = 6
COMMUTATION_SHARE = 0.02
PWM_SHARE = 0.003  # what the bus capacitor leaves of the 20 kHz
AWAKE_NOISE = 0.4e-3
MEAN_RATE_HZ = 50e3
MEAN_MOST = 100_000
FLUTTER_OMEGA = 418.9


class BatteryCurrent:
    """Amperes into the battery terminals, positive when the unit draws."""

    def __init__(self, board: Board, contact: Contact, seed: int) -> None:
        self._board = board
        self._contact = contact
        self._seed = seed

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over an aperture; of one without length, the present value."""
        board = self._board
        board.advance()
        if stop_ns <= start_ns:
            return float(self._clean(board.kernel.now_ns, np.zeros(1))[0])
        duration = (stop_ns - start_ns) * 1e-9
        count = int(min(max(duration * MEAN_RATE_HZ, 200.0), MEAN_MOST))
        if self._quiet(start_ns, stop_ns):
            count = 64
        return float(self._clean(start_ns, midpoints(count, duration)).mean())

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,) in amperes."""
        self._board.advance()
        record = self._clean(start_ns, times_of(rate_hz, count))
        noise = Noise(self._seed, "battery current", str(start_ns), f"{rate_hz:g}", str(count))
        awake = np.minimum(np.abs(record) * 0.05, AWAKE_NOISE)
        return record + awake * noise.normals(count)

    def _quiet(self, start_ns: int, stop_ns: int) -> bool:
        board = self._board
        for pieces in (board.motor.pieces, board.heater):
            starts, rows = pieces.window(start_ns, stop_ns)
            if len(starts) > 1 or rows[0, [0, 1, 3]].any():
                return False
        return self._contact.steady(start_ns, stop_ns)

    def _clean(self, start_ns: int, seconds: FloatArray) -> FloatArray:
        board = self._board
        motor = turning(board.motor, start_ns, seconds)
        total = board.base.samples(start_ns, seconds)
        if motor is not None:
            ripple = 1.0 + board.truth.ripple * np.sin(motor.theta)
            ripple += COMMUTATION_SHARE * np.sin(COMMUTATIONS * motor.theta)
            pwm_hz = NOMINAL.motor_pwm_hz * board.truth.clock
            ripple += PWM_SHARE * np.sin(2.0 * np.pi * (pwm_hz * seconds + (pwm_hz * start_ns * 1e-9) % 1.0))
            total = total + motor.duty * motor.amperes * ripple
        total = total + self._heater(start_ns, seconds, motor)
        return total * self._contact.samples(start_ns, seconds)

    def _heater(self, start_ns: int, seconds: FloatArray, motor: Turning | None) -> FloatArray | float:
        board = self._board
        stop_ns = start_ns + int(seconds[-1] * 1e9)
        starts, rows = board.heater.window(start_ns, stop_ns)
        if not rows[:, 2].any():
            return 0.0
        piece = locate(starts, seconds)
        epoch, duty, on_amperes, off_amperes = (rows[:, column] for column in range(4))
        phase = (start_ns * 1e-9 - epoch[piece] + seconds) * NOMINAL.heater_pwm_hz % 1.0
        amperes: FloatArray = np.where(phase < duty[piece], on_amperes[piece], off_amperes[piece])
        truth = board.truth
        if truth.contact_flutter and motor is not None:
            share = truth.contact_flutter * truth.contact_ohm / (board.pad.heater_ohm() + NOMINAL.heater_path_ohm)
            amperes = amperes * (1.0 + share * (motor.omega / FLUTTER_OMEGA) ** 2 * np.sin(motor.theta))
        return amperes


class RailCurrent:
    """Amperes into the charger socket."""

    def __init__(self, board: Board, level: Level) -> None:
        self._board = board
        self._level = level

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over an aperture; of one without length, the present value."""
        if stop_ns <= start_ns:
            return float(self._level.samples(self._board.kernel.now_ns, np.zeros(1))[0])
        seconds = midpoints(64, (stop_ns - start_ns) * 1e-9)
        return float(self._level.samples(start_ns, seconds).mean())

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,) in amperes."""
        return self._level.samples(start_ns, times_of(rate_hz, count))
