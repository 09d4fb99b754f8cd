"""Least-squares fit of lines with unknown frequencies: the core of tone estimation."""

import numpy as np

from rig.analysis.arrays import FloatArray, fft_length, hann, middle_time, rotor

ORDERS = 5  # the first line is fitted with its harmonics up to this order
TREND = 3  # offset, drift, curvature
ITERATIONS = 12
CLOSEST = 0.8  # lines nearer than this to each other, in 1 / duration, can't be told apart
NEAR, WIDE = 10.0, 64.0  # half widths of the bands that noise is taken from, in 1 / duration
COLOURED = (0.35, 2.2)  # near noise over wide noise: outside this the noise isn't white around the line


class SineFit:
    """A record as trend + lines; the first line carries harmonics, and its frequency is what is wanted.

    Gauss-Newton with the linear parameters solved along. `settled` says whether it converged with the lines
    apart.
    """

    def __init__(self, array: FloatArray, rate_hz: float, starts_hz: tuple[float, ...]) -> None:
        """`array`: shape (count,), trend removed; `starts_hz`: within half a line (0.5 / duration) of the truth."""
        self._array = array
        self._rate_hz = rate_hz
        self._line_hz = rate_hz / array.size  # 1 / duration, the width of a line
        self._time = middle_time(array.size)
        self.lines_hz = starts_hz
        spare = (array.size // 4 - TREND - 3 * len(starts_hz)) // 2  # leaves four samples to a parameter
        below = int((0.5 * rate_hz - self._line_hz) / starts_hz[0])
        self._orders = max(1, min(ORDERS, below, 1 + spare))
        self.settled = self._run()
        self._residual = array - self._linear @ self._rows
        self._noise()

    def _fill(self) -> None:
        """The rows of the model: trend, cosine and sine of each order and line, at the present frequencies."""
        count = self._array.size
        size = TREND + 2 * (self._orders + len(self.lines_hz) - 1)
        self._matrix = np.empty((size + len(self.lines_hz), count))
        self._rows = self._matrix[:size]
        self._rows[0] = 1.0
        self._rows[1] = self._time
        np.multiply(self._time, self._time, out=self._rows[2])
        self._turn()

    def _turn(self) -> None:
        """Set the rows of the lines to the present frequencies."""
        count = self._array.size
        row = TREND
        for index, hz in enumerate(self.lines_hz):
            first = rotor(hz, self._rate_hz, count)
            power = first
            for order in range(self._orders if index == 0 else 1):
                if order:
                    power = power * first
                self._rows[row] = power.real
                self._rows[row + 1] = power.imag
                row += 2

    def _bend(self) -> None:
        """Set the derivative rows: change of the model by one `line` of frequency, from the present amplitudes."""
        row = TREND
        for index in range(len(self.lines_hz)):
            into = self._matrix[self._rows.shape[0] + index]
            into[:] = 0.0
            for order in range(1, (self._orders if index == 0 else 1) + 1):
                cosine, sine = self._linear[row], self._linear[row + 1]
                if order == 1 or self._stands_out(cosine, sine):
                    into += (order * sine) * self._rows[row] - (order * cosine) * self._rows[row + 1]
                row += 2
            # one line is pi radians at either end of the record
            into *= self._time
            into *= np.pi * (1.0 - 1.0 / self._array.size)

    def _stands_out(self, cosine: float, sine: float) -> bool:
        """Whether a harmonic is more than noise: only then may it speak about the frequency."""
        return (cosine**2 + sine**2) * self._array.size > 40.0 * self._variance

    def _run(self) -> bool:
        """Iterate to the least squares; True when converged and no two lines have merged."""
        self._fill()
        rows, array, width = self._rows, self._array, self._line_hz
        self._linear = np.linalg.lstsq(rows @ rows.T, rows @ array, rcond=1e-13)[0]
        total = float(array @ array)
        settled = False
        for _ in range(ITERATIONS):
            spent = float(self._linear @ (rows @ array))
            self._variance = max(total - spent, 1e-24 * total) / array.size
            self._bend()
            self._gram = self._matrix @ self._matrix.T
            solution = np.linalg.lstsq(self._gram, self._matrix @ array, rcond=1e-13)[0]
            self._linear = solution[: rows.shape[0]]
            steps = np.clip(solution[rows.shape[0] :], -0.5, 0.5)
            self.lines_hz = tuple(
                float(hz + step * width) for hz, step in zip(self.lines_hz, steps, strict=True)
            )
            if not all(0.0 < hz < 0.5 * self._rate_hz for hz in self.lines_hz):
                return False
            self._turn()
            # the bound of the frequency is sqrt(6 / N) / pi * noise / amplitude lines
            if float(np.abs(steps).max()) < 1e-7:
                settled = True
                break
        return settled and self._apart(self.lines_hz)

    def _apart(self, lines_hz: tuple[float, ...]) -> bool:
        ordered = sorted(lines_hz)
        gaps = [b - a for a, b in zip(ordered, ordered[1:], strict=False)]
        return all(gap > 0.5 * CLOSEST * self._line_hz for gap in gaps)

    def _noise(self) -> None:
        """Power spectrum of the residual, and the noise near the first line with its degrees of freedom."""
        array, count = self._residual, self._residual.size
        length = fft_length(count)
        window = hann(count)
        spectrum = np.fft.rfft(array * window, length)
        self._power = (spectrum.real**2 + spectrum.imag**2) / float(window @ window)
        self._at = np.arange(self._power.size) * (count / length)  # in lines
        free = self._clear_of_lines(2.0) & (self._at >= 1.0) & (self._at <= 0.5 * count - 1.0)
        distance = np.abs(self._at - self.lines_hz[0] / self._line_hz)
        near = free & (distance <= NEAR)
        wide = free & (distance <= WIDE)
        independent = 2.0 / 1.9 * count / length  # degrees of freedom a bin, Hann window
        left = count - self._matrix.shape[0]
        if int(np.count_nonzero(wide)) * independent < 40.0:
            self._noise_variance = float(array @ array) / left
            freedom = float(left)
        else:
            level = float(self._power[wide].mean())
            freedom = float(np.count_nonzero(wide)) * independent
            close = float(self._power[near].mean())
            if not COLOURED[0] * level <= close <= COLOURED[1] * level:
                level, freedom = close, float(np.count_nonzero(near)) * independent
            self._noise_variance = level
        # few degrees of freedom: widen to Student's t at k = 2
        self._student = 1.0 + 1.4 / max(freedom, 3.0)
        inverse = np.linalg.pinv(self._gram, rcond=1e-13, hermitian=True)
        self._covariance = inverse * (self._noise_variance * self._student**2)

    def _clear_of_lines(self, lines: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        clear = np.ones(self._at.size, dtype=np.bool_)
        known = [*self.lines_hz, *(self.lines_hz[0] * order for order in range(2, self._orders + 1))]
        for hz in known:
            clear &= np.abs(self._at - hz / self._line_hz) > lines
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
        matters = 0.3 * ratio / distance[best] > 0.3 * self.u_frequency_hz() / self._line_hz
        around = (np.abs(self._at - self._at[best]) < WIDE) & (np.abs(self._at - self._at[best]) > 3.0)
        background = float(np.median(self._power[around])) / np.log(2.0) if around.any() else 0.0
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
        """Standard uncertainty of the first line's frequency in hertz."""
        size = self._rows.shape[0]
        return float(np.sqrt(max(self._covariance[size, size], 0.0))) * self._line_hz

    def phase_rad(self) -> float:
        """Phase of the first line at the first sample, -pi..pi, of a cosine."""
        middle = np.arctan2(-self._linear[TREND + 1], self._linear[TREND])
        turned = 2.0 * np.pi * self.lines_hz[0] * 0.5 * (self._array.size - 1) / self._rate_hz
        return float((middle - turned + np.pi) % (2.0 * np.pi) - np.pi)

    def harmonics(self) -> tuple[float, ...]:
        """Peak amplitudes of the orders 2, 3, ... of the first line."""
        pairs = self._linear[TREND + 2 : TREND + 2 * self._orders].reshape(-1, 2)
        return tuple(float(value) for value in np.hypot(pairs[:, 0], pairs[:, 1]))
