"""Ways to change a record behind its back, at random places; each says which event must be named."""

# ruff: noqa: S311, S608 - chance needs no secrets, and the names of tables are ours

import random
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from rig.record.heads import SIGNED, parse
from rig.record.heads import sign as sign_head
from rig.record.journal import seal
from rig.record.signing import SigningKey
from rig.record.store import FILE_NAME, metadata

TABLES = tuple(table.name for table in metadata.sorted_tables)
COLUMNS = tuple((table.name, column.name) for table in metadata.sorted_tables for column in table.columns)
BY_EVENT = ("measurement", "waveform", "disposition")
KEYS = {table.name: {column.name for column in table.primary_key} for table in metadata.sorted_tables}
ROW_NUMBERS = {("event", "seq"), *((table, "event") for table in BY_EVENT)}  # take whole numbers only
FAR = 10**9
Tamper = Callable[[sqlite3.Connection, Path, random.Random], int]


def copied(record: Path, to: Path) -> Path:
    """Copy a record that nobody writes to; its files are links, and replaced where they are changed."""
    shutil.copytree(record, to, copy_function=lambda source, target: Path(target).hardlink_to(source))
    database = to / FILE_NAME
    database.unlink()
    shutil.copyfile(record / FILE_NAME, database)
    return to


def settled(record: Path) -> None:
    """Move everything from the write-ahead log into the database's one file."""
    with closing(sqlite3.connect(record / FILE_NAME)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")


def tampered(record: Path, how: Tamper, seed: int) -> int:
    """Do it; return the event that `verify` must name."""
    with closing(sqlite3.connect(record / FILE_NAME)) as connection:
        connection.execute("pragma synchronous = off")
        for operation in ("update", "delete"):
            connection.execute(f"drop trigger event_refuses_{operation}")
        with connection:
            return how(connection, record, random.Random(seed))


def change(table: str, column: str) -> Tamper:
    """Change one column of one row."""

    def tamper(connection: sqlite3.Connection, _record: Path, chance: random.Random) -> int:
        row, event = some_row(connection, table, chance)
        (value,) = connection.execute(f'select "{column}" from "{table}" where rowid = ?', (row,)).fetchone()
        wrong = value + FAR if (table, column) in ROW_NUMBERS else other(value, chance)
        connection.execute(f'update "{table}" set "{column}" = ? where rowid = ?', (wrong, row))
        return event

    return tamper


def remove(table: str) -> Tamper:
    """Take one row out."""

    def tamper(connection: sqlite3.Connection, _record: Path, chance: random.Random) -> int:
        row, event = some_row(connection, table, chance)
        connection.execute(f'delete from "{table}" where rowid = ?', (row,))
        return event

    return tamper


def swap(table: str) -> Tamper:
    """Let two rows that differ change places."""

    def tamper(connection: sqlite3.Connection, _record: Path, chance: random.Random) -> int:
        columns = [name for of, name in COLUMNS if of == table and name not in KEYS[table]]
        names = ", ".join(f'"{name}"' for name in columns)
        while True:
            (one, first), (two, second) = (some_row(connection, table, chance) for _ in range(2))
            query = f'select {names} from "{table}" where rowid = ?'
            contents = [connection.execute(query, (row,)).fetchone() for row in (one, two)]
            if contents[0] != contents[1]:
                break
        sets = ", ".join(f'"{name}" = ?' for name in columns)
        if table == "run":
            connection.execute("drop index run_attempt")
        for row, content in ((one, contents[1]), (two, contents[0])):
            connection.execute(f'update "{table}" set {sets} where rowid = ?', (*content, row))
        return min(first, second)

    return tamper


def add(table: str) -> Tamper:
    """Add a row that looks like another."""

    def tamper(connection: sqlite3.Connection, _record: Path, chance: random.Random) -> int:
        last = last_event(connection)
        row, event = some_row(connection, table, chance)
        names = [name for of, name in COLUMNS if of == table]
        content = dict(
            zip(names, connection.execute(f'select * from "{table}" where rowid = ?', (row,)).fetchone(), strict=True)
        )
        if table == "event":
            content["seq"] = event = last + 1
        elif table in BY_EVENT:
            content["event"] = FAR
            event = last + 1
        elif table == "blob":
            content["sha256"], event = "0" * 64, last + 1
        else:
            content |= {"run": "added", **({"attempt": FAR} if table == "run" else {})}
        marks = ", ".join("?" * len(content))
        connection.execute(f'insert into "{table}" values ({marks})', tuple(content.values()))
        return event

    return tamper


def cut(connection: sqlite3.Connection, _record: Path, chance: random.Random) -> int:
    """Cut the journal's tail off; the tables stay as they were."""
    last = chance.randrange(last_event(connection))
    connection.execute("delete from event where seq > ?", (last,))
    return last + 1


def forge(connection: sqlite3.Connection, _record: Path, chance: random.Random) -> int:
    """Add an event at the end, its hash as it must be, about a run that is over."""
    seq, previous = connection.execute("select seq, hash from event order by seq desc").fetchone()
    (run,) = chance.choice(connection.execute("select run from run").fetchall())
    event = (seq + 1, "2026-01-01T00:00:00.000000Z", run, "run.note", "{}")
    row = (*event, previous, seal(previous, *event))
    connection.execute("insert into event values (?, ?, ?, ?, ?, ?, ?)", row)
    return seq + 1


def rewrite(key: SigningKey | None) -> Tamper:
    """Change an event that no table shows, then write all hashes anew, and the heads as well as that key can."""

    def tamper(connection: sqlite3.Connection, _record: Path, chance: random.Random) -> int:
        rows = connection.execute("select * from event order by seq").fetchall()
        changed = chance.choice([row[0] for row in rows if row[3] == "bench.transcript"])
        previous, first_head = "0" * 64, 0
        for seq, utc, run, kind, body, _, _ in rows:
            if seq == changed:
                body = '{"unit":[]}'
            if kind == SIGNED and seq > changed:
                first_head = first_head or seq
                head = parse(body, utc=utc)._replace(hash=previous)
                body = (sign_head(key, seq - 1, previous, utc) if key else head).body()
            sealed = seal(previous, seq, utc, run, kind, body)
            values = (body, previous, sealed, seq)
            connection.execute("update event set body = ?, previous = ?, hash = ? where seq = ?", values)
            previous = sealed
        return first_head

    return tamper


def waveform(how: str) -> Tamper:
    """Change a waveform file, take it away, or let two change places."""

    def tamper(connection: sqlite3.Connection, record: Path, chance: random.Random) -> int:
        files = connection.execute("select min(event), sha256 from waveform group by sha256").fetchall()
        (one, first), (two, second) = chance.sample(files, 2)
        path, other_path = (record / "waveforms" / f"{name}.parquet" for name in (first, second))
        content = bytearray(path.read_bytes())
        path.unlink()
        if how == "swapped":
            other_path.rename(path)
            other_path.write_bytes(content)
            return min(one, two)
        if how == "changed":
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
        return one

    return tamper


def some_row(connection: sqlite3.Connection, table: str, chance: random.Random) -> tuple[int, int]:
    """Choose a row: its rowid, and the event it shows."""
    event = {"event": "seq", "blob": "(select min(event) from report_file where report_file.sha256 = blob.sha256)"}
    rows = connection.execute(f'select rowid, {event.get(table, "event")} from "{table}"').fetchall()
    return chance.choice(rows)


def last_event(connection: sqlite3.Connection) -> int:
    """The number of the newest event."""
    return connection.execute("select max(seq) from event").fetchone()[0]


def other(value: object, chance: random.Random) -> object:
    """A value that isn't this one."""
    if value is None:
        return chance.choice([0, "x"])
    if isinstance(value, bytes):
        place = chance.randrange(len(value))
        return value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]
    if isinstance(value, str):
        place = chance.randrange(len(value) + 1)
        wrong = [value[:place] + "x" + value[place:], value + " ", value.encode(), b"\xff" + value.encode(), None]
        return chance.choice(wrong[:4] + ([value[1:]] if value else []))
    assert isinstance(value, int | float)
    return chance.choice([value + FAR, "x", value + 0.5])


KINDS: Mapping[str, Tamper] = MappingProxyType(
    {
        **{f"change {table}.{column}": change(table, column) for table, column in COLUMNS},
        **{f"remove {table}": remove(table) for table in TABLES},
        **{f"swap {table}": swap(table) for table in TABLES},
        **{f"add {table}": add(table) for table in TABLES},
        **{f"waveform {how}": waveform(how) for how in ("changed", "missing", "swapped")},
        "cut the tail": cut,
        "forge an event": forge,
        "write the chain anew": rewrite(None),
    }
)
