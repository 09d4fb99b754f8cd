"""Who may run a bench, and which of its slots there are: as its station file says, or as the built-in twin has them."""

from typing import TYPE_CHECKING

from rig.errors import UsageError

if TYPE_CHECKING:
    from rig.station import Station


def require_operator(operator: str | None, station: "Station | None") -> None:
    """Raise UsageError for somebody whom the station (None: the built-in twin) doesn't know."""
    if operator is None:
        return
    from rig.station import TWIN_PEOPLE

    people = TWIN_PEOPLE if station is None else station.operators
    if operator not in people:
        where = "the built-in twin" if station is None else f"station {station.name}"
        known = ", ".join(people) or "nobody: name its people in [operators]"
        raise UsageError(f"--operator {operator!r}: {where} doesn't know them, but {known}")


def require_slot(slot: int, station: "Station | None") -> None:
    """Raise UsageError for a slot that the station (None: the built-in twin) doesn't have."""
    if slot < 1:
        raise UsageError(f"--slot {slot}: slots are counted from 1")
    slots = 1 if station is None else station.slots
    if slot > slots:
        where = "the built-in twin" if station is None else f"station {station.name}"
        raise UsageError(f"--slot {slot}: {where} has {slots}")
