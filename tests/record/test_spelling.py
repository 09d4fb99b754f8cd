"""Rows spell the bodies of their events; what only looks like it doesn't."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rig.measure import Limit, Reading, decide
from rig.record import spelling
from rig.record.store import FILE_NAME
from tests.record.begun import opened

CURRENT = Limit("motor.current", {"level": 3, "pad": "FLAT"}, "A", 0.1, 0.3, requirement="ELE-002")
TEMPERATURE = Limit("pad.temperature", {}, "degC", high=43.0, safety=True)
SAYS = Limit("identity.text", {"key": 'a "b"\\ é'}, "", one_of=('it\'s "so"\n', "no"))
ROW = [1, "r", "t", "i", "{}", 0.5, None, "V", None, None, 1.0, None, None, 1.0, None, "PASS", 0, "", 2.0]
BODY = (
    '{"acceptance_high":1.0,"acceptance_low":null,"conditions":{},"high":1.0,"id":"i","low":null,"one_of":null,'
    '"own_u":null,"p_conform":null,"requirement":"","safety":false,"t_s":2.0,"test":"t","u":null,"unit":"V",'
    '"value":0.5,"verdict":"PASS"}'
)
VALUE, TEXT, HIGH, SAFETY, CONDITIONS, ONE_OF = 5, 6, 10, 16, 4, 11


@pytest.fixture
def rows(tmp_path: Path) -> sqlite3.Connection:
    with opened(tmp_path) as record:
        run = record.begin_run(
            serial='"VS1"',
            plan="production",
            manifest=[],
            tests=["t::a", 't::"b"'],
            station="twin",
            operator="",
            slot="left",
            pad="FLAT",
            product_name="VS-1",
            limits_hash="11",
            plan_hash="22",
            seed=7,
            instruments=[{"role": "vibration", "certificates": [',"tests":', {"manifest": []}]}],
            extra={"again": None},
        )
        run.test_started("t::a", 0.1)
        for limit, reading in (
            (CURRENT, Reading(0.2, "A", 0.001)),
            (TEMPERATURE, Reading(40.25, "degC")),
            (SAYS, Reading('it\'s "so"\n', "")),
        ):
            run.measurement(
                "t::a", limit.id, limit.conditions, reading, limit, decide(reading, limit), 0.5, own_u=reading.u
            )
        run.test_ended("t::a", "failed", 'over "0.3"', 0.75)
        run.end("FAIL", ["motor.current"], 1.0, 2.0)
    return sqlite3.connect(tmp_path / FILE_NAME)


def test_what_the_record_writes_is_spelled(rows: sqlite3.Connection):
    """So that `rig verify` needn't read it."""
    with closing(rows):
        bodies = {kind: [] for kind in ("run.begun", "measurement", "test.started", "test.ended")}
        for kind, body in rows.execute("select kind, body from event order by seq"):
            bodies.setdefault(kind, []).append(body)
        measured = rows.execute("select * from measurement order by event").fetchall()
        assert [spelling.measured(*pair) for pair in zip(measured, bodies["measurement"], strict=True)] == [True] * 3
        ((nodeid, outcome, message, began, ended),) = rows.execute(
            "select nodeid, outcome, message, started_s, ended_s from test"
        )
        assert [spelling.begun(nodeid, began)] == bodies["test.started"]
        assert [spelling.ended(nodeid, outcome, message, ended)] == bodies["test.ended"]
        rows.row_factory = sqlite3.Row
        assert [spelling.run_begun(dict(row)) for row in rows.execute("select * from run")] == bodies["run.begun"]


def changed(place: int, value: Any, *more: tuple[int, Any]) -> list[Any]:
    row = list(ROW)
    for at, wrong in ((place, value), *more):
        row[at] = wrong
    return row


@pytest.mark.parametrize(
    ("row", "body"),
    [
        (changed(VALUE, 0.25), BODY),
        (changed(SAFETY, -1), BODY.replace("false", "true")),
        # a number's column that holds text, which another quote would spell
        (changed(VALUE, "it's"), BODY.replace("0.5", '"it\'s"')),
        (changed(TEXT, b"x", (VALUE, None)), BODY.replace("0.5", '"x"')),
        # a condition of the same name as a column: where one ends and the other begins is moved
        (
            changed(CONDITIONS, '{"a":1', (HIGH, 2.0)),
            BODY.replace('{},"high":1.0', '{"a":1,"high":2.0},"high":1.0'),
        ),
        (changed(ONE_OF, 'null,"own_u":null'), BODY.replace('"one_of":null,', '"one_of":null,"own_u":null,')),
        (changed(VALUE, 0.5), BODY.replace('"own_u":null', '"own_u":null,"one_of":null')),
    ],
)
def test_what_only_looks_like_it_is_not_spelled(row: list[Any], body: str):
    assert spelling.measured(ROW, BODY)
    assert not spelling.measured(row, body)
