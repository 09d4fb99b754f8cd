"""What the guard must know of its station, as plain data: it starts without reading any definition file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from rig.bench.guard.envelope import (
    MOST_BEAT_SECONDS,
    MOST_CELSIUS,
    MOST_LINGER_SECONDS,
    MOST_WATCHDOG_SECONDS,
    SourceEnvelope,
    require_station,
)

if TYPE_CHECKING:
    from rig.station import Station

LID_CLOSED_VOLTS = 4.0  # the loop carries 5 V; the one threshold, of the guard and of the run
OWNED = ("battery", "charger", "fault_box", "power_box", "temperature")


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """Addresses, patience and (where the station knows them) serial numbers by role, and the limits of the guard.

    `touchable` and `others` are logger channels: a budget's temperature holds for what a person touches, the
    station's highest for all. `beat_seconds` and `reply_seconds` are wall time, everything else bench time.
    """

    station: str
    addresses: Mapping[str, str]
    serial_numbers: Mapping[str, str | None]
    reply_seconds: Mapping[str, float]
    relay_seconds: float
    relay_gap_seconds: float
    clock: str | None
    clock_token: str
    contactor: int
    charger_line: int
    thermocouples: str
    touchable: tuple[int, ...]
    others: tuple[int, ...]
    lid: int
    beat_seconds: float
    watchdog_seconds: float
    max_celsius: float
    linger_seconds: float
    envelopes: Mapping[str, SourceEnvelope]

    def require_sane(self) -> None:
        """Raise ConfigError for a figure beyond what the guard lets any file say."""
        require_station(
            {
                "beat_seconds": (self.beat_seconds, 0.05, MOST_BEAT_SECONDS, "s"),
                "watchdog_seconds": (self.watchdog_seconds, 1.0, MOST_WATCHDOG_SECONDS, "s"),
                "max_celsius": (self.max_celsius, 0.0, MOST_CELSIUS, "degC"),
                "linger_seconds": (self.linger_seconds, 0.0, MOST_LINGER_SECONDS, "s"),
            }
        )

    @classmethod
    def of(cls, station: "Station") -> Self:
        """Take them from a station."""
        instruments = {str(role): instrument for role, instrument in station.instruments.items()}
        temperature, guard = station.wiring.temperature, station.guard
        return cls(
            station=station.name,
            addresses={role: instruments[role].address for role in OWNED},
            serial_numbers={role: instruments[role].serial_number for role in OWNED},
            relay_seconds=station.prompt.relay_seconds,
            relay_gap_seconds=station.prompt.relay_gap_seconds,
            reply_seconds={role: instruments[role].reply_seconds for role in OWNED},
            clock=None if station.clock is None else station.clock.address,
            clock_token="" if station.clock is None else station.clock.token,
            contactor=station.wiring.power_box.contactor,
            charger_line=station.wiring.power_box.charger_line,
            thermocouples=station.sensors.thermocouples.type,
            touchable=(temperature.face, temperature.plate, temperature.handle),
            others=(temperature.motor, temperature.ambient),
            lid=temperature.lid,
            beat_seconds=guard.beat_seconds,
            watchdog_seconds=guard.watchdog_seconds,
            max_celsius=guard.max_celsius,
            linger_seconds=guard.linger_seconds,
            envelopes={
                source: SourceEnvelope(found.volts, found.amperes, guard.max_seconds, guard.max_celsius)
                for source, found in (("battery", guard.battery), ("charger", guard.charger))
            },
        )

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """From JSON types."""
        values: dict[str, Any] = dict(found)
        values["touchable"], values["others"] = tuple(values["touchable"]), tuple(values["others"])
        values["envelopes"] = {source: SourceEnvelope(**one) for source, one in values["envelopes"].items()}
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)
