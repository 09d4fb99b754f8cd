"""Supply lines: what the unit's terminals see of a bench supply, through contactor, meter and pins."""

from collections.abc import Callable

import numpy as np

from rig.twin.kernel import Kernel
from rig.twin.signals import FloatArray, Signal
from rig.twin.unit.history import Pieces, locate, times_of

COLLAPSE_OHM = 200.0  # beyond its limit a supply's voltage falls as steeply as this


class Source:
    """The unit's side of a rail: terminal volts for a current drawn."""

    def __init__(self, set_volts: float, limit_amperes: float, series_ohm: float, path_ohm: float) -> None:
        self._set_volts = set_volts
        self._limit_amperes = limit_amperes
        self._series_ohm = series_ohm
        self._path_ohm = path_ohm

    def volts_at_supply(self, amperes: float) -> float:
        """Volts at the supply's own terminals while it delivers that many amperes."""
        over = max(0.0, amperes - self._limit_amperes)
        return max(0.0, self._set_volts - amperes * self._series_ohm - over * COLLAPSE_OHM)

    def volts(self, amperes: float) -> float:
        """Volts at the unit's terminals while it draws that many amperes (negative: it charges)."""
        return max(0.0, self.volts_at_supply(amperes) - amperes * self._path_ohm)


class _Delivered:
    """Amperes that the supply delivers: the load's, while the line is closed and live."""

    def __init__(self, load: Signal, flows: Callable[[], bool]) -> None:
        self._load = load
        self._flows = flows

    def mean(self, start_ns: int, stop_ns: int) -> float:
        return self._load.mean(start_ns, stop_ns) if self._flows() else 0.0

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        return self._load.samples(start_ns, rate_hz, count) * float(self._flows())


class _Volts:
    """Volts somewhere along the line, with every fall in them: `live` of a piece says whether the supply reaches it."""

    def __init__(self, pieces: Pieces, live: int, load: Signal, path_ohm: float) -> None:
        """`live`: the column of the pieces; `path_ohm`: between the supply's terminals and here."""
        self._pieces = pieces
        self._live = live
        self._load = load
        self._path_ohm = path_ohm

    def mean(self, start_ns: int, stop_ns: int) -> float:
        starts, rows = self._pieces.window(start_ns, stop_ns)
        if len(starts) == 1:
            return self._of(rows[0], self._load.mean(0, 0))
        seconds = (stop_ns - start_ns) * 1e-9
        ends = np.append(np.clip(starts[1:], 0.0, seconds), seconds)
        lengths = ends - np.clip(starts, 0.0, seconds)
        amperes = self._load.mean(start_ns, stop_ns)
        volts = [self._of(row, amperes) for row in rows]
        return float(np.dot(lengths, volts) / seconds) if seconds > 0.0 else volts[-1]

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        seconds = times_of(rate_hz, count)
        starts, rows = self._pieces.window(start_ns, start_ns + int(seconds[-1] * 1e9))
        amperes = self._load.samples(start_ns, rate_hz, count)
        picked = rows[locate(starts, seconds)]
        fallen = picked[:, _VOLTS] - amperes * (picked[:, _OHM] + self._path_ohm)
        return picked[:, self._live] * np.maximum(fallen, 0.0)

    def _of(self, row: FloatArray, amperes: float) -> float:
        source = Source(row[_VOLTS], row[_LIMIT], row[_OHM], self._path_ohm)
        return float(row[self._live]) * source.volts(amperes if row[self._live] else 0.0)


_AT_SUPPLY, _AT_UNIT, _VOLTS, _LIMIT, _OHM = range(5)  # columns of a rail's pieces


class Rail:
    """One supply output with its way to the unit: the instruments' `SourceOutput`.

    `at_nest` are the volts on the rig's side of the nest's pins, `good_ohm` away from the supply.
    """

    def __init__(
        self,
        kernel: Kernel,
        path_ohm: float,
        load: Signal,
        connect: Callable[[Source | None], None],
        good_ohm: float = 0.0,
    ) -> None:
        self._kernel = kernel
        self._path_ohm = path_ohm
        self._connect = connect
        self._closed = False
        self._on = False
        self._dips = False
        self._limit_amperes = 0.0
        self._set = (0.0, 0.0, 0.0)
        self._source = Source(0.0, 0.0, 0.0, path_ohm)
        self._pieces = Pieces((0.0, 0.0, 0.0, 0.0, 0.0))
        self.amperes: Signal = _Delivered(load, lambda: self._feeds)
        self.volts: Signal = _Volts(self._pieces, _AT_SUPPLY, self.amperes, 0.0)
        self.at_nest: Signal = _Volts(self._pieces, _AT_UNIT, load, good_ohm)

    def set(self, on: bool, volts: float, amperes_limit: float, series_ohm: float) -> None:
        """The supply's front panel, from now on."""
        self._on = on
        self._limit_amperes = amperes_limit
        self._set = (volts, amperes_limit, series_ohm)
        self._source = Source(volts, amperes_limit, series_ohm, self._path_ohm)
        self._reconnect()

    def dip(self, dips: bool) -> None:
        """The supply's output falls to nothing, though it is on, or comes back."""
        self._dips = dips
        self._reconnect()

    def switch(self, closed: bool) -> None:
        """The relays in the line, from now on."""
        if closed != self._closed:
            self._closed = closed
            self._reconnect()

    @property
    def on(self) -> bool:
        """Whether the supply's output is on."""
        return self._on

    @property
    def constant_current(self) -> bool:
        """True while the limit rules instead of the set voltage."""
        return self._on and self.amperes.mean(0, 0) >= 0.999 * self._limit_amperes

    @property
    def _feeds(self) -> bool:
        return self._on and self._closed and not self._dips

    def _reconnect(self) -> None:
        at_supply = self._on and not self._dips
        self._pieces.add(self._kernel.now_ns, (float(at_supply), float(self._feeds), *self._set))
        self._connect(self._source if self._feeds else None)
