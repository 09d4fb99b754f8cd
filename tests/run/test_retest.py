"""When a unit may be tested again: asked before a run begins, whoever starts it."""

import json

import pytest

from tests.record.begun import begun, opened
from tests.run.conftest import SERIAL

FAILS = """
@pytest.mark.measures("standby.current")
def test_standby(measure, good):
    measure("standby.current", good("standby.current", 50))

@pytest.mark.measures("heater.resistance")
def test_heater(measure, good):
    measure("heater.resistance", good("heater.resistance"))
"""
UNSAFE = (
    FAILS
    + """
@pytest.mark.measures("heater.off_current")
def test_leak(measure, good):
    measure("heater.off_current", good("heater.off_current", 50)){then}
"""
)
AGAIN = ("--again", "dropped on the floor")


def nest(*looks):
    """A plug-in by whose thermocouples the unit is so many kelvin above the ambient, look by look."""
    return f"""
from rig.errors import *
def pytest_rig_warmth(run):
    def looks():
        for look in {list(looks)!r}:
            if isinstance(look, str):
                raise eval(look)
            yield look
    return looks()
"""


def history(data):
    with opened(data) as record:
        return record.history(SERIAL)


def refusals(data):
    with opened(data) as record:
        return record.events("", "run.refused")


def standing(ran):
    return str(ran.told.summary.unit.standing)


def test_a_pass_after_a_fail_isnt_a_passed_unit(run_plan, good_plan):
    assert standing(run_plan(FAILS)) == "retest needed"
    ran = run_plan(good_plan)
    assert (ran.verdict, standing(ran)) == ("PASS", "retest needed")
    ran = run_plan(good_plan)
    assert (ran.verdict, standing(ran), ran.told.summary.attempt) == ("PASS", "passed", 3)
    assert history(ran.data).status.passed == (2, 3)


def test_two_fails_are_for_good(run_plan, good_plan):
    run_plan(FAILS)
    assert standing(run_plan(FAILS)) == "failed"
    ran = run_plan(good_plan)
    assert ran.told.summary is None
    assert ran.told.refusals == [
        f"serial {SERIAL}: failed: attempts 1 and 2 failed: for good; set it aside with its label; to test it all the "
        "same, give --again REASON (it stays failed)"
    ]
    ran = run_plan(good_plan, *AGAIN)
    assert (ran.verdict, standing(ran)) == ("PASS", "failed")


def test_a_passed_unit_asks_for_a_reason_which_is_kept(run_plan, good_plan):
    run_plan(good_plan)
    ran = run_plan(good_plan)
    assert (ran.status, ran.told.summary) == (4, None)
    assert "passed: attempt 1 passed; to test it all the same, give --again REASON" in ran.told.refusals[0]
    ran = run_plan(good_plan, *AGAIN)
    assert (standing(ran), ran.told.summary.attempt) == ("passed", 2)
    assert ran.recorded()[0].extra["again"] == "dropped on the floor"
    assert run_plan(good_plan, "--again", " ").told.refusals == [
        "--again: is empty; leave it out, or give what it names"
    ]


def test_what_judged_nothing_doesnt_count(run_plan, good_plan):
    broken = good_plan.replace("measure(", "raise ConnectionLost('gone'); measure(", 1)
    assert standing(run_plan(broken)) == "not judged"
    assert standing(run_plan(good_plan)) == "passed"
    # tested again for a reason, and not judged since: its pass doesn't stand, and nobody asks for a reason again
    assert standing(run_plan(broken, *AGAIN)) == "retest needed"
    assert standing(run_plan(good_plan)) == "passed"


@pytest.mark.parametrize(("then", "verdict"), [("", "FAIL"), ("; raise ConnectionLost('gone')", "ERROR")])
def test_a_failed_safety_measurement_blocks_whatever_the_verdict(run_plan, good_plan, then, verdict):
    ran = run_plan(UNSAFE.format(then=then))
    assert (ran.verdict, standing(ran)) == (verdict, "blocked")
    for arguments in ((), AGAIN):
        ran = run_plan(good_plan, *arguments)
        assert ran.told.summary is None
        assert "blocked: safety measurement failed: heater.off_current in attempt 1" in ran.told.refusals[0]
    assert len(history(ran.data).attempts) == 1
    assert [one["serial"] for one in refusals(ran.data)] == [SERIAL, SERIAL]
    with opened(ran.data) as record:
        record.dispose(record.history(SERIAL), reason="r", by="engineer-1", role="engineer", station="s")
    ran = run_plan(good_plan)
    assert standing(ran) == "retest needed"  # what failed counts, whatever word its run ended with


WARM = {"face": 3.0, "plate": 5.4, "motor": 0.2}
BROKEN = "raise ConnectionLost('gone'); measure("


@pytest.mark.parametrize("before", ["", FAILS, "broken", "interrupted"])
def test_a_warm_unit_is_refused_whatever_was_before(run_plan, good_plan, before):
    if before:
        plans = {"broken": BROKEN, "interrupted": "raise KeyboardInterrupt; measure("}
        run_plan(good_plan.replace("measure(", plans[before], 1) if before in plans else before)
    attempts = len(history(run_plan(good_plan, conftest=nest(WARM)).data).attempts)
    ran = run_plan(good_plan, conftest=nest(WARM))
    assert ran.told.summary is None
    # 266 s x ln(5.4)
    assert ran.told.refusals == [
        f"serial {SERIAL}: not cool: its pad's plate is 5.4 K above the ambient, a test begins within 1 K, "
        "in about 449 s; give --wait-cool, or come back then"
    ]
    assert len(history(ran.data).attempts) == attempts == (1 if before else 0)
    assert [one["reason"] for one in refusals(ran.data)] == ran.told.refusals * 2
    assert run_plan(good_plan, conftest=nest({"face": 0.99, "plate": -0.99, "motor": 0.0})).verdict == "PASS"


def test_wait_cool_waits_and_says_so(run_plan, good_plan):
    looks = [{"face": 0.0, "plate": 0.0, "motor": kelvin} for kelvin in (5.0, -2.0, 0.5)]
    ran = run_plan(good_plan, "--wait-cool", conftest=nest(*looks))
    assert ran.verdict == "PASS"
    assert ran.told.notes == [
        "not cool: its motor case is 5.0 K above the ambient, a test begins within 1 K, in about 1642 s: waiting",
        "not cool: its motor case is 2.0 K below the ambient, a test begins within 1 K, in about 708 s: waiting",
    ]
    with opened(ran.data) as record:
        (looked,) = record.events(ran.told.summary.run_id, "unit.cool")
    assert looked == {"kelvin": looks[-1]}


def test_a_unit_that_doesnt_cool_is_refused_at_last(run_plan, good_plan):
    ran = run_plan(good_plan, "--wait-cool", conftest=nest(*[WARM] * 200))
    assert ran.told.refusals[0].endswith("in about 449 s; it doesn't cool")


def test_a_bench_that_cant_look_is_left_to_the_run(run_plan, good_plan):
    """It meets the same trouble, insists on a look of its own, and is in the record."""
    ran = run_plan(good_plan, conftest=nest("InstrumentFault('open wire')"))
    assert len(history(ran.data).attempts) == 1


def test_two_attempts_at_once_are_refused(run_plan, good_plan, tmp_path):
    with opened(tmp_path / "data") as record:
        first = begun(record, SERIAL, plan="tiny", tests=[], station="other", slot=2)
        ran = run_plan(good_plan)
        assert ran.told.refusals == [f"serial {SERIAL}: attempt 1 of plan tiny is going on; wait for its end"]
        first.end("PASS", [], 1.0, 1.0)
    assert len(history(ran.data).attempts) == 1


def test_a_disposition_in_between_is_noticed(run_plan, good_plan):
    """Whatever admitted a run must still hold when it begins."""
    run_plan(FAILS)
    meddler = f"""
from tests.record.begun import opened
def pytest_rig_warmth(run):
    with opened(run.options.data) as record:
        other = record.begin_run(serial={SERIAL!r}, plan="tiny", manifest=[], tests=[], station="s", operator="o",
            slot=2, pad="FLAT", product_name="VS-1", limits_hash="", plan_hash="")
        other.end("FAIL", [], 1.0, 1.0)
    return iter([{{"plate": 0.0}}])
"""
    ran = run_plan(good_plan, conftest=meddler)
    assert "its record has changed meanwhile" in ran.told.refusals[0]
    assert json.dumps([one.verdict for one in history(ran.data).attempts]) == '["FAIL", "FAIL"]'
