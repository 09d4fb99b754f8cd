"""Where the unit's energy comes from: battery terminals, charger socket, and the charger between them."""

from typing import Protocol

from rig.twin.unit.nominal import NOMINAL

_TOLERANCE = 1e-4


class Source(Protocol):
    """What a pair of terminals is connected to."""

    def volts(self, amperes: float) -> float:
        """Terminal volts when the unit draws that many amperes (negative = charging)."""
        ...


def operating_volts(source: Source, fixed: float, siemens: float, guess: float, floor: float = 0.0) -> float:
    """Where a source meets a load of fixed amperes plus a conductance above `floor` volts.

    A few substitutions are enough for a stiff source; in a supply's current limit they run away, and the
    answer is bracketed instead.
    """
    volts = guess
    for _ in range(4):
        found = source.volts(fixed + siemens * max(volts - floor, 0.0))
        if abs(found - volts) < _TOLERANCE:
            return found
        volts = found
    low, high = 0.0, max(source.volts(min(fixed, 0.0)), 0.0)
    for _ in range(48):
        middle = 0.5 * (low + high)
        if source.volts(fixed + siemens * max(middle - floor, 0.0)) > middle:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def charge_amperes(battery: Source | None, load: float, most: float) -> float:
    """Charging current into the pack: constant current until 8.40 V, then what holds 8.40 V."""
    if battery is None:
        return 0.0
    full = battery.volts(load - most)
    if full <= NOMINAL.charge_volts:
        return most
    idle = battery.volts(load)
    if idle >= NOMINAL.charge_volts or full <= idle:
        return 0.0
    return most * (NOMINAL.charge_volts - idle) / (full - idle)


def rail_amperes(charger: Source, battery_volts: float, amperes: float) -> float:
    """What the charger takes from its 5 V rail to give that much to the pack; 0 when the rail breaks down."""
    watt = battery_volts * amperes / NOMINAL.charge_efficiency
    drawn = 0.0
    for _ in range(6):
        rail = charger.volts(drawn)
        if rail < 4.0:
            return 0.0
        drawn = watt / rail + 0.002
    return drawn
