"""Least-squares fit of lines with unknown frequencies: the core of tone estimation."""

from itertools import pairwise

import numpy as np

from rig.analysis.arrays import ComplexArray, FloatArray, fft_length, hann, inverted, middle_time, rotor, solved
from rig.analysis.wander import block_windows

ORDERS = 5  # the first line is fitted with its harmonics up to this order
TREND = 3  # offset, drift, curvature
ITERATIONS = 16
SMALL_MOVE = 0.03  # line widths
CLOSEST = 0.8  # lines nearer than this to each other, in 1 / duration, can't be told apart
BLOCKS = (6, 7, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)  # of a record, for its phase over time
IN_BLOCKS = 0.5 * BLOCKS[-1]  # 1 / duration: a line nearer than this is seen in the blocks' phase
AWAY = 4.0  # from where on noise leaks in, in 1 / duration
CLOSE = 4.0  # 1 / duration: what is nearer may be a modulation
NEAR = 16.0  # half width of the band that noise is taken from, in 1 / duration
BIN_FREEDOM = 1.05  # degrees of freedom of a bin under a Hann window: its neighbours tell half the same
LEAST_FREEDOM = 20.0  # below this the whole residual is the better measure of noise
PERIODS = 1.25  # of the line, at least from one block to the next
PHASE_NOISE = 0.35  # rad, of a block: more would be lost in turns


class SineFit:
    """A record as trend + lines; the first line carries harmonics, and its frequency is what is wanted.

    Gauss-Newton with the linear parameters solved along. `settled` says whether it converged with the lines
    apart.
    """

    def __init__(
        self, array: FloatArray, rate_hz: float, starts_hz: tuple[float, ...], taper: FloatArray | None = None
    ) -> None:
        """`array`: shape (count,), trend removed; `starts_hz`: within 0.5 / duration of the truth; `taper`: weights."""
        self._array = array
        self._taper = taper
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
                weighted = self._weighted(rows)
                gram = weighted @ rows.T
                self._linear = solved(gram, weighted @ array)
                residual = array - self._linear @ rows
                self._bend()
                border = self._weighted(self._slopes) @ self._matrix.T
                gram = np.block([[gram, border[:, : rows.shape[0]].T], [border]])
                self._inverse = inverted(gram)
            else:
                # the products change little with the frequency: what is left needs no new ones
                residual = array - self._linear @ rows
                self._bend()
            step = self._inverse @ (self._matrix @ self._weighted(residual))
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

    def _weighted(self, values: FloatArray) -> FloatArray:
        return values if self._taper is None else values * self._taper

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
        self._covariance = self._spread() * (level * (1.0 + 1.4 / self.freedom) ** 2)

    def _spread(self) -> FloatArray:
        """Covariance of the parameters for noise of unit variance."""
        if self._taper is None:
            return self._inverse
        weighted = self._matrix * self._taper
        return self._inverse @ (weighted @ weighted.T) @ self._inverse

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
        matters = distance[best] < IN_BLOCKS or 0.3 * ratio / distance[best] > 0.3 * doubt
        stands_out = self._power[best] > (np.log(self._at.size) + 8.0) * background
        return float(self._at[best] * self._line_hz) if matters and stands_out else None

    def amplitude(self) -> tuple[float, float]:
        """Peak amplitude of the first line and its standard uncertainty."""
        cosine, sine = self._linear[TREND : TREND + 2]
        value = float(np.hypot(cosine, sine))
        direction = np.array([cosine, sine]) / max(value, 1e-300)
        variance = direction @ self._covariance[TREND : TREND + 2, TREND : TREND + 2] @ direction
        return value, float(np.sqrt(max(variance, 0.0)))

    def u_lines(self) -> float:
        """Give the standard uncertainty of the first line's frequency in line widths, for noise and a steady phase."""
        size = self._rows.shape[0]
        return float(np.sqrt(max(self._covariance[size, size], 0.0) * (1.0 + max(self.leak, 0.0))))

    @property
    def tapered(self) -> bool:
        """Whether the record's ends count less."""
        return self._taper is not None

    def phase_blocks(self) -> ComplexArray | None:
        """The first line in blocks of the record that overlap by half, relative to its fit; None in too short a record.

        As many blocks as leave each two periods and a phase that stands out of the noise.
        """
        amplitude, u_amplitude = self.amplitude()
        periods = self.lines_hz[0] / self._line_hz
        clear = (PHASE_NOISE * amplitude / max(u_amplitude, 1e-300)) ** 2
        blocks = max((some for some in BLOCKS if some <= min(periods / PERIODS, clear)), default=0)
        if blocks == 0:
            return None
        hop, window = block_windows(blocks, self._array.size)
        cosine, sine = self._linear[TREND : TREND + 2]
        turned = self._residual * (self._rows[TREND] - 1j * self._rows[TREND + 1])
        parts = turned[: hop * blocks].reshape(blocks, hop)
        found = (parts[:-1] @ window[:hop] + parts[1:] @ window[hop:]) * (2.0 / window.sum())
        return 1.0 + found / complex(cosine, -sine)

    @property
    def leak(self) -> float:
        """Variance that what lies away from the line adds to its frequency, over that by the noise near the line.

        An unweighted fit sees noise at a distance of d line widths by 1 / d squared.
        """
        distance = np.abs(self._at - self.lines_hz[0] / self._line_hz)
        away = np.where(self._clear_of_lines(2.0) & (self._at >= 1.0) & (distance > AWAY), distance, np.inf)
        seen = self._power - self._noise_variance
        # the sum over all distances from one on, either side, is a third of pi squared
        spacing = float(self._at[1])
        return float(spacing * (seen @ away**-2.0)) / (np.pi**2 / 3.0 * max(self._noise_variance, 1e-300))

    def nearness(self, hz: float) -> float:
        """Distance of a frequency from the first line, in line widths."""
        return abs(hz - self.lines_hz[0]) / self._line_hz

    def side_bands(self) -> tuple[float, ...]:
        """Fitted lines that are a modulation of the first: pairs of equal strength about it, or several close to it."""
        away = (np.array(self.lines_hz[1:]) - self.lines_hz[0]) / self._line_hz
        sizes = np.hypot(*self._linear[TREND + 2 * self._orders :].reshape(-1, 2).T)
        close = np.abs(away) < CLOSE
        found = close & (np.count_nonzero(close) > 1)
        for one in range(away.size):
            for other in range(one):
                mirrored = abs(away[one] + away[other]) < 1.0 and 0.4 < sizes[one] / max(sizes[other], 1e-300) < 2.5
                found[[one, other]] |= mirrored
        return tuple(hz for hz, belongs in zip(self.lines_hz[1:], found, strict=True) if belongs)

    def phase_rad(self) -> float:
        """Phase of the first line at the first sample, -pi..pi, of a cosine."""
        middle = np.arctan2(-self._linear[TREND + 1], self._linear[TREND])
        turned = 2.0 * np.pi * self.lines_hz[0] * 0.5 * (self._array.size - 1) / self._rate_hz
        return float((middle - turned + np.pi) % (2.0 * np.pi) - np.pi)

    def harmonics(self) -> tuple[float, ...]:
        """Peak amplitudes of the orders 2, 3, ... of the first line."""
        pairs = self._linear[TREND + 2 : TREND + 2 * self._orders].reshape(-1, 2)
        return tuple(float(value) for value in np.hypot(pairs[:, 0], pairs[:, 1]))
