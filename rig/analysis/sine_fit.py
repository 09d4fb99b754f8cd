"""Least-squares fit of lines with unknown frequencies: the core of tone estimation."""

from itertools import pairwise

import numpy as np

from rig.analysis.arrays import FloatArray, fft_length, hann, inverted, middle_time, rotor, solved

ORDERS = 5  # the first line is fitted with its harmonics up to this order
TREND = 3  # offset, drift, curvature
ITERATIONS = 16
SMALL_MOVE = 0.03  # line widths
CLOSEST = 0.8  # lines nearer than this to each other, in 1 / duration, can't be told apart
NEAR = 16.0  # half width of the band that noise is taken from, in 1 / duration
BIN_FREEDOM = 1.05  # degrees of freedom of a bin under a Hann window: its neighbours tell half the same
LEAST_FREEDOM = 20.0  # below this the whole residual is the better measure of noise
BLOCKS = 24  # of a record, for its phase over time
WANDERS = 2.2  # phase wander over what noise makes: 99.9 % sure with 24 blocks


class SineFit:
    """A record as trend + lines; the first line carries harmonics, and its frequency is what is wanted.

    Gauss-Newton with the linear parameters solved along. `settled` says whether it converged with the lines
    apart.
    """

    def __init__(self, array: FloatArray, rate_hz: float, starts_hz: tuple[float, ...]) -> None:
        """`array`: shape (count,), trend removed; `starts_hz`: within 0.5 / duration of the truth."""
        self._array = array
        self._rate_hz = rate_hz
        self._line_hz = rate_hz / array.size  # 1 / duration, the width of a line
        self.lines_hz = starts_hz
        spare = (array.size // 4 - TREND - 3 * len(starts_hz)) // 2  # leaves four samples to a parameter
        below = int((0.5 * rate_hz - self._line_hz) / starts_hz[0])
        self._orders = max(1, min(ORDERS, below, 1 + spare))
        rows = TREND + 2 * (self._orders + len(starts_hz) - 1)
        self._matrix = np.empty((rows + len(starts_hz), array.size))
        self._rows, self._slopes = self._matrix[:rows], self._matrix[rows:]
        time = middle_time(array.size)
        self._rows[0], self._rows[1], self._rows[2] = 1.0, time, time * time
        self._turns = (np.pi * (1.0 - 1.0 / array.size)) * time  # of phase, for one line width of frequency
        self._linear = np.zeros(rows)
        self.settled = self._run()
        self._residual = array - self._linear @ self._rows
        self._noise()

    def _turn(self) -> None:
        """Set the rows of cosines and sines to the present frequencies."""
        row = TREND
        for index, hz in enumerate(self.lines_hz):
            first = rotor(hz, self._rate_hz, self._array.size)
            self._rows[row], self._rows[row + 1] = first.real, first.imag
            twice = 2.0 * first.real
            for order in range(2, self._orders_of(index) + 1):
                row += 2
                # cos(n x) = 2 cos(x) cos((n - 1) x) - cos((n - 2) x), the same for the sine
                for part in (0, 1):
                    np.multiply(twice, self._rows[row - 2 + part], out=self._rows[row + part])
                    if order > 2:
                        self._rows[row + part] -= self._rows[row - 4 + part]
                    elif part == 0:
                        self._rows[row] -= 1.0
            row += 2

    def _orders_of(self, index: int) -> int:
        return self._orders if index == 0 else 1

    def _bend(self) -> None:
        """Set the derivative rows: change of each line for a frequency higher by one line width.

        The harmonics don't speak about the frequency: where noise is coloured they may be noise.
        """
        for index, into in enumerate(self._slopes):
            row = TREND + (0 if index == 0 else 2 * (self._orders + index - 1))
            np.multiply(self._rows[row], self._linear[row + 1], out=into)
            into -= self._linear[row] * self._rows[row + 1]
            into *= self._turns

    def _run(self) -> bool:
        """Iterate to the least squares; True when converged with no two lines merged."""
        count, rows, array = self._array.size, self._rows, self._array
        moved = 1.0
        for _ in range(ITERATIONS):
            self._turn()
            if moved > SMALL_MOVE:
                gram = rows @ rows.T
                self._linear = solved(gram, rows @ array)
                residual = array - self._linear @ rows
                self._bend()
                border = self._slopes @ self._matrix.T
                gram = np.block([[gram, border[:, : rows.shape[0]].T], [border]])
                self._inverse = inverted(gram)
            else:
                # the products change little with the frequency: what is left needs no new ones
                residual = array - self._linear @ rows
                self._bend()
            step = self._inverse @ (self._matrix @ residual)
            self._linear = self._linear + step[: rows.shape[0]]
            moves = np.clip(step[rows.shape[0] :], -0.5, 0.5)
            moved = float(np.abs(moves).max())
            self.lines_hz = tuple(
                hz + float(move) * self._line_hz for hz, move in zip(self.lines_hz, moves, strict=True)
            )
            if not all(self._line_hz < hz < 0.5 * self._rate_hz for hz in self.lines_hz):
                return False
            noise_to_tone = float(np.sqrt(residual @ residual / count)) / float(
                np.hypot(self._linear[TREND], self._linear[TREND + 1]) + 1e-300
            )
            if moved < max(1e-10, 0.03 * noise_to_tone / np.sqrt(count)):
                ordered = sorted(self.lines_hz)
                return all(high - low > 0.5 * CLOSEST * self._line_hz for low, high in pairwise(ordered))
        return False

    def _noise(self) -> None:
        """Power spectrum of the residual, and the noise near the first line with its degrees of freedom."""
        array, count = self._residual, self._residual.size
        length = fft_length(count)
        window = hann(count)
        spectrum = np.fft.rfft(array * window, length)
        self._power = (spectrum.real**2 + spectrum.imag**2) / float(window @ window)
        self._at = np.arange(self._power.size) * (count / length)  # in line widths
        distance = np.abs(self._at - self.lines_hz[0] / self._line_hz)
        free = self._clear_of_lines(2.0) & (self._at >= 1.0) & (self._at <= 0.5 * count - 1.0)
        near = free & (distance <= NEAR)
        freedom = BIN_FREEDOM * count / length * int(np.count_nonzero(near))
        level = float(self._power[near].mean()) if freedom >= LEAST_FREEDOM else 0.0
        if freedom < LEAST_FREEDOM:
            freedom = float(count - self._matrix.shape[0])
            level = float(array @ array) / freedom
        self._noise_variance = level
        self.freedom = max(freedom, 3.0)
        # few degrees of freedom: widened to Student's t at k = 2
        self._covariance = self._inverse * (level * (1.0 + 1.4 / self.freedom) ** 2)

    def _clear_of_lines(self, lines: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        clear = np.ones(self._at.size, dtype=np.bool_)
        known = [*self.lines_hz, *(self.lines_hz[0] * order for order in range(2, self._orders + 1))]
        for hz in known:
            low, high = (hz / self._line_hz + side * lines for side in (-1.0, 1.0))
            clear[max(0, int(np.ceil(low / self._at[1]))) : int(high / self._at[1]) + 1] = False
        return clear

    def biasing_line(self) -> float | None:
        """Frequency in hertz of the line left over that pulls the first line's frequency most, if it matters.

        A line of relative amplitude r at a distance of d lines shifts the fit by up to 0.3 r / d lines.
        """
        amplitude, _ = self.amplitude()
        distance = np.abs(self._at - self.lines_hz[0] / self._line_hz)
        clear = self._clear_of_lines(CLOSEST) & (self._at > 1.0) & (self._at < 0.5 * self._array.size - 1.0)
        pull = np.where(clear, self._power, 0.0) / np.maximum(distance, CLOSEST) ** 2
        best = int(np.argmax(pull))
        if not 1 <= best < self._at.size - 1:
            return None
        ratio = np.sqrt(6.0 * self._power[best] / self._array.size) / max(amplitude, 1e-300)
        away = np.abs(self._at - self._at[best])
        around = (away < NEAR) & (away > 3.0)
        background = float(np.median(self._power[around])) / np.log(2.0) if around.any() else 0.0
        doubt = np.sqrt(6.0 * background / self._array.size) / (np.pi * max(amplitude, 1e-300))
        matters = 0.3 * ratio / distance[best] > 0.3 * doubt
        stands_out = self._power[best] > (np.log(self._at.size) + 8.0) * background
        return float(self._at[best] * self._line_hz) if matters and stands_out else None

    def amplitude(self) -> tuple[float, float]:
        """Peak amplitude of the first line and its standard uncertainty."""
        cosine, sine = self._linear[TREND : TREND + 2]
        value = float(np.hypot(cosine, sine))
        direction = np.array([cosine, sine]) / max(value, 1e-300)
        variance = direction @ self._covariance[TREND : TREND + 2, TREND : TREND + 2] @ direction
        return value, float(np.sqrt(max(variance, 0.0)))

    def u_frequency_hz(self) -> float:
        """Give the standard uncertainty of the first line's frequency in hertz."""
        size = self._rows.shape[0]
        noise = np.sqrt(max(self._covariance[size, size], 0.0))
        return float(np.hypot(noise, self._wander())) * self._line_hz

    def _wander(self) -> float:
        """Uncertainty in line widths from a phase that wanders: mean frequency and fitted slope then differ.

        The phase left over in blocks of the record; nothing unless it is surely more than the noise makes.
        """
        count = self._array.size // BLOCKS
        amplitude = float(np.hypot(self._linear[TREND], self._linear[TREND + 1]))
        if count < 1 or amplitude <= 0.0:
            return 0.0
        cosine, sine = self._linear[TREND : TREND + 2]
        turned = self._residual * (cosine * self._rows[TREND + 1] - sine * self._rows[TREND])
        phases = turned[: count * BLOCKS].reshape(BLOCKS, count).mean(axis=1) * (2.0 / amplitude**2)
        found = float(phases @ phases) / BLOCKS
        expected = 2.0 * self._noise_variance / (count * amplitude**2)
        return float(np.sqrt(found - expected)) / np.pi if found > WANDERS * expected else 0.0

    def close_neighbours(self) -> tuple[float, ...]:
        """Fitted lines within four line widths of the first one, in hertz."""
        first = self.lines_hz[0]
        return tuple(hz for hz in self.lines_hz[1:] if abs(hz - first) < 4.0 * self._line_hz)

    def phase_rad(self) -> float:
        """Phase of the first line at the first sample, -pi..pi, of a cosine."""
        middle = np.arctan2(-self._linear[TREND + 1], self._linear[TREND])
        turned = 2.0 * np.pi * self.lines_hz[0] * 0.5 * (self._array.size - 1) / self._rate_hz
        return float((middle - turned + np.pi) % (2.0 * np.pi) - np.pi)

    def harmonics(self) -> tuple[float, ...]:
        """Peak amplitudes of the orders 2, 3, ... of the first line."""
        pairs = self._linear[TREND + 2 : TREND + 2 * self._orders].reshape(-1, 2)
        return tuple(float(value) for value in np.hypot(pairs[:, 0], pairs[:, 1]))
