"""A sensor line as an external meter sees it: a divider from 3.3 V."""

import numpy as np

from rig.twin.noise import Noise
from rig.twin.unit.board import Board
from rig.twin.unit.history import FloatArray, locate, midpoints, times_of
from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.ntc import KELVIN

LINE_NOISE = 0.2e-3


class LineVolts:
    """Volts on the line of NTC 1 or 2; it steps exactly when another resistance is connected."""

    def __init__(self, board: Board, sensor: int, seed: int) -> None:
        self._board = board
        self._index = sensor - 1
        self._seed = seed

    def mean(self, start_ns: int, stop_ns: int) -> float:
        """Average over an aperture; of one without length, the present value."""
        self._board.advance()
        if stop_ns <= start_ns:
            return float(self._clean(self._board.kernel.now_ns, np.zeros(1))[0])
        seconds = midpoints(200, (stop_ns - start_ns) * 1e-9)
        return float(self._clean(start_ns, seconds).mean())

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        """A record (count,) in volts."""
        self._board.advance()
        noise = Noise(self._seed, "line", str(self._index), str(start_ns), f"{rate_hz:g}", str(count))
        return self._clean(start_ns, times_of(rate_hz, count)) + LINE_NOISE * noise.normals(count)

    def _clean(self, start_ns: int, seconds: FloatArray) -> FloatArray:
        board = self._board
        truth = board.truth
        stop_ns = start_ns + int(seconds[-1] * 1e9)
        starts, rows = board.line_pieces.window(start_ns, stop_ns)
        ohm = rows[locate(starts, seconds), self._index]
        own = np.isnan(ohm)
        if own.any():
            ohm = np.where(own, self._own_ohm(start_ns, seconds), ohm)
        pull_up = NOMINAL.pull_up_ohm * truth.pull_up_factor[self._index]
        siemens = 1.0 / np.maximum(ohm, 1e-6)
        return NOMINAL.line_volts / (1.0 + pull_up * siemens)

    def _own_ohm(self, start_ns: int, seconds: FloatArray) -> FloatArray:
        board = self._board
        truth = board.truth
        present = board.pad.sensor_ohm(self._index + 1)
        if np.isinf(present) or present == 0.0:
            return np.full(len(seconds), present)
        stop_ns = start_ns + int(seconds[-1] * 1e9)
        starts, rows = board.pad.pieces.window(start_ns, stop_ns)
        celsius = np.interp(seconds, starts, rows[:, self._index])
        reference = NOMINAL.ntc_reference_celsius + KELVIN
        inverse = 1.0 / (celsius + KELVIN) - 1.0 / reference
        ohm: FloatArray = (
            NOMINAL.ntc_ohm * truth.ntc_factor[self._index] * np.exp(truth.ntc_beta[self._index] * inverse)
        )
        return ohm
