"""From events to rows: the one place that says what the tables hold, for writing, checking and rebuilding."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, cast

from rig.record.journal import Event
from rig.record.statements import Update
from rig.record.store import PROJECTIONS, measurements, runs, tests, waveforms
from rig.record.text import canonical

Row = dict[str, Any]

RUN_BEGUN = "run.begun"
RUN_ENDED = "run.ended"
RUN_REFUSED = "run.refused"
TROUBLE = "run.trouble"
TEST_STARTED = "test.started"
TEST_ENDED = "test.ended"
MEASURED = "measurement"
WAVEFORM = "waveform"
REPORT_FILES = "report.files"
BUDGETS = "run.budgets"  # the uncertainty budgets of the run's numbers, by id
DISPOSITION = "disposition"
SHOWN = frozenset((RUN_BEGUN, RUN_ENDED, TEST_STARTED, TEST_ENDED, MEASURED, WAVEFORM, REPORT_FILES, DISPOSITION))
SEQ, UTC, RUN, KIND, BODY = 0, 1, 2, 3, 4  # places in an event's row, for those that read many

NOT_ENDED: Row = {"verdict": None, "reasons": "[]", "ended_utc": None, "wall_s": None, "bench_s": None}
_MEASUREMENT = tuple(column.name for column in measurements.columns)
_WAVEFORM = tuple(column.name for column in waveforms.columns)
_Pick = Callable[[Row], tuple[Any, ...]]
_UNTIL_HIGH = cast("_Pick", itemgetter(*_MEASUREMENT[7:11]))
_FROM_ACCEPTANCE = cast("_Pick", itemgetter(*_MEASUREMENT[12:]))
_OF_WAVEFORM = cast("_Pick", itemgetter(*_WAVEFORM[2:]))
_CONDITIONS, _AFTER_CONDITIONS = '"conditions":', ',"high":'  # keys of a measurement's body stand in alphabetical order

END_RUN = Update(runs, ("verdict", "reasons", "ended_utc", "wall_s", "bench_s"), {"run": "of_run"})
END_TEST = Update(tests, ("outcome", "message", "ended_s", "ended_utc"), {"run": "of_run", "nodeid": "of_nodeid"})


@dataclass(slots=True)
class Changes:
    """What a batch of events does to the tables: new rows, then ends of runs and tests."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in PROJECTIONS})
    ended_runs: list[Row] = field(default_factory=list[Row])
    ended_tests: list[Row] = field(default_factory=list[Row])


def bodies(events: Iterable[Event]) -> list[Any]:
    """Read the bodies of many events in one go, which takes half the time."""
    return json.loads(f"[{','.join(event[BODY] for event in events)}]")


def changes(events: Iterable[Event]) -> Changes:
    """Return what these events do to the tables; kinds that no table shows do nothing."""
    result = Changes()
    shown = [event for event in events if event.kind in SHOWN]
    for event, body in zip(shown, bodies(shown), strict=True):
        if event.kind == MEASURED:
            values = measurement_values(event, body)
            result.rows["measurement"].append(dict(zip(_MEASUREMENT, values, strict=True)))
        elif event.kind == TEST_STARTED:
            result.rows["test"].append(_test(event, body))
        elif event.kind == TEST_ENDED:
            ended = {name: body[name] for name in ("outcome", "message")}
            ended |= {"ended_s": body["t_s"], "ended_utc": event.utc}
            result.ended_tests.append({"of_run": event.run, "of_nodeid": body["nodeid"], **ended})
        elif event.kind == WAVEFORM:
            values = waveform_values(event, body)
            result.rows["waveform"].append(dict(zip(_WAVEFORM, values, strict=True)))
        elif event.kind == REPORT_FILES:
            of_run = {"event": event.seq, "run": event.run}
            files = body["files"].items()
            result.rows["report_file"] += [{**of_run, "name": name, "sha256": sha256} for name, sha256 in files]
        elif event.kind == DISPOSITION:
            row = {"event": event.seq, "run": event.run, **body, "unblocks": canonical(body["unblocks"])}
            result.rows["disposition"].append(row | {"utc": event.utc})
        elif event.kind == RUN_BEGUN:
            result.rows["run"].append(_run(event, body))
        elif event.kind == RUN_ENDED:
            ended = {name: body[name] for name in ("verdict", "wall_s", "bench_s")}
            ended |= {"reasons": canonical(body["reasons"]), "ended_utc": event.utc}
            result.ended_runs.append({"of_run": event.run, **ended})
    return result


def _run(event: Event, body: Row) -> Row:
    row = {"event": event.seq, "run": event.run, "started_utc": event.utc, **NOT_ENDED}
    row |= {name: body[name] for name in ("serial", "plan", "attempt", "station", "operator", "pad")}
    row |= {name: body[name] for name in ("firmware", "product", "limits_hash", "plan_hash")}
    row |= {"slot": canonical(body["slot"]), "seed": canonical(body["seed"])}
    row["details"] = canonical({name: body[name] for name in ("tests", "manifest", "instruments", "extra")})
    return row


def _test(event: Event, body: Row) -> Row:
    row = {"event": event.seq, "run": event.run, "nodeid": body["nodeid"], "outcome": None, "message": ""}
    return row | {
        "started_s": body["t_s"],
        "ended_s": None,
        "started_utc": event.utc,
        "ended_utc": None,
    }


def measurement_values(event: Event, body: Row) -> tuple[Any, ...]:
    """Return what the table of measurements holds of an event, in the order of its columns."""
    value, one_of, text = body["value"], body["one_of"], None
    if isinstance(value, str):
        value, text = None, value
    elif isinstance(value, bool):
        value, text = None, json.dumps(value)  # true and false as JSON spells them; a text is stored as it is
    else:
        value = float(value)
    return (
        *(event[SEQ], event[RUN], body["test"], body["id"], _conditions(event[BODY]), value, text),
        *_UNTIL_HIGH(body),
        None if one_of is None else canonical(one_of),
        *_FROM_ACCEPTANCE(body),
    )


def waveform_values(event: Event, body: Row) -> tuple[Any, ...]:
    """Return what the table of waveforms holds of an event, in the order of its columns."""
    return (event[SEQ], event[RUN], *_OF_WAVEFORM(body))


def _conditions(body: str) -> str:
    """Cut the conditions out as the body spells them: quotes in texts are escaped, so that keys can't be mistaken."""
    return body[body.index(_CONDITIONS) + len(_CONDITIONS) : body.rindex(_AFTER_CONDITIONS)]
