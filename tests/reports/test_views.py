"""What `rig show` says of budgets and of bench time, from a small record of its own."""

from pathlib import Path

import pytest

from reports.views import view
from rig.errors import UsageError
from rig.measure import Budget, Contribution, Limit, Reading, decide
from rig.record import BUDGETS, ExpectedMeasurement
from tests.record.begun import begun, opened

SERIAL = "VS1-2026-000042"
BUDGET = Budget(
    "motor.current",
    "A",
    (
        Contribution("current meter", 0.0018, 0.0015, "A", "rectangular", 1.0, "data sheet, page 13"),
        Contribution("share of the heater", 0.003, 0.0, "A", "normal", 1.0, "vs1 section 6"),
    ),
    estimator="mean of the record",
)
CURRENT = Limit("motor.current", {"level": 3}, "A", 0.12, 0.405, safety=True, rule="guarded")
DIRECTION = Limit("motor.direction", one_of=("forward",))
TESTS = ("plan/test_a.py::test_current", "plan/test_b.py::test_direction")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with opened(tmp_path) as record:
        run = begun(
            record,
            SERIAL,
            manifest=[ExpectedMeasurement(TESTS[0], "motor.current", {"level": 3})],
            tests=TESTS,
            operator="tester",
        )
        run.event(BUDGETS, {BUDGET.id: BUDGET.as_json()})
        run.test_started(TESTS[0], 0.0)
        taken = Reading(0.26, "A", 0.004)
        reading = BUDGET.applied(taken)
        run.measurement(
            TESTS[0], CURRENT.id, CURRENT.conditions, reading, CURRENT, decide(reading, CURRENT), 1.0, taken.u
        )
        run.test_ended(TESTS[0], "passed", "", 3.0)
        run.test_started(TESTS[1], 3.0)
        forward = Reading("forward", "")
        run.measurement(TESTS[1], DIRECTION.id, {}, forward, DIRECTION, decide(forward, DIRECTION), 3.5)
        run.test_ended(TESTS[1], "passed", "", 4.0)
        run.end("PASS", [], 0.5, 4.0)
    return tmp_path


def test_a_budget_is_shown_line_by_line(data: Path):
    found, lines = view(data, SERIAL, "motor.current", critical_path=False)
    (reading,) = found["measurements"]
    assert [line["name"] for line in reading["lines"]] == ["current meter", "share of the heater", "estimator"]
    meter, heater, estimator = reading["lines"]
    assert meter["value"] == pytest.approx(0.0018 + 0.0015 * 0.26)
    assert (heater["u"], estimator["u"]) == (0.003, 0.004)
    # 3, 4 and the meter's 1.26 mA: the whole is what the record says
    assert reading["u"] == pytest.approx((0.003**2 + 0.004**2 + meter["u"] ** 2) ** 0.5)
    assert sum(line["share"] for line in reading["lines"]) == pytest.approx(1.0)
    assert (found["k"], reading["expanded_u"]) == (2.0, 2.0 * reading["u"])
    text = "\n".join(lines)
    assert "motor.current, level 3: 0.26 A ±0.01 (k = 2)" in text
    assert "data sheet, page 13" in text


@pytest.mark.parametrize(
    ("serial", "id_", "complaint"),
    [
        (SERIAL, "motor.direction", "a text or a state, which has no uncertainty"),
        (SERIAL, "motor.curent", "no run of VS1-2026-000042 measured it"),
        ("VS1-2026-000043", "motor.current", "never tested"),
    ],
)
def test_what_has_no_budget_is_said(data: Path, serial: str, id_: str, complaint: str):
    with pytest.raises(UsageError, match=complaint):
        view(data, serial, id_, critical_path=False)


def test_bench_time_is_told_test_by_test(data: Path):
    found, lines = view(data, SERIAL, None, critical_path=True)
    assert found["bench_s"] == 4.0
    assert [(step["test"], step["bench_s"], step["share"]) for step in found["critical_path"]] == [
        ("test_current", 3.0, 0.75),
        ("test_direction", 1.0, 0.25),
    ]
    assert "75.0%  test_current" in "\n".join(lines)


def test_attempts_show_what_was_accepted(data: Path):
    found, lines = view(data, SERIAL, None, critical_path=False)
    row = found["attempts"][0]["measurements"][0]
    assert row["acceptance_low"] == pytest.approx(0.12 + 2.0 * row["u"])
    assert "±0.01" in "\n".join(lines)
