"""Acceleration at the sensor, in g: eccentric and housing, harmonics, commutation, bearing, floor."""

import math

import numpy as np

from rig.twin.noise import Noise
from rig.twin.unit.board import Board
from rig.twin.unit.history import FloatArray, times_of
from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.synthesis import Turning, turning

GRAVITY = 9.80665
FLOOR_G_PER_ROOT_HZ = 60e-6
BAND_HZ = (1000.0, 8000.0)
BEARING_OMEGA = 314.16
BPFO = 3.05
_AXES = {
    "x": (0.0, 1.0),
    "y": (-0.25, 0.95),
    "z": (0.1, 0.08),
}  # phase in turns, share of the radial strength


class Acceleration:
    """One axis of the accelerometer on the nest; x carries the strength that vs1.md tabulates."""

    def __init__(self, board: Board, axis: str, seed: int) -> None:
        self._board = board
        self._axis = axis
        self._phase, self._share = _AXES[axis]
        self._seed = seed

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over an aperture: next to nothing, as the sensor doesn't pass DC."""
        return 0.0

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,) in g."""
        board = self._board
        board.advance()
        seconds = times_of(rate_hz, count)
        noise = Noise(self._seed, "acceleration", self._axis, str(start_ns), f"{rate_hz:g}", str(count))
        record = FLOOR_G_PER_ROOT_HZ * math.sqrt(rate_hz / 2.0) * noise.normals(count)
        motor = turning(board.motor, start_ns, seconds)
        if motor is not None:
            record += self._share * self._strength(motor)
            record += self._bearing(motor, noise, rate_hz, count)
        return record

    def _strength(self, motor: Turning) -> FloatArray:
        board = self._board
        truth = board.truth
        mass = truth.moving_mass_kg + board.pad.type.mass_kg
        mass += NOMINAL.contact_mass_per_newton * board.motor.contact_newtons
        once = truth.unbalance_kg_m * truth.placement / mass / GRAVITY * motor.omega**2
        ratio = motor.omega / (math.tau * truth.resonance_hz)
        once /= np.sqrt((1.0 - ratio**2) ** 2 + (ratio / NOMINAL.resonance_q) ** 2)
        angle = motor.theta + math.tau * self._phase
        shape = np.cos(angle)
        loose = truth.loose_share
        shape += max(truth.second_harmonic, loose) * np.cos(2.0 * angle + 0.7)
        shape += max(truth.third_harmonic, loose) * np.cos(3.0 * angle + 1.9)
        if loose:
            shape += loose * np.cos(0.5 * angle + 0.4)
        lines = np.sin(6.0 * angle) + 0.5 * np.sin(12.0 * angle)
        turning_now = np.minimum(motor.omega / 100.0, 1.0)
        strength: FloatArray = once * shape + truth.commutation_g * turning_now * lines
        return strength

    def _bearing(self, motor: Turning, noise: Noise, rate_hz: float, count: int) -> FloatArray:
        truth = self._board.truth
        spectrum = np.fft.rfft(noise.normals(count))
        hertz = np.fft.rfftfreq(count, 1.0 / rate_hz)
        inside = (hertz >= BAND_HZ[0]) & (hertz <= BAND_HZ[1])
        spectrum[~inside] = 0.0
        share = float(inside.sum()) / max(len(hertz), 1)
        if share <= 0.0:
            return np.zeros(count)
        band = np.fft.irfft(spectrum, count) / math.sqrt(share)
        band *= (
            truth.bearing_g
            * math.sqrt(min(rate_hz / 2.0, BAND_HZ[1]) - BAND_HZ[0])
            / math.sqrt(BAND_HZ[1] - BAND_HZ[0])
        )
        if truth.bearing_lines_g:
            for order in (8, 12, 16, 20):
                band += truth.bearing_lines_g * np.sin(order * BPFO * motor.theta + order)
        rough: FloatArray = band * np.sqrt(motor.omega / BEARING_OMEGA)
        return rough
