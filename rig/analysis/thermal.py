"""Where a heat soak will end, from its beginning: two thermal nodes, honest about what isn't known yet.

For screening only: a compliance heating test waits for the steady state itself.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rig.analysis.arrays import FloatArray, inverted, record
from rig.analysis.crossing import smoothed
from rig.analysis.drift import covariance
from rig.errors import InstrumentFault

LEAST_SAMPLES, MOST_SAMPLES = 20, 100  # fewest accepted; more are averaged down
FULL_POWER = 0.85  # of the largest power: below it a soak is regulated
FULL_POWER_TAUS = 1.2  # after which a heater at full power is taken to stay there
SLOW_GRID, FAST_GRID = 56, 14  # time constants tried
TAU_KNOWN = 0.25  # relative standard deviation of the slow time constant above which nothing is decided
MODEL_SHARE = 0.04  # standard uncertainty of the two-node model, as a share of the rise still to come
MODEL_FLOOR_CELSIUS = 0.05  # and at the end: slow drift of the surroundings
DRIFT_CELSIUS, DRIFT_MEMORY = 0.02, 0.05  # standard deviation of slow disturbances; memory, of a record
RIDGE = 1e-6  # 1 / kelvin squared: columns that can't be told apart
LOOKS = 20  # times a soak is asked about, over which the error rate is spread
ERROR_RATE = 0.05
SOURCE_SHARE = 0.015  # of its rise, by which a regulated source may still be off its end: overshoot dies slowly
LEAST_U_POINTS = 20_000  # of a continuous record


@dataclass(frozen=True, slots=True)
class Prediction:
    """The temperature a soak will end at, its standard uncertainty (k = 1), the slow time constant in seconds.

    `enough`: the soak may stop: the slow time constant is known to 25 % and the answer is certain enough.
    """

    final_celsius: float
    u: float
    tau_s: float
    enough: bool


def predict_final(
    times_s: ArrayLike,
    celsius: ArrayLike,
    watts: ArrayLike | None = None,
    *,
    source_celsius: ArrayLike | None = None,
    low: float | None = None,
    high: float | None = None,
    wanted_u: float = 0.6,
    looks: int = LOOKS,
    error_rate: float = ERROR_RATE,
) -> Prediction:
    """Predict the final temperature of a soak that began in balance with its surroundings at the first sample.

    `times_s`, `celsius`: shape (count,), from switch-on. `watts`: the power given over the interval that ends at each
    moment, shape (count,); None for a constant one. A regulated soak is no step: give its power. Once that has left
    its maximum the plate, held at its set point, is tried as the source as well; before, nothing is `enough` in the
    first 1.2 slow time constants. `source_celsius`: instead, the temperature of what heats it, shape (count,): then one
    time constant is fitted, and the end is known as well as that of the source.
    `low`, `high`: acceptance limits in degrees Celsius; with one of them the soak is `enough` when the final
    temperature is surely inside or surely outside, at `error_rate` spread evenly over at most `looks` looks
    (Bonferroni, so however they depend on each other); without, when u <= `wanted_u` kelvin.

    All pairs of a fast and a slow time constant are weighed by how well they fit (so their uncertainty is part of u),
    with noise and first-order drift as the residual shows them,
    and 4 % of the rise still to come as the doubt in the model itself.

    Raises InstrumentFault for records that are short, of different lengths, not rising in time or hold no number.
    """
    if watts is not None and source_celsius is not None:
        raise ValueError("a soak is driven by heater power or by a source's temperature: give one of them")
    time, temperature = record(times_s, 1.0, LEAST_SAMPLES), record(celsius, 1.0, LEAST_SAMPLES)
    if source_celsius is not None:
        source = record(source_celsius, 1.0, LEAST_SAMPLES)
        _require_moments(time, temperature, source)
        final, u, tau, known = _fit(time, temperature, source - source[0], nodes=1)
        return Prediction(final, u, tau, known and _certain(final, u, low, high, wanted_u, error_rate / looks))
    power = np.ones(time.size) if watts is None else record(watts, 1.0, LEAST_SAMPLES)
    _require_moments(time, temperature, power)
    largest = float(power.max())
    if largest <= 0.0:
        raise InstrumentFault("no heater power in the whole record: nothing to predict")
    answers = [_fit(time, temperature, power / largest)]
    regulated = int(np.flatnonzero(power >= FULL_POWER * largest)[-1]) + 1
    if watts is not None and time.size - regulated >= LEAST_SAMPLES:
        tail = slice(regulated, None)
        answers.append(_fit(time[tail], temperature[tail], np.ones(time.size - regulated)))
    final, u, tau, known = min(answers, key=lambda answer: (not answer[3], answer[1]))
    if watts is not None and len(answers) == 1 and time[-1] - time[0] < FULL_POWER_TAUS * tau:
        known = False  # still at full power: it may be regulated any moment
    return Prediction(final, u, tau, known and _certain(final, u, low, high, wanted_u, error_rate / looks))


def least_u_factor(duration_taus: float) -> float:
    """Give the least standard uncertainty of a predicted final temperature, in units of noise / sqrt(samples).

    For one time constant, of which the record lasts `duration_taus`; start known, time constant and end not; white
    noise. No estimator does better (Cramer-Rao): it says how long a soak has to be before asking makes sense.
    """
    moments = (np.arange(LEAST_U_POINTS) + 0.5) * (duration_taus / LEAST_U_POINTS)
    left = np.exp(-moments)
    slopes = np.stack((1.0 - left, moments * left))
    return float(np.sqrt(inverted(slopes @ slopes.T / LEAST_U_POINTS)[0, 0]))


def _require_moments(time: FloatArray, temperature: FloatArray, drive: FloatArray) -> None:
    if not time.size == temperature.size == drive.size or not bool(np.all(np.diff(time) > 0.0)):
        raise InstrumentFault("a soak needs rising times, with one temperature (and power) to each")


def _fit(
    time: FloatArray, temperature: FloatArray, power: FloatArray, nodes: int = 2
) -> tuple[float, float, float, bool]:
    """Give the final temperature, its standard uncertainty, the slow time constant, and whether that is known."""
    coarse = _resolution(temperature)
    time, temperature, power = _thinned(time, temperature, power)
    elapsed = float(time[-1] - time[0])
    fast = np.geomspace(max(2.0 * elapsed / time.size, 0.005 * elapsed), elapsed / 3.0, FAST_GRID)
    slow = np.geomspace(0.04 * elapsed, 5.0 * elapsed, SLOW_GRID)
    rows = np.concatenate((np.ones((1, time.size)), _responses(time, power, np.concatenate((fast, slow)))))
    pairs = np.array([(i, j) for i in range(FAST_GRID) for j in range(SLOW_GRID) if slow[j] > 2.0 * fast[i]])
    if nodes == 1:
        pairs = np.array([(0, j) for j in range(SLOW_GRID)])
    index = np.stack((np.zeros(len(pairs), np.intp), 1 + pairs[:, 0], 1 + FAST_GRID + pairs[:, 1]), axis=1)
    index = index[:, [0, 2]] if nodes == 1 else index
    offset = float(temperature[0])
    target = temperature - offset
    best = _best(rows, target, index)
    apart = np.abs(time[:, None] - time) / elapsed
    known_rows = _with_neighbours(rows, index, best, nodes)
    stray = covariance(time, target, known_rows)
    stray += (DRIFT_CELSIUS**2 + coarse**2 / 12.0) * np.exp(
        -apart / DRIFT_MEMORY
    )  # what a fit hides of a drift as slow as itself
    root = np.linalg.inv(np.linalg.cholesky(stray))
    whitened, aim = rows @ root.T, root @ target
    gram = (whitened @ whitened.T)[index[:, :, None], index[:, None, :]] + RIDGE * np.eye(1 + nodes)
    right = (whitened @ aim)[index]
    inverse = np.linalg.inv(gram)
    fitted = np.einsum("pij,pj->pi", inverse, right)
    square = np.maximum(float(aim @ aim) - np.einsum("pi,pi->p", fitted, right), 0.0)
    best = int(np.argmin(square))
    weights = np.exp(-0.5 * (square - square[best]))
    weights /= weights.sum()
    late, later = np.array_split(power[-time.size // 4 :], 2)
    end_power, u_end_power = float(later.mean()), float(abs(later.mean() - late.mean()) + later.std())
    ends = np.array([1.0, *[end_power] * nodes])
    finals = fitted @ ends
    final = float(weights @ finals)
    if nodes == 1:
        u_end_power = float(np.hypot(u_end_power, SOURCE_SHARE * end_power))
    gain = float(weights @ fitted[:, 1:].sum(axis=1))
    spread = float(weights @ ((finals - final) ** 2 + np.einsum("i,pij,j->p", ends, inverse, ends)))
    model = MODEL_SHARE * abs(final - float(fitted[best] @ rows[index[best], -1]))
    u = float(np.sqrt(spread + (gain * u_end_power) ** 2 + model**2 + MODEL_FLOOR_CELSIUS**2))
    logs = np.log(slow[pairs[:, 1]])
    middle = float(weights @ logs)
    known = float(np.sqrt(weights @ (logs - middle) ** 2)) <= TAU_KNOWN
    return offset + final, u, float(np.exp(middle)), known


def _resolution(celsius: FloatArray) -> float:
    """Give the step of readings that repeat, K; 0 where they don't."""
    values = np.unique(celsius)
    return float(np.diff(values).min()) if 1 < values.size < celsius.size // 2 else 0.0


def _best(rows: FloatArray, target: FloatArray, index: NDArray[np.intp]) -> int:
    """Give the number of the pair that leaves least, whatever the noise."""
    gram = (rows @ rows.T)[index[:, :, None], index[:, None, :]] + 1e-9 * target.size * np.eye(index.shape[1])
    right = (rows @ target)[index]
    return int(np.argmax(np.einsum("pi,pi->p", np.linalg.solve(gram, right[:, :, None])[:, :, 0], right)))


def _with_neighbours(rows: FloatArray, index: NDArray[np.intp], best: int, nodes: int) -> FloatArray:
    """Rows of a pair, and of the next slow time constant: with it the choice of the pair is free, too."""
    chosen = index[best]
    after = chosen[-1] + 1 if chosen[-1] + 1 < rows.shape[0] else chosen[-1] - 1
    return rows[[*chosen, after]]


def _thinned(time: FloatArray, temperature: FloatArray, power: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Average long records down to at most 200 moments; power is averaged over the interval before each."""
    step = -(-time.size // MOST_SAMPLES)
    if step == 1:
        return time, temperature, power
    kept = np.arange(0, time.size, step)
    averaged = np.concatenate((power[:1], power[1 : kept[-1] + 1].reshape(-1, step).mean(axis=1)))
    return time[kept], smoothed(temperature, step // 2 * 2 + 1)[kept], averaged


def _certain(final: float, u: float, low: float | None, high: float | None, wanted_u: float, error_rate: float) -> bool:
    if low is None and high is None:
        return u <= wanted_u
    reach = NormalDist().inv_cdf(1.0 - 0.5 * error_rate) * u
    bounds = [(limit, side) for limit, side in ((low, 1.0), (high, -1.0)) if limit is not None]
    inside = all(side * (final - limit) >= reach for limit, side in bounds)
    outside = any(side * (limit - final) >= reach for limit, side in bounds)
    return inside or outside


def _responses(time: FloatArray, power: FloatArray, taus: FloatArray) -> FloatArray:
    """Give the power seen through each time constant, shape (taus, count); zero at the first moment."""
    seen = np.zeros((taus.size, time.size))
    keep = np.exp(-np.diff(time)[:, None] / taus)
    for step in range(1, time.size):
        seen[:, step] = seen[:, step - 1] * keep[step - 1] + power[step] * (1.0 - keep[step - 1])
    return seen
