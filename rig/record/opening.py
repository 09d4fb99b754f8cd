"""How a record is opened: for writing, begun only where nothing is; or for reading, which leaves no trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from rig.durable import make_directories
from rig.errors import RecordError
from rig.record import heads, recovery
from rig.record.birth import BEGUN, Birth, Kind, birth_of, missing, remains, require
from rig.record.heads import Head
from rig.record.journal import Draft, utc_now
from rig.record.reading import ReadOnly
from rig.record.signing import SigningKey, key_path
from rig.record.store import FILE_NAME, open_engine, translated
from rig.record.text import canonical
from rig.record.writer import Writer

_ADVICE = "run `rig test` first, or name another directory"


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database with what it says of itself.

    `recovered` are the runs of dead processes that were closed just now, `head` is that of a birth just now.
    """

    engine: Engine | ReadOnly
    key: SigningKey
    birth: Birth
    recovered: Sequence[str] = ()
    head: Head | None = None


def open_for_writing(directory: Path, birth: Birth | None, *, begin: bool, recover: bool) -> Opened:
    """Open, or begin, a record for writing, as `Record.open` says; raises what that raises."""
    path, key = directory / FILE_NAME, SigningKey(key_path())
    new, head = birth if begin else None, None
    with translated(directory):
        if not path.is_file() and (new is None or remains(directory)):
            raise missing(directory, _ADVICE)
        make_directories(directory / "waveforms", directory / "open")
    engine = open_engine(path)
    try:
        with translated(directory):
            with engine.begin() as connection:
                found = birth_of(connection)
            if found is None:
                # an empty database: whoever made it died over it, or its journal is lost
                if new is None or (directory / heads.FILE_NAME).exists():
                    raise RecordError(f"record {path}: holds no events; restore it from a copy, or name another")
                found, head = _begun(engine, directory, key, new)
            if birth is not None:
                require(found, birth, directory)
            recovered = recovery.close_left_open(engine, directory, key) if recover else ()
    except BaseException:
        engine.dispose()
        raise
    return Opened(engine, key, found, tuple(recovered), head)


def open_for_reading(directory: Path) -> Opened:
    """Open a record for reading, as `Record.read` says; raises what that raises."""
    with translated(directory):
        if not (directory / FILE_NAME).is_file():
            raise missing(directory, _ADVICE)
        source = ReadOnly(directory)
        birth = source.run(birth_of)
    return Opened(source, SigningKey(key_path()), birth or Birth(Kind.UNKNOWN))


def _begun(engine: Engine, directory: Path, key: SigningKey, birth: Birth) -> tuple[Birth, Head | None]:
    """Write the first event, sealed with the first head; return both, or the birth by whoever was quicker."""
    key.ready()
    writer = Writer(engine, key)
    head = None
    try:
        with writer.transaction() as cursor:
            if writer.empty(cursor):
                head = writer.append(cursor, [Draft(utc_now(), "", BEGUN, canonical(birth.body()))], signed=True)
    finally:
        writer.close()
    heads.keep(directory, head)
    with engine.begin() as connection:
        return birth_of(connection) or birth, head
