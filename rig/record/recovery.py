"""After a death: a run whose process is gone is closed as INTERRUPTED, with its last known state."""

import json
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from rig.record import projection
from rig.record.journal import Draft, utc_now
from rig.record.owner import RunLock
from rig.record.store import events, runs
from rig.record.text import canonical
from rig.record.writer import Writer

_OPEN = select(runs.c.run).where(runs.c.verdict.is_(None)).order_by(runs.c.run)


def close_left_open(engine: Engine, directory: Path) -> None:
    """Close every open run that no living process owns."""
    with engine.begin() as connection:
        left_open = list(connection.scalars(_OPEN))
    if not left_open:
        return
    writer = Writer(engine)
    try:
        for run_id in left_open:
            lock = RunLock.take(directory / "open", run_id)
            if lock is not None:
                _interrupt(engine, writer, run_id)
                lock.release()
    finally:
        writer.close()


def _interrupt(engine: Engine, writer: Writer, run_id: str) -> None:
    with engine.begin() as connection:
        # its owner may have ended it since we looked; nobody can now, as the lock is ours
        if connection.scalar(_OPEN.where(runs.c.run == run_id)) is None:
            return
        reasons = ["the process of this run died", *_last_state(connection, run_id)]
    body = {"verdict": "INTERRUPTED", "reasons": reasons, "wall_s": None, "bench_s": None}
    draft = Draft(utc_now(), run_id, projection.RUN_ENDED, canonical(body))
    with writer.transaction() as cursor:
        writer.append(cursor, [draft])


def _last_state(connection: Connection, run_id: str) -> list[str]:
    of_run = select(events).where(events.c.run == run_id).order_by(events.c.seq.desc())
    last = connection.execute(of_run.limit(1)).one()
    state = [f"last recorded: {last.kind} at {last.utc}"]
    boundary = of_run.where(events.c.kind.in_((projection.TEST_STARTED, projection.TEST_ENDED))).limit(1)
    test = connection.execute(boundary).one_or_none()
    if test is not None:
        word = "in" if test.kind == projection.TEST_STARTED else "after"
        state.append(f"{word} {json.loads(test.body)['nodeid']}")
    return state
