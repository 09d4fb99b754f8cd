"""Reading the tables back into models."""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from rig.errors import RecordError
from rig.record import store
from rig.record.models import Attempt, ExpectedMeasurement, MeasurementRow, ReportFile, TestRow, WaveformRow
from rig.record.owner import RunLock
from rig.record.text import canonical


def attempts(connection: Connection, serial: str, locks: Path) -> list[Attempt]:
    """Return the runs of a serial, oldest first; `locks` is where the going ones have theirs."""
    statement = select(store.runs).where(store.runs.c.serial == serial).order_by(store.runs.c.event)
    return [_attempt(row, locks) for row in connection.execute(statement)]


def serials(connection: Connection) -> list[str]:
    """Return every serial that was ever tested."""
    return list(connection.scalars(select(store.runs.c.serial).distinct()))


def run(connection: Connection, run_id: str, locks: Path) -> Attempt:
    """Return one run; raises RecordError when there is none."""
    row = connection.execute(select(store.runs).where(store.runs.c.run == run_id)).one_or_none()
    if row is None:
        raise RecordError(f"run {run_id} isn't in the record; `rig show SERIAL` lists a unit's runs")
    return _attempt(row, locks)


def tests(connection: Connection, run_id: str) -> list[TestRow]:
    """Return the tests that a run started, in order."""
    statement = select(store.tests).where(store.tests.c.run == run_id).order_by(store.tests.c.event)
    return [
        TestRow(
            event=row.event,
            run_id=row.run,
            nodeid=row.nodeid,
            outcome=row.outcome,
            message=row.message,
            started_s=row.started_s,
            ended_s=row.ended_s,
            started_utc=row.started_utc,
            ended_utc=row.ended_utc,
        )
        for row in connection.execute(statement)
    ]


def measurements(connection: Connection, run_id: str) -> list[MeasurementRow]:
    """Return a run's judged readings, in order."""
    table = store.measurements
    statement = select(table).where(table.c.run == run_id).order_by(table.c.event)
    return [
        MeasurementRow(
            event=row.event,
            run_id=row.run,
            test=row.test,
            id=row.id,
            conditions=json.loads(row.conditions),
            value=row.text if row.value is None else row.value,
            unit=row.unit,
            u=row.u,
            low=row.low,
            high=row.high,
            one_of=None if row.one_of is None else tuple(json.loads(row.one_of)),
            acceptance_low=row.acceptance_low,
            acceptance_high=row.acceptance_high,
            p_conform=row.p_conform,
            verdict=row.verdict,
            safety=row.safety,
            requirement=row.requirement,
            t_s=row.t_s,
        )
        for row in connection.execute(statement)
    ]


def waveforms(connection: Connection, run_id: str) -> list[WaveformRow]:
    """Return what is known about a run's waveforms, in order."""
    table = store.waveforms
    statement = select(table).where(table.c.run == run_id).order_by(table.c.event)
    return [
        WaveformRow(
            event=row["event"],
            run_id=row["run"],
            test=row["test"],
            name=row["name"],
            sha256=row["sha256"],
            rate_hz=row["rate_hz"],
            unit=row["unit"],
            count=row["count"],
            t_s=row["t_s"],
        )
        for row in connection.execute(statement).mappings()
    ]


def event_bodies(connection: Connection, run_id: str, kind: str) -> list[Mapping[str, Any]]:
    """Return the bodies of a run's events of one kind, in order."""
    table = store.events
    statement = select(table.c.body).where(table.c.run == run_id, table.c.kind == kind).order_by(table.c.seq)
    return [json.loads(body) for body in connection.scalars(statement)]


def bodies_before(connection: Connection, run_id: str, kind: str) -> list[Mapping[str, Any]]:
    """Return the events of one kind of the run before this one in the same nest, in order; empty without one."""
    runs = store.runs
    this = connection.execute(select(runs).where(runs.c.run == run_id)).one()
    same_nest = (runs.c.station == this.station, runs.c.slot == this.slot, runs.c.event < this.event)
    before = connection.scalar(select(runs.c.run).where(*same_nest).order_by(runs.c.event.desc()).limit(1))
    return [] if before is None else event_bodies(connection, before, kind)


def report_files(connection: Connection, run_id: str) -> list[ReportFile]:
    """Return what the run's reporter wrote; raises RecordError when a file isn't what it was."""
    statement = (
        select(store.report_files.c.name, store.report_files.c.sha256, store.blobs.c.content)
        .join_from(store.report_files, store.blobs, store.report_files.c.sha256 == store.blobs.c.sha256)
        .where(store.report_files.c.run == run_id)
        .order_by(store.report_files.c.name)
    )
    files: list[ReportFile] = []
    for row in connection.execute(statement):
        content = unpacked(row.content, row.sha256)
        if content is None:
            raise RecordError(f"run {run_id}: its report file {row.name} was changed; see `rig verify`")
        files.append(ReportFile(row.name, row.sha256, content))
    return files


def unpacked(stored: bytes, sha256: str) -> bytes | None:
    """Return a blob's plain content; None when it isn't what its hash says."""
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(stored)
    except (zlib.error, TypeError):  # a changed column may hold a text
        return None
    if not unpacking.eof or unpacking.unused_data:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def missing(attempt: Attempt, rows: Sequence[MeasurementRow]) -> list[ExpectedMeasurement]:
    """Return the measurements that an attempt's manifest promises and its rows don't hold."""
    taken = {_identity(row) for row in rows}
    return [entry for entry in attempt.manifest if _identity(entry) not in taken]


def _identity(row: ExpectedMeasurement | MeasurementRow) -> tuple[str, str, str]:
    return row.test, row.id, canonical(row.conditions)


def _attempt(row: Row[Any], locks: Path) -> Attempt:
    details = json.loads(row.details)
    return Attempt(
        run_id=row.run,
        serial=row.serial,
        plan=row.plan,
        attempt=row.attempt,
        verdict=row.verdict,
        reasons=tuple(json.loads(row.reasons)),
        started_utc=row.started_utc,
        ended_utc=row.ended_utc,
        wall_s=row.wall_s,
        bench_s=row.bench_s,
        station=row.station,
        operator=row.operator,
        slot=json.loads(row.slot),
        pad=row.pad,
        firmware=row.firmware,
        product=row.product,
        limits_hash=row.limits_hash,
        plan_hash=row.plan_hash,
        seed=json.loads(row.seed),
        tests=tuple(details["tests"]),
        manifest=tuple(ExpectedMeasurement(*entry) for entry in details["manifest"]),
        instruments=tuple(details["instruments"]),
        extra=details["extra"],
        alive=row.verdict is None and RunLock.held(locks, row.run),
    )
