"""Readings as pandas DataFrames: the one way into statistics, tables and CSV."""

import json

import pandas as pd
from sqlalchemy import Connection, select

from rig.record.store import measurements, runs
from rig.record.text import spelled

COLUMNS = [
    *("run", "serial", "attempt", "plan", "test", "id", "conditions", "value", "text", "unit", "u"),
    *("low", "high", "verdict", "t_s"),
    *("one_of", "acceptance_low", "acceptance_high", "p_conform", "safety", "requirement"),
]


def measurement_frame(connection: Connection, serial: str | None, plan: str | None, run: str | None) -> pd.DataFrame:
    """Return one row per measurement, in the journal's order, with the columns of `COLUMNS`.

    Numbers stand in `value`, texts and states in `text`; `conditions` reads `level=3, sensor=NTC1`; `t_s` is
    bench time in seconds since the run's start.
    """
    statement = (
        select(
            measurements,
            runs.c.serial,
            runs.c.attempt,
            runs.c.plan,
        )
        .join_from(measurements, runs, measurements.c.run == runs.c.run)
        .order_by(measurements.c.event)
    )
    for column, wanted in ((runs.c.serial, serial), (runs.c.plan, plan), (runs.c.run, run)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    for row in rows:
        row["conditions"] = spelled(json.loads(row["conditions"]))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["value", "u", "low", "high", "t_s", "acceptance_low", "acceptance_high", "p_conform"]
    for number in numbers:
        frame[number] = pd.Series(frame[number], dtype="float64")
    return frame
