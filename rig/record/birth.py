"""What a record holds from its birth: runs of real units or of simulated ones, and whether they are trials.

The first event says so, and the first signed head seals it. Records from before that are known by their runs, or
their kind is doubted; a doubted one is never taken for real.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from rig.errors import RecordError, UsageError
from rig.record.projection import RUN_BEGUN
from rig.record.store import FILE_NAME, events

BEGUN = "record.begun"  # the kind of event
TRIALS = "trials"  # the directory of a record's trials, inside it
REMAINS = ("heads.jsonl", f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", "waveforms", "reports", "open")


class Kind(StrEnum):
    """Whose units a record's runs are about."""

    REAL = "real"
    SIMULATED = "simulated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Birth:
    """The kind of a record, whether it holds trials, and the station that began it."""

    kind: Kind
    trial: bool = False
    station: str = ""

    @classmethod
    def of(cls, *, simulated: bool, trial: bool = False, station: str = "") -> "Birth":
        """Give the birth of a record that runs of such a bench may begin."""
        return cls(Kind.SIMULATED if simulated else Kind.REAL, trial, station)

    def body(self) -> dict[str, object]:
        """Give the body of the first event."""
        return {"kind": str(self.kind), "trial": self.trial, "station": self.station}

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands beside every verdict of such a record; nothing where it counts for a real unit."""
        marks = {
            Kind.REAL: (),
            Kind.SIMULATED: ("SIMULATED",),
            Kind.UNKNOWN: ("KIND UNKNOWN: real or simulated, the record doesn't say",),
        }[self.kind]
        return (*marks, "TRIAL: counts for nothing") if self.trial else marks


def birth_of(connection: Connection) -> Birth | None:
    """Return how a record began; None where it holds nothing at all.

    Without a first event that says so, every run on the built-in twin (the only ones with a seed) makes it simulated;
    anything else leaves its kind unknown.
    """
    said = select(events.c.body).where(events.c.kind == BEGUN).order_by(events.c.seq).limit(1)
    body = connection.scalar(said)
    if body is not None:
        return _said(json.loads(body))
    if connection.scalar(select(func.max(events.c.seq))) is None:
        return None
    # from the journal itself: a table may be missing, or changed
    begun = connection.scalars(select(events.c.body).where(events.c.kind == RUN_BEGUN))
    seeds = [json.loads(body).get("seed") for body in begun]
    return Birth(Kind.SIMULATED if seeds and None not in seeds else Kind.UNKNOWN)


def require(found: Birth, wanted: Birth, directory: Path) -> None:
    """Raise UsageError unless runs of the wanted birth may go into a record that was begun so."""
    where = f"record {directory}"
    if found.kind is Kind.UNKNOWN:
        raise UsageError(
            f"{where}: doesn't say whether its units are real or simulated; read it, but test into another record "
            "(rig check --station FILE --begin-record)"
        )
    if found.kind is not wanted.kind:
        raise UsageError(
            f"{where}: holds {found.kind} units, and this bench has {wanted.kind} ones; name another with --data"
        )
    if found.trial is not wanted.trial:
        held, asked = ("trials", "no trial") if found.trial else ("no trials", "a trial")
        raise UsageError(f"{where}: holds {held}, and this run is {asked}; name another with --data")


def remains(directory: Path) -> list[str]:
    """Name what only a record leaves in its directory, beside the database; raises OSError."""
    found = [directory / name for name in REMAINS]
    return [one.name for one in found if (any(one.iterdir()) if one.is_dir() else one.exists())]


def missing(directory: Path, advice: str) -> RecordError | UsageError:
    """Return what to raise where a database is expected and isn't there: lost, or never begun. Raises OSError."""
    left = remains(directory) if directory.is_dir() else []
    if left:
        beside = ", ".join(left)
        return RecordError(
            f"record {directory}: {FILE_NAME} is missing beside {beside}: restore it from a copy, "
            "or name another directory with --data; nothing begins anew here"
        )
    trials = directory / TRIALS
    advice += f"; its trials are in {trials}" if (trials / FILE_NAME).is_file() else ""
    return UsageError(f"record {directory}: no record there; {advice}")


def _said(body: dict[str, Any]) -> Birth:
    try:
        kind = Kind(str(body.get("kind")))
    except ValueError:
        kind = Kind.UNKNOWN
    return Birth(kind, body.get("trial") is True, str(body.get("station", "")))
