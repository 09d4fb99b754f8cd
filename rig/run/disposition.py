"""`rig disposition`: somebody who may opens a blocked unit again, and answers for it with name and reason."""

from collections.abc import Mapping
from pathlib import Path

from rig.errors import UsageError
from rig.product import load_product
from rig.record import Birth, Record
from rig.run.builtin_twin import TWIN
from rig.station import TWIN_PEOPLE, load_station
from rig.station.model import Operator


def dispose(
    data: Path, serial: str, *, reason: str, by: str, station: Path | None, product: Path | None = None
) -> dict[str, object]:
    """Open a blocked unit for a retest, durably; returns what was decided with the keys of the command's contract.

    `by` must be among the station's people, in a role that the product definition allows; without a station they
    are the built-in twin's. Raises UsageError: not blocked, never tested, no reason, an unknown person, a wrong role.
    """
    if not reason.strip():
        raise UsageError("--reason: say why the unit may be tested again")
    name, people, simulated = _people(station)
    allowed = load_product(product).retest.disposition_roles
    role = people[by].role if by in people else None
    if role is None:
        raise UsageError(f"--by {by!r}: station {name} doesn't know them; its people: {', '.join(people) or 'none'}")
    if role not in allowed:
        raise UsageError(
            f"--by {by!r}: is {role} at station {name}; a disposition takes the role {' or '.join(allowed)}"
        )
    with Record.open(data, Birth.of(simulated=simulated), begin=False) as record:
        history = record.history(serial)
        if not history.items:
            raise UsageError(f"serial {serial!r}: never tested, in the record at {data}")
        before = history.status
        if not before.blocking:
            raise UsageError(f"serial {serial!r}: isn't blocked: {before.standing}: {before.reason}")
        elsewhere = {record.run(one.run_id).station for one in before.blocking} - {TWIN}
        if station is None and elsewhere:
            raise UsageError(
                f"serial {serial!r}: was tested at station {', '.join(sorted(elsewhere))}: give its file with --station"
            )
        record.dispose(history, reason=reason.strip(), by=by, role=role, station=name)
        after = record.history(serial).status
    return {
        "ok": True,
        "serial": serial,
        "by": by,
        "role": role,
        "reason": reason.strip(),
        "station": name,
        "unblocks": [
            {"run": one.run_id, "attempt": one.attempt, "failed": list(one.unsafe)} for one in before.blocking
        ],
        "unit_status": str(after.standing),
        "unit_reason": after.reason,
    }


def _people(station: Path | None) -> tuple[str, Mapping[str, Operator], bool]:
    if station is None:
        return TWIN, TWIN_PEOPLE, True
    loaded = load_station(station)
    return loaded.name, loaded.operators, loaded.simulated
