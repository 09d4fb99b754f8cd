"""Where a run is recorded: a real station has one record; a run into any other is a trial."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rig.errors import UsageError

if TYPE_CHECKING:
    from rig.run.options import RunOptions
    from rig.station import Station

RECORD = "rig-data"  # of a real station, beside its file; of the twin, where one stands
TRIALS = "trials"  # below the record that it is a trial beside


def record_of(station: "Station", path: Path) -> Path | None:
    """Return the record that a station file names; None where a simulated one names none."""
    named = station.data.directory or (None if station.simulated else RECORD)
    return None if named is None else Path(os.path.normpath(path.absolute().parent / named))


def place_of(data: str | None, station: "Station | None", path: Path | None) -> tuple[Path, str | None]:
    """Return the record's directory for a run, and why it is a trial, or None.

    `data` is what was asked for with --data or RIG_DATA.
    """
    own = None if station is None or path is None else record_of(station, path)
    if data is None:
        return (Path(RECORD).absolute() if own is None else own), None
    asked = Path(data).absolute()
    if own is not None and _same(asked, own):
        return own, None
    if station is None or own is None or station.simulated:
        return asked, None
    reason = f"--data {data}: station {station.name} has its record at {own}"
    return (asked if _same(asked, own / TRIALS) else asked / TRIALS), reason


def require_place(options: "RunOptions") -> None:
    """Raise unless there is a record to run into, or one may begin there; nothing is written.

    Raises UsageError where a real station's record was never begun, RecordError where a database is lost.
    """
    from rig.record.birth import missing, remains
    from rig.record.store import FILE_NAME, translated

    with translated(options.data):
        if (options.data / FILE_NAME).is_file():
            return
        begins = options.simulated or options.trial is not None
        if (options.data.is_dir() and remains(options.data)) or not begins:
            how = f"begin it with `rig check --station {options.station} --begin-record`"
            raise missing(options.data, how)


def whose_record(data: str | None, station: str | None) -> str:
    """Return the directory that a command reads or decides in: the one given, else the station's, else ./rig-data.

    Raises UsageError where a real station's record is another one than the one given; ConfigError for its file.
    """
    if station is None:
        return data or RECORD
    from rig.station import load_station

    if not os.path.isfile(station):
        raise UsageError(f"--station {station!r}: no such file")
    place, trial = place_of(data, load_station(station), Path(station))
    if trial is not None:
        raise UsageError(f"{trial}; leave --data out, or leave --station out")
    return str(place)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve() or os.path.samefile(one, other)
    except OSError:
        return False
