"""What a supply may be set to, and for how long: within station, product, and constants that no file exceeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from rig.errors import ConfigError, UsageError

MOST_VOLTS = 9.0
MOST_AMPERES = 6.0
MOST_SECONDS = 4.0 * 3600.0
MOST_CELSIUS = 90.0
MOST_BEAT_SECONDS = 30.0  # a twin's machine may stall; a real station takes 1 s
MOST_WATCHDOG_SECONDS = 5.0
MOST_LINGER_SECONDS = 3600.0
MOST_OHMS = 10.0  # of a simulated battery
PROTECTION_SHARE = 1.05  # of the highest voltage that may be set: where a supply's own protection takes it away


@dataclass(frozen=True, slots=True)
class SourceEnvelope:
    """The most that one supply may be set to and left on for."""

    volts: float
    amperes: float
    seconds: float
    celsius: float

    @property
    def protection_volts(self) -> float:
        """Where the supply's own over-voltage protection stands; no file moves it beyond the guard's own limit."""
        return min(PROTECTION_SHARE * self.volts, PROTECTION_SHARE * MOST_VOLTS)

    def within(self, other: "SourceEnvelope") -> "SourceEnvelope":
        """The stricter of both, value by value."""
        mine, theirs = asdict(self), asdict(other)
        return SourceEnvelope(**{name: min(value, theirs[name]) for name, value in mine.items()})

    def require_setting(self, source: str, volts: object, amperes: object) -> None:
        """Raise UsageError for volts or amperes outside."""
        require_within(f"{source} volts", volts, 0.0, self.volts, "V")
        require_within(f"{source} current limit", amperes, 0.0, self.amperes, "A")

    def require_allowance(self, source: str, seconds: object, celsius: object) -> None:
        """Raise UsageError for an allowance beyond."""
        require_within(f"{source} allowance", seconds, 0.0, self.seconds, "s")
        require_within(f"{source} allowance", celsius, 0.0, self.celsius, "degC")

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """From JSON types; raises UsageError for what is no number above zero."""
        for name, value in found.items():
            require_within(f"envelope {name}", value, 0.0, math.inf, "")
        return cls(**{name: float(value) for name, value in found.items()})


UTMOST = SourceEnvelope(MOST_VOLTS, MOST_AMPERES, MOST_SECONDS, MOST_CELSIUS)


def require_within(what: str, value: object, low: float, high: float, unit: str) -> None:
    """Raise UsageError for anything but a finite number from low to high."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (low <= number <= high and number < math.inf):  # NaN is in no range
        raise UsageError(f"guard: {what} {value!r}: must be from {low:g} to {high:g} {unit}".rstrip())


def require_station(what: Mapping[str, tuple[object, float, float, str]]) -> None:
    """Raise ConfigError for a figure of the station's that no file may give, whoever has written it."""
    for name, (value, low, high, unit) in what.items():
        try:
            require_within(name, value, low, high, unit)
        except UsageError as error:
            raise ConfigError(f"{error}; correct the station file") from error


def require_call(envelopes: Mapping[str, SourceEnvelope], device: str, method: str, arguments: Sequence[Any]) -> None:
    """Raise UsageError for a call on a supply that sets something outside its envelope, or with no number."""
    envelope = envelopes.get(device)
    if envelope is None:
        return
    match method:
        case "set":
            volts, amperes = arguments
            envelope.require_setting(device, volts, amperes)
        case "set_battery":
            empty, full = arguments
            require_within(f"{device} volts, empty", empty, 0.0, envelope.volts, "V")
            require_within(f"{device} volts, full", full, 0.0, envelope.volts, "V")
        case "set_internal_resistance":
            (ohms,) = arguments
            require_within(f"{device} internal resistance", ohms, 0.0, MOST_OHMS, "ohm")
        case _:
            if arguments:
                raise UsageError(f"guard: {device}.{method} takes no arguments")
