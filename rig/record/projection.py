"""From events to rows: the one place that says what the tables hold, for writing, checking and rebuilding."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, update

from rig.record.journal import Event
from rig.record.store import PROJECTIONS, runs, tests
from rig.record.text import canonical

Row = dict[str, Any]

RUN_BEGUN = "run.begun"
RUN_ENDED = "run.ended"
TEST_STARTED = "test.started"
TEST_ENDED = "test.ended"
MEASURED = "measurement"
WAVEFORM = "waveform"
REPORT_FILES = "report.files"

END_RUN = (
    update(runs)
    .where(runs.c.run == bindparam("of_run"))
    .values({name: bindparam(name) for name in ("verdict", "reasons", "ended_utc", "wall_s", "bench_s")})
)
END_TEST = (
    update(tests)
    .where(tests.c.run == bindparam("of_run"), tests.c.nodeid == bindparam("of_nodeid"))
    .values({name: bindparam(name) for name in ("outcome", "message", "ended_s", "ended_utc")})
)


@dataclass(slots=True)
class Changes:
    """What a batch of events does to the tables: new rows, then ends of runs and tests."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in PROJECTIONS})
    ended_runs: list[Row] = field(default_factory=list[Row])
    ended_tests: list[Row] = field(default_factory=list[Row])


def changes(events: Iterable[Event]) -> Changes:
    """Return what these events do to the tables; kinds that no table shows do nothing."""
    result = Changes()
    for event in events:
        if event.kind == MEASURED:
            result.rows["measurement"].append(_measurement(event))
        elif event.kind == TEST_STARTED:
            result.rows["test"].append(_test(event))
        elif event.kind == TEST_ENDED:
            body = json.loads(event.body)
            ended = {name: body[name] for name in ("outcome", "message")}
            ended |= {"ended_s": body["t_s"], "ended_utc": event.utc}
            result.ended_tests.append({"of_run": event.run, "of_nodeid": body["nodeid"], **ended})
        elif event.kind == WAVEFORM:
            result.rows["waveform"].append({"event": event.seq, "run": event.run, **json.loads(event.body)})
        elif event.kind == REPORT_FILES:
            result.rows["report_file"].extend(_report_files(event))
        elif event.kind == RUN_BEGUN:
            result.rows["run"].append(_run(event))
        elif event.kind == RUN_ENDED:
            body = json.loads(event.body)
            ended = {name: body[name] for name in ("verdict", "wall_s", "bench_s")}
            ended |= {"reasons": canonical(body["reasons"]), "ended_utc": event.utc}
            result.ended_runs.append({"of_run": event.run, **ended})
    return result


def _run(event: Event) -> Row:
    body = json.loads(event.body)
    row = {"event": event.seq, "run": event.run, "started_utc": event.utc, "verdict": None, "reasons": "[]"}
    row |= {name: body[name] for name in ("serial", "plan", "attempt", "station", "operator", "pad")}
    row |= {name: body[name] for name in ("firmware", "product", "limits_hash", "plan_hash")}
    row |= {"slot": canonical(body["slot"]), "seed": canonical(body["seed"])}
    row["details"] = canonical({name: body[name] for name in ("tests", "manifest", "instruments", "extra")})
    return row | {"ended_utc": None, "wall_s": None, "bench_s": None}


def _test(event: Event) -> Row:
    body = json.loads(event.body)
    row = {"event": event.seq, "run": event.run, "nodeid": body["nodeid"], "outcome": None, "message": ""}
    return row | {
        "started_s": body["t_s"],
        "ended_s": None,
        "started_utc": event.utc,
        "ended_utc": None,
    }


def _measurement(event: Event) -> Row:
    body = json.loads(event.body)
    value = body.pop("value")
    number = isinstance(value, float | int) and not isinstance(value, bool)
    one_of = body.pop("one_of")
    return {
        "event": event.seq,
        "run": event.run,
        **body,
        "conditions": canonical(body["conditions"]),
        "value": value if number else None,
        # true and false as JSON spells them; a text is stored as it is
        "text": None if number else value if isinstance(value, str) else json.dumps(value),
        "one_of": None if one_of is None else canonical(one_of),
    }


def _report_files(event: Event) -> Iterator[Row]:
    for name, sha256 in json.loads(event.body)["files"].items():
        yield {"event": event.seq, "run": event.run, "name": name, "sha256": sha256}
