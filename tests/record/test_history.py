"""A unit's history as the record keeps it: attempts, failed safety measurements, dispositions, first-pass yield."""

import sqlite3
from pathlib import Path

import pytest

from rig.errors import RecordError
from rig.measure import Limit, Reading, decide
from rig.record import FirstPass, Record, RunRecord
from rig.record.store import FILE_NAME
from tests.record.begun import begun, opened

SAFETY = Limit("cutoff.latched", one_of=("latched",), safety=True, requirement="SAF-005")
CURRENT = Limit("motor.current", {"level": 3}, "A", 0.1, 0.3)


def begin(
    record: Record,
    serial: str,
    known: int | None = None,
    plan: str = "production",
    station: str = "twin",
    **extra: object,
) -> RunRecord:
    return begun(record, serial, tests=["t::one"], plan=plan, station=station, extra=extra, known=known)


def take(run: RunRecord, limit: Limit, value: float | str) -> None:
    reading = Reading(value, limit.unit)
    run.measurement("t::one", limit.id, limit.conditions, reading, limit, decide(reading, limit), 1.0)


def attempt(
    record: Record,
    serial: str,
    verdict: str,
    *,
    safe: bool = True,
    out: bool | None = None,
    plan: str = "production",
    station: str = "twin",
    **extra: object,
) -> None:
    run = begin(record, serial, plan=plan, station=station, **extra)
    take(run, SAFETY, "latched" if safe else "gone")
    # out of limits, but no matter of safety
    take(run, CURRENT, 0.5 if (verdict == "FAIL" if out is None else out) else 0.2)
    run.end(verdict, [], 1.0, 1.0)


def test_history_in_its_order(tmp_path: Path):
    with opened(tmp_path) as record:
        attempt(record, "A", "FAIL", safe=False)
        attempt(record, "B", "PASS")
        found = record.history("A")
        assert [one.unsafe for one in found.attempts] == [("cutoff.latched",)]
        assert found.status.standing == "blocked"
        record.dispose(found, reason="sensor\nchanged", by="engineer-1", role="engineer", station="line-1")
        found = record.history("A")
        assert found.status.standing == "retest needed"
        (disposition,) = found.dispositions
        assert (disposition.by, disposition.role, disposition.station) == ("engineer-1", "engineer", "line-1")
        assert disposition.reason == "sensor\nchanged"
        attempt(record, "A", "PASS")
        attempt(record, "A", "PASS")
        assert record.history("A").status.passed == (2, 3)
        assert [one.serial for one in record.histories()] == ["A", "B"]
        assert [str(one.status.standing) for one in record.histories()] == ["passed", "passed"]
        assert record.history("C").status.standing == "untested"
        assert record.verify().ok


def test_only_one_of_two_dispositions_at_once_is_taken(tmp_path: Path):
    with opened(tmp_path) as record:
        attempt(record, "A", "FAIL", safe=False)
        seen = record.history("A")
        record.dispose(seen, reason="sensor changed", by="engineer-1", role="engineer", station="line-1")
        with pytest.raises(RecordError, match="has changed meanwhile"):
            record.dispose(seen, reason="no idea", by="engineer-2", role="engineer", station="line-1")
        assert [one.by for one in record.history("A").dispositions] == ["engineer-1"]


def test_a_changed_disposition_is_found(tmp_path: Path):
    with opened(tmp_path) as record:
        attempt(record, "A", "FAIL", safe=False)
        record.dispose(record.history("A"), reason="r", by="engineer-1", role="engineer", station="line-1")
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("update disposition set by = 'technician-1'")
    database.close()
    with opened(tmp_path) as record:
        found = record.verify()
        assert not found.ok
        assert "column by was changed" in str(found.reason)


def test_a_run_is_admitted_by_the_history_it_was_judged_by(tmp_path: Path):
    with opened(tmp_path) as record:
        first = begin(record, "A", known=0)
        with pytest.raises(RecordError, match="attempt 1 of plan production is going on"):
            begin(record, "A", known=1)
        take(first, SAFETY, "gone")
        first.commit()
        with pytest.raises(RecordError, match="is going on"):
            record.dispose(record.history("A"), reason="r", by="e", role="engineer", station="s")
        first.end("FAIL", [], 1.0, 1.0)
        with pytest.raises(RecordError, match="has changed meanwhile"):
            begin(record, "A", known=0)
        begin(record, "A", known=1).end("PASS", [], 1.0, 1.0)
        assert [one.attempt for one in record.history("A").attempts] == [1, 2]


def test_the_rule_is_that_of_the_latest_attempt(tmp_path: Path):
    with opened(tmp_path) as record:
        run = begin(record, "A", retest={"deciding": 3}, again="dropped")
        run.end("FAIL", [], 1.0, 1.0)
        assert record.history("A").deciding == 3
        assert record.history("A").attempts[0].again == "dropped"


def test_first_pass_yield_counts_first_judgements(tmp_path: Path):
    with opened(tmp_path) as record:
        assert record.first_pass() == []
        for serial, verdicts in {
            "A": ["PASS"],
            "B": ["FAIL", "PASS", "PASS"],  # passed in the end, but not at first
            "C": ["ERROR", "PASS"],  # the rig's trouble isn't the unit's
            "D": ["INTERRUPTED"],  # not judged yet
            "E": ["PASS", "FAIL"],
        }.items():
            for verdict in verdicts:
                attempt(record, serial, verdict)
        attempt(record, "A", "FAIL", plan="sampled")
        assert record.first_pass() == [FirstPass("production", 4, 3), FirstPass("sampled", 1, 0)]
        assert record.first_pass()[0].ratio == 0.75


@pytest.mark.parametrize("word", ["INTERRUPTED", "ERROR", "INCOMPLETE", "PASS"])
def test_what_failed_counts_whatever_word_the_run_ended_with(tmp_path: Path, word: str):
    with opened(tmp_path) as record:
        attempt(record, "A", word, out=True, made_with={"motor.current": ["current"]})
        attempt(record, "A", word, out=True, made_with={"motor.current": ["current"]})
        attempt(record, "A", "PASS")
        status = record.history("A").status
        assert (status.standing, status.failed) == ("failed", (1, 2))
        assert record.first_pass() == [FirstPass("production", 1, 0)]


def test_a_test_that_failed_without_a_measurement_counts(tmp_path: Path):
    with opened(tmp_path) as record:
        run = begin(record, "A", made_with={})
        run.test_started("t::one", 0.0)
        run.test_ended("t::one", "failed", "the unit refused", 1.0)
        run.end("INTERRUPTED", ["interrupted: Ctrl-C"], 1.0, 1.0)
        (only,) = record.history("A").attempts
        assert (only.counts, only.failed) == ("fail", ("one",))


@pytest.mark.parametrize(
    ("blames", "test", "counts"),
    [
        (["current"], "t::other", "doubt"),  # the meter that made the reading, whenever it was found out
        (["all"], "t::other", "doubt"),
        (["scale"], "t::one", "fail"),  # another instrument
        ([], "t::one", "doubt"),  # nobody knows which, in the same test
        ([], "t::other", "fail"),
    ],
)
def test_trouble_of_the_bench_puts_in_doubt_what_its_instruments_read(
    tmp_path: Path, blames: list[str], test: str, counts: str
):
    with opened(tmp_path) as record:
        run = begin(record, "A", made_with={"motor.current": ["battery", "current"]})
        take(run, CURRENT, 0.5)
        run.event("run.trouble", {"message": "gone", "kind": "bench", "test": test, "blames": blames})
        run.end("ERROR", ["gone"], 1.0, 1.0)
        assert record.history("A").attempts[0].counts == counts


def test_of_an_old_run_that_ended_in_an_error_nobody_knows_whose_doing_it_was(tmp_path: Path):
    with opened(tmp_path) as record:
        attempt(record, "A", "ERROR", out=True)
        assert record.history("A").attempts[0].counts == "doubt"
        attempt(record, "A", "PASS")
        assert record.history("A").status.standing == "retest needed"
        attempt(record, "B", "ERROR", safe=False)
        assert record.history("B").status.standing == "blocked"


def test_which_plans_release_is_what_the_latest_attempt_was_begun_by(tmp_path: Path):
    with opened(tmp_path) as record:
        attempt(record, "A", "PASS", plan="sampled")
        status = record.history("A").status
        assert (status.standing, status.reason) == ("not released", "sampled passed; production has not run")
        attempt(record, "B", "PASS", plan="final", retest={"releasing": ["final"]})
        assert record.history("B").status.standing == "passed"
        attempt(record, "C", "PASS", retest={"releasing": ["production", "final"]})
        assert record.history("C").status.reason == "production passed; final has not run"


def test_a_record_without_dispositions_gets_their_table(tmp_path: Path):
    with opened(tmp_path) as record:
        attempt(record, "A", "FAIL", safe=False)
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("drop table disposition")
        database.execute("pragma user_version = 1")
    database.close()
    with opened(tmp_path) as record:
        assert record.history("A").status.standing == "blocked"
        assert record.verify().ok
