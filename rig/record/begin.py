"""A record begun because somebody asked for it, as `rig check --begin-record` does."""

from pathlib import Path

from rig.errors import UsageError
from rig.record.birth import BEGUN, Birth, Kind
from rig.record.record import Record
from rig.record.store import FILE_NAME


def require_none(directory: Path, station: str) -> None:
    """Raise UsageError where a record is there that this station can't begin, or take on.

    It can take one on from before records had a kind, where none of its runs was the built-in twin's and each was
    made at this station. Raises RecordError where it can't be read.
    """
    if not (directory / FILE_NAME).is_file():
        return
    with Record.read(directory) as record:
        attempts = [one for serial in record.serials() for one in record.attempts(serial)]
        kind = record.birth.kind
    if kind is not Kind.UNKNOWN or any(one.station != station or one.seed is not None for one in attempts):
        raise UsageError(f"record {directory}: is there already ({kind} units); nothing was begun")


def begin_record(directory: Path, birth: Birth) -> str:
    """Begin a record, or take one on (`require_none`) with all its history; return one line that says so.

    Raises UsageError and RecordError as `require_none` and `Record.open` do.
    """
    require_none(directory, birth.station)
    if not (directory / FILE_NAME).is_file():
        Record.open(directory, birth).close()
        return f"record begun at {directory}: {birth.kind} units"
    with Record.open(directory, recover=False) as record:
        if record.birth.kind is Kind.UNKNOWN:  # not begun as an empty one just now
            record.note(BEGUN, {**birth.body(), "taken_on": len(record.serials())})
    return f"record at {directory} taken on: {birth.kind} units"
