"""Supply lines: what the unit's terminals see of a bench supply, through contactor, meter and pins."""

from collections.abc import Callable

from rig.twin.signals import FloatArray, Signal, Steady

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


class Rail:
    """One supply output with its way to the unit: the instruments' `SourceOutput`."""

    def __init__(self, path_ohm: float, load: Signal, connect: Callable[[Source | None], None]) -> None:
        self._path_ohm = path_ohm
        self._connect = connect
        self._closed = False
        self._on = False
        self._limit_amperes = 0.0
        self._source = Source(0.0, 0.0, 0.0, path_ohm)
        self.amperes: Signal = _Delivered(load, lambda: self._on and self._closed)
        self.volts: Signal = Steady(self._terminal_volts)

    def set(self, on: bool, volts: float, amperes_limit: float, series_ohm: float) -> None:
        """The supply's front panel, from now on."""
        self._on = on
        self._limit_amperes = amperes_limit
        self._source = Source(volts, amperes_limit, series_ohm, self._path_ohm)
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

    def _terminal_volts(self) -> float:
        return self._source.volts_at_supply(self.amperes.mean(0, 0)) if self._on else 0.0

    def _reconnect(self) -> None:
        self._connect(self._source if self._on and self._closed else None)
