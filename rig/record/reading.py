"""A database that is only read: nothing is written, wherever it lies, and nothing left behind.

SQLite itself makes files beside a database in its write-ahead mode, even for a reader. So a database that nobody has
open is read as one that can't change, and read again where it did; one with a log is read through the log's index as
it is; a log without an index, and an older schema, are read through a copy in a temporary directory.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from rig.errors import RecordError
from rig.record.store import BUSY_SECONDS, FILE_NAME, SCHEMA_VERSION, begin, open_engine

UNCHANGING, WITH_LOG, WITH_LOCKS = "mode=ro&immutable=1", "mode=ro&readonly_shm=1", "mode=ro"
OLDEST = 1
_TRIES = 5
T = TypeVar("T")


class ReadOnly:
    """The database of a record, for reading alone; raises SQLAlchemyError or OSError, to be translated."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._log = self._path.with_name(f"{FILE_NAME}-wal")
        self._index = self._path.with_name(f"{FILE_NAME}-shm")
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._as_of: tuple[int, ...] | None = None  # set where the file must not change
        self.engine = self._opened()

    def run(self, work: Callable[[Connection], T]) -> T:
        """Return what the work finds in one transaction; it is done again where somebody wrote meanwhile."""
        for tries_left in reversed(range(_TRIES)):
            try:
                with self.engine.begin() as connection:
                    found = work(connection)
            except DatabaseError:
                if self._as_of is None or self._holds() or not tries_left:
                    raise
            else:
                if self._as_of is None or self._holds():
                    return found
            self.engine.dispose()
            self.engine = self._opened()
        raise RecordError(f"record {self._path}: changed each time it was read; try again")

    def dispose(self) -> None:
        """Close it, and clear the copy away where there is one."""
        self.engine.dispose()
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None

    def _opened(self) -> Engine:
        self._as_of = None
        if self._log.exists() and self._index.exists():
            ways = (WITH_LOG, WITH_LOCKS)
        elif self._log.exists() and self._log.stat().st_size:
            return self._copied()
        else:
            self._as_of = self._state()
            ways = (UNCHANGING,)
        for way in ways:
            engine = _engine(self._path, way)
            try:
                version = _version(engine)
            except DatabaseError:
                engine.dispose()
                if way is ways[-1]:
                    raise
                continue
            if version == SCHEMA_VERSION:
                return engine
            engine.dispose()
            if OLDEST <= version < SCHEMA_VERSION:
                return self._copied()
            what = f"schema {version}, this rig knows {SCHEMA_VERSION}; use the rig that wrote it"
            raise RecordError(f"{self._path}: {what}" if version else f"record {self._path}: empty; restore it")
        raise RecordError(f"record {self._path}: can't be read")

    def _copied(self) -> Engine:
        """Open a copy, brought up to today's schema; nobody writes to what has a log and no index."""
        self._as_of = None
        self._copy = self._copy or tempfile.TemporaryDirectory(prefix="rig-record-")
        place = Path(self._copy.name)
        for source in (self._path, self._log):
            if source.exists():
                shutil.copyfile(source, place / source.name)
        return open_engine(place / FILE_NAME)

    def _state(self) -> tuple[int, ...]:
        found = self._path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _holds(self) -> bool:
        return self._state() == self._as_of and not (self._log.exists() and self._log.stat().st_size)


def _engine(path: Path, way: str) -> Engine:
    uri = f"file:{quote(str(path.absolute()))}?{way}"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False),
        poolclass=QueuePool,
        paramstyle="named",
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # as for the writer
    connection.execute("pragma query_only = on")


def _version(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.exec_driver_sql("pragma user_version").scalar_one())
