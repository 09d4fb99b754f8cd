"""The station's database: its tables, how it is opened, and its errors in our words."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.exc import SQLAlchemyError

from rig.errors import RecordError

SCHEMA_VERSION = 2  # 1 had no dispositions
FILE_NAME = "record.sqlite"
BEGIN_WRITING = "begin immediate"  # holds the write lock from the start
BUSY_SECONDS = 10.0  # of waiting for another writer

metadata = MetaData()

events = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("utc", String, nullable=False),
    Column("run", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", String, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

runs = Table(
    "run",
    metadata,
    Column("event", Integer, ForeignKey("event.seq"), nullable=False),
    Column("run", String, primary_key=True),
    Column("serial", String, nullable=False, index=True),
    Column("plan", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("verdict", String, index=True),
    Column("reasons", String, nullable=False),
    Column("started_utc", String, nullable=False),
    Column("ended_utc", String),
    Column("wall_s", Float),
    Column("bench_s", Float),
    Column("station", String, nullable=False),
    Column("operator", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("pad", String, nullable=False),
    Column("firmware", String),
    Column("product", String, nullable=False),
    Column("limits_hash", String, nullable=False),
    Column("plan_hash", String, nullable=False),
    Column("seed", String),
    Column("details", String, nullable=False),  # JSON: tests, manifest, instruments, extra
    Index("run_attempt", "serial", "plan", "attempt", unique=True),
)

tests = Table(
    "test",
    metadata,
    Column("event", Integer, ForeignKey("event.seq"), nullable=False),
    Column("run", String, ForeignKey("run.run"), primary_key=True),
    Column("nodeid", String, primary_key=True),
    Column("outcome", String),
    Column("message", String, nullable=False),
    Column("started_s", Float, nullable=False),
    Column("ended_s", Float),
    Column("started_utc", String, nullable=False),
    Column("ended_utc", String),
)

measurements = Table(
    "measurement",
    metadata,
    Column("event", Integer, ForeignKey("event.seq"), primary_key=True, autoincrement=False),
    Column("run", String, ForeignKey("run.run"), nullable=False, index=True),
    Column("test", String, nullable=False),
    Column("id", String, nullable=False),
    Column("conditions", String, nullable=False),
    Column("value", Float),
    Column("text", String),
    Column("unit", String, nullable=False),
    Column("u", Float),
    Column("low", Float),
    Column("high", Float),
    Column("one_of", String),
    Column("acceptance_low", Float),
    Column("acceptance_high", Float),
    Column("p_conform", Float),
    Column("verdict", String, nullable=False),
    Column("safety", Boolean, nullable=False),
    Column("requirement", String, nullable=False),
    Column("t_s", Float, nullable=False),
    Index("measurement_id", "id", "conditions"),
)

waveforms = Table(
    "waveform",
    metadata,
    Column("event", Integer, ForeignKey("event.seq"), primary_key=True, autoincrement=False),
    Column("run", String, ForeignKey("run.run"), nullable=False, index=True),
    Column("test", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("rate_hz", Float, nullable=False),
    Column("unit", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("t_s", Float, nullable=False),
)

report_files = Table(
    "report_file",
    metadata,
    Column("event", Integer, ForeignKey("event.seq"), nullable=False),
    Column("run", String, ForeignKey("run.run"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("sha256", String(64), nullable=False),
)

dispositions = Table(
    "disposition",
    metadata,
    Column("event", Integer, ForeignKey("event.seq"), primary_key=True, autoincrement=False),
    Column("run", String, ForeignKey("run.run"), nullable=False),
    Column("serial", String, nullable=False, index=True),
    Column("reason", String, nullable=False),
    Column("by", String, nullable=False),
    Column("role", String, nullable=False),
    Column("station", String, nullable=False),
    Column("unblocks", String, nullable=False),  # JSON: the runs, and what failed in each
    Column("utc", String, nullable=False),
)

blobs = Table(
    "blob",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # zlib; the hash is that of the plain content
)

PROJECTIONS: dict[str, Table] = {
    table.name: table for table in (runs, tests, measurements, waveforms, report_files, dispositions)
}

for _operation in ("update", "delete"):
    event.listen(
        events,
        "after_create",
        DDL(
            f"create trigger event_refuses_{_operation} before {_operation} on event "
            "begin select raise(abort, 'the journal is append-only'); end"
        ).execute_if(dialect="sqlite"),
    )

event.listen(
    events,
    "after_create",
    DDL(
        "create function event_refuses() returns trigger language plpgsql as "
        "$$ begin raise exception 'the journal is append-only'; end $$"
    ).execute_if(dialect="postgresql"),
)
for _operation in ("update", "delete", "truncate"):
    event.listen(
        events,
        "after_create",
        DDL(
            f"create trigger event_refuses_{_operation} before {_operation} on event "
            "for each statement execute function event_refuses()"
        ).execute_if(dialect="postgresql"),
    )


def open_engine(path: Path) -> Engine:
    """Open the database, made where missing; one transaction = one durable commit.

    Raises RecordError: unwritable, no database, or of another version.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS}, paramstyle="named")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", begin)
    with translated(path), engine.execution_options(immediate=True).begin() as connection:
        version = connection.exec_driver_sql("pragma user_version").scalar_one()
        if version == 0:
            metadata.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(f"pragma user_version = {SCHEMA_VERSION}")
        elif version == 1:
            dispositions.create(connection)
            connection.exec_driver_sql(f"pragma user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise RecordError(f"{path}: schema {version}, this rig knows {SCHEMA_VERSION}; use the rig that wrote it")
    return engine


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Turn the errors of the database and of the disk into one-line RecordErrors."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        text = " ".join(str(cause).split())
        raise RecordError(f"record {path}: {text}; {_advice(text)}") from error
    except OSError as error:
        text = f"record {error.filename or path}: {error.strerror}"
        raise RecordError(f"{text}; {_advice(str(error))}") from error


def _advice(text: str) -> str:
    if "full" in text or "No space" in text:
        return "free some space"
    if "readonly" in text or "Read-only" in text or "ermission" in text or "unable to open" in text:
        return "make the data directory writable, or name another with --data"
    if "locked" in text:
        return "another run holds it; try again"
    return "run `rig verify`, or name another directory with --data"


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by us, in _begin
    for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
        connection.execute(f"pragma {pragma}")


def begin(connection: Connection) -> None:
    """Begin a transaction where SQLAlchemy does: with the write lock where the options say so."""
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql(BEGIN_WRITING if immediate else "begin")
