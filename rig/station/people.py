"""Who is at the built-in twin: one of each role, to try things with; a real station names its own in [operators]."""

from collections.abc import Mapping
from types import MappingProxyType

from rig.station.model import Operator

TWIN_PEOPLE: Mapping[str, Operator] = MappingProxyType(
    {
        "operator-1": Operator(role="operator"),
        "technician-1": Operator(role="technician"),
        "engineer-1": Operator(role="engineer"),
        "quality-1": Operator(role="quality"),
    }
)
