"""After a death: a run whose process is gone is closed as INTERRUPTED, with its last known state, and the lost test."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, select

from rig.errors import RecordError
from rig.record import projection
from rig.record.birth import TRIALS
from rig.record.owner import RunLock
from rig.record.run_record import RunRecord
from rig.record.signing import SigningKey
from rig.record.store import events, runs, tests
from rig.record.text import spelled
from rig.record.writer import Writer

RESULTS = "results"  # where reporters write while a run goes on, a directory for each run
RESULTS_PREFIX = "run-"
_RESULTS_NAME = re.compile(re.escape(RESULTS_PREFIX) + r"[a-z0-9_]{8}", re.ASCII)  # as tempfile.mkdtemp makes them
_OPEN = select(runs.c.run, runs.c.attempt).where(runs.c.verdict.is_(None)).order_by(runs.c.event)


def close_left_open(engine: Engine, directory: Path, key: SigningKey) -> list[str]:
    """Close every open run that no living process owns; return their ids."""
    with engine.begin() as connection:
        left_open = list(connection.execute(_OPEN))
    closed: list[str] = []
    for run_id, attempt in left_open:
        lock = RunLock.take(directory / "open", run_id)
        if lock is None:
            continue
        writer = Writer(engine, key)
        try:
            if _interrupt(engine, RunRecord(writer, directory, run_id, attempt, lock), lock.state, directory):
                closed.append(run_id)
        finally:
            writer.close()
            lock.release()
    return closed


def _interrupt(engine: Engine, run: RunRecord, state: Mapping[str, Any], directory: Path) -> bool:
    with engine.begin() as connection:
        # its owner may have ended it since we looked; nobody can now, as the lock is ours
        if connection.execute(_OPEN.where(runs.c.run == run.run_id)).one_or_none() is None:
            return False
        last = connection.execute(
            select(events).where(events.c.run == run.run_id).order_by(events.c.seq.desc()).limit(1)
        ).one()
        test, begun, seconds = _lost_test(connection, run.run_id, state)
    reasons = ["the process of this run died", f"last recorded: {last.kind} at {last.utc}"]
    reasons += [f"in {test}"] if test else _after(engine, run.run_id)
    doing = list(_doing(state))
    if test:
        if not begun:
            run.event(projection.TEST_STARTED, {"nodeid": test, "t_s": seconds})
        message = "; ".join(["lost: the process died inside this test", *doing])
        run.event(projection.TEST_ENDED, {"nodeid": test, "outcome": "broken", "message": message, "t_s": seconds})
    run.end("INTERRUPTED", [*reasons, *doing], None, None, last=state)
    _adopt(run, state, directory)
    return True


def _lost_test(connection: Connection, run_id: str, state: Mapping[str, Any]) -> tuple[str | None, bool, float]:
    """Return the test that was going on, whether the journal knows that, and the last known bench time in seconds."""
    known = {
        row.nodeid: row
        for row in connection.execute(select(tests).where(tests.c.run == run_id).order_by(tests.c.event))
    }
    test, seconds = state.get("test"), state.get("t_s")
    seconds = float(seconds) if isinstance(seconds, int | float) else 0.0
    if isinstance(test, str) and (test not in known or known[test].outcome is None):
        return test, test in known, seconds
    begun = [row for row in known.values() if row.outcome is None]
    return (begun[-1].nodeid, True, max(seconds, begun[-1].started_s)) if begun else (None, False, seconds)


def _after(engine: Engine, run_id: str) -> list[str]:
    ended = select(events.c.body).where(events.c.run == run_id, events.c.kind == projection.TEST_ENDED)
    with engine.begin() as connection:
        body = connection.scalar(ended.order_by(events.c.seq.desc()).limit(1))
    return [] if body is None else [f"after {json.loads(body)['nodeid']}"]


def _doing(state: Mapping[str, Any]) -> Iterator[str]:
    """Spell what the run had noted; what was measured in the lost test was never acknowledged."""
    measured = cast("dict[str, Any] | None", state.get("measured"))
    if measured:
        name = f"{measured.get('id')} {spelled(measured.get('conditions') or {})}".strip()
        yield f"last measured there, not recorded: {name}: {measured.get('value')} {measured.get('unit')}".strip()
    if state.get("unit"):
        yield f"last asked of the unit: {state['unit']}"


def _adopt(run: RunRecord, state: Mapping[str, Any], directory: Path) -> None:
    """Take what the run's reporter had written into the record; it decides nothing.

    The name comes from a file that anybody may have written: only a directory that we made is taken, and cleared away.
    """
    name = state.get("results")
    if not isinstance(name, str):
        return
    # a run that became a trial had begun to report beside the record that it is a trial beside
    homes = (directory, directory.parent) if directory.name == TRIALS else (directory,)
    for results in (home / RESULTS / name for home in homes):
        with contextlib.suppress(RecordError, OSError):
            if own_results(results):
                run.store_report_files(results)
                shutil.rmtree(results)
                return


def drop_unused(results: Path) -> None:
    """Clear away what was made for a reporter that had nothing to tell, since the run didn't begin."""
    with contextlib.suppress(OSError):
        if own_results(results):
            results.rmdir()
            results.parent.rmdir()


def own_results(place: Path) -> bool:
    """Return whether that is a directory which a run made for its reporter, among a record's: no link, no other name.

    Raises OSError.
    """
    parent = place.parent
    return (
        _RESULTS_NAME.fullmatch(place.name) is not None
        and parent.name == RESULTS
        and not parent.is_symlink()
        and not place.is_symlink()
        and place.is_dir()
    )
