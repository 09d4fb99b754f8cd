"""A bench that calls itself real has no simulated instrument: the twin's say in their identity what they are."""

from collections.abc import Mapping

from rig.errors import InstrumentFault

SIMULATED = "SIM"  # how the serial number of each of the twin's VISA instruments begins


def require_real(identities: Mapping[str, str]) -> None:
    """Raise InstrumentFault where an identity (maker, model, serial number, firmware) is one of the twin's."""
    found = [role for role, identity in identities.items() if _serial_number(identity).startswith(SIMULATED)]
    if found:
        raise InstrumentFault(
            f"{', '.join(found)}: simulated, by the serial numbers they give; say simulated = true in the station "
            "file, or correct the addresses"
        )


def _serial_number(identity: str) -> str:
    fields = identity.split(",")
    return fields[2].strip().upper() if len(fields) > 2 else ""
