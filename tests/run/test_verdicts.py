"""How a run ends, whatever its plan does."""

import json

import pytest

from reports.labels import NODEID_LABEL
from reports.plain import build_plain_page
from tests.record.begun import opened

TWO = """
@pytest.mark.measures("standby.current")
def test_standby(measure, good):
    {standby}

@pytest.mark.measures("heater.resistance")
def test_heater(measure, good):
    measure("heater.resistance", good("heater.resistance"))
"""
TAKE = 'measure("standby.current", good("standby.current"))'


def test_good_unit_passes(run_plan, good_plan):
    ran = run_plan(good_plan)
    assert (ran.status, ran.verdict, ran.reasons) == (0, "PASS", "")
    assert ran.told.calls == ["started", "measured", "measured", "ended"]
    attempt, measurements, tests = ran.recorded()
    assert (attempt.verdict, attempt.attempt, attempt.plan) == ("PASS", 1, "tiny")
    assert [(row.id, row.verdict) for row in measurements] == [
        ("standby.current", "PASS"),
        ("heater.resistance", "PASS"),
    ]
    assert [row.outcome for row in tests] == ["passed", "passed"]


def test_facts_lie_in_the_record_beside_the_results(run_plan, good_plan):
    ran = run_plan(good_plan)
    with opened(ran.data) as record:
        files = {one.name: one.content for one in record.report_files(ran.told.summary.run_id)}
    facts = json.loads(files["run.json"])
    assert not ran.told.summary.results.exists()
    assert facts["verdict"] == "PASS"
    assert facts["attempt"] == 1
    assert [one["id"] for one in facts["measurements"]] == ["standby.current", "heater.resistance"]


@pytest.mark.parametrize("body", ["{take}; {strike}", "{strike}; {take}"])
def test_facts_and_plain_page_of_an_interrupted_run_are_those_of_the_journal(run_plan, tmp_path, body):
    ran = run_plan(TWO.format(standby=body.format(take=TAKE, strike="os.kill(os.getpid(), signal.SIGINT)")))
    attempt, measurements, tests = ran.recorded()
    assert attempt.verdict == "INTERRUPTED"
    with opened(ran.data) as record:
        files = {one.name: one.content for one in record.report_files(attempt.run_id)}
        missing = [one.id for one in record.missing(attempt.run_id)]
        page = build_plain_page(record, [attempt], {}, tmp_path / "page").read_text(encoding="utf-8")
    facts = json.loads(files["run.json"])
    for key, value in {
        "run": attempt.run_id,
        "serial": attempt.serial,
        "verdict": attempt.verdict,
        "reasons": list(attempt.reasons),
        "attempt": attempt.attempt,
        "plan_hash": attempt.plan_hash,
        "limits_hash": attempt.limits_hash,
        "wall_s": attempt.wall_s,
        "bench_s": attempt.bench_s,
    }.items():
        assert facts[key] == value, key
    assert [(one["id"], one["value"], one["u"], one["verdict"]) for one in facts["measurements"]] == [
        (row.id, row.value, row.u, row.verdict) for row in measurements
    ]
    assert [(one["test"], one["message"]) for one in facts["tests"]] == [(row.nodeid, row.message) for row in tests]
    assert "INTERRUPTED" in page
    assert "PASS</title>" not in page
    for reason in attempt.reasons:
        assert f"<p>{reason}</p>" in page
    assert f"{len(missing)} expected measurements are missing:</b> {', '.join(missing)}" in page
    assert "heater.resistance" in missing


def test_second_run_is_the_second_attempt(run_plan, good_plan):
    run_plan(good_plan)
    assert run_plan(good_plan, "--again", "to count").told.summary.attempt == 2


def test_out_of_limits_fails_with_all_of_them_named(run_plan):
    ran = run_plan(
        """
@pytest.mark.measures("standby.current", "heater.resistance")
def test_both(measure, good):
    measure("standby.current", good("standby.current", 50))
    measure("heater.resistance", good("heater.resistance", 2))
"""
    )
    assert (ran.status, ran.verdict) == (1, "FAIL")
    message = ran.told.ends[0].message
    assert "standby.current" in message
    assert "heater.resistance" in message
    assert "standby.current too high: 1.125 mA ±0.003, allowed 5 .. 40 µA [ELE-002]" in ran.reasons
    assert ran.outcomes == {"test_both": "out of limits"}


@pytest.mark.parametrize(
    ("body", "status", "verdict", "reason"),
    [
        ("return", 2, "INCOMPLETE", "standby.current: not measured"),
        (f"pytest.skip('later'); {TAKE}", 2, "INCOMPLETE", "skipped"),
        (f"{TAKE}; pytest.skip('later')", 2, "INCOMPLETE", "skipped"),
        (f"{TAKE}; pytest.xfail('known')", 2, "INCOMPLETE", "expected to fail"),
        (f"{TAKE}; {TAKE}", 2, "ERROR", "measured twice"),
        (f"{TAKE}; measure('boot.time', 0.1)", 2, "ERROR", "boot.time was measured but not declared"),
        (f"{TAKE}; assert 1 == 2", 2, "ERROR", "AssertionError: assert 1 == 2"),
        (f"{TAKE}; {{}}['x']", 2, "ERROR", "KeyError"),
        (f"{TAKE}; pytest.fail('no')", 2, "ERROR", "Failed"),
        ("measure('standby.current', float('nan'))", 2, "ERROR", "nan"),
        ("measure('standby.current', 9.9e37)", 2, "ERROR", "no reading"),
        ("measure('standby.current', Reading(1.0, 'V'))", 2, "ERROR", "measured in 'V'"),
        (f"{TAKE}; raise ConnectionLost('vibration at nowhere: gone')", 2, "ERROR", "vibration at nowhere"),
        (f"{TAKE}; raise NoReply('unit: silent')", 2, "ERROR", "unit: silent"),
        (f"{TAKE}; raise Rebooted('unit: anew')", 2, "ERROR", "unit: anew"),
        (f"{TAKE}; raise Refused('unit: no', 4, 'RANGE')", 1, "FAIL", "unit: no"),
        ("measure('standby.current', good('standby.current', 50)); raise NoReply('later')", 1, "FAIL", "standby"),
        (f"{TAKE}; raise KeyboardInterrupt", 2, "INTERRUPTED", "interrupted"),
        (f"{TAKE}; os.kill(os.getpid(), signal.SIGINT)", 2, "INTERRUPTED", "Ctrl-C"),
        (f"{TAKE}; os.kill(os.getpid(), signal.SIGTERM)", 2, "INTERRUPTED", "SIGTERM"),
        (f"{TAKE}; pytest.exit('enough')", 2, "INTERRUPTED", "enough"),
        (f"{TAKE}; raise SystemExit(0)", 2, "ERROR", "SystemExit"),
    ],
)
def test_every_doubt_leads_away_from_pass(run_plan, body, status, verdict, reason):
    ran = run_plan(TWO.format(standby=body))
    assert (ran.verdict, ran.status) == (verdict, status), ran.reasons
    assert reason in ran.reasons
    assert ran.recorded()[0].verdict == verdict


def test_what_the_bench_no_longer_vouches_for_is_not_recorded(run_plan):
    """The guard took the energy away meanwhile: a motor that runs down has a frequency, but not the unit's."""
    ran = run_plan(
        """
@pytest.mark.measures("standby.current")
def test_standby(run, measure, good):
    def gone():
        raise LeaseLost("the guard took the energy away: too hot")
    run.bench.opened(run.clock, gone)
    measure("standby.current", good("standby.current", 50))

@pytest.mark.measures("heater.resistance")
def test_heater(measure, good):
    measure("heater.resistance", good("heater.resistance"))
"""
    )
    assert (ran.verdict, ran.status) == ("ERROR", 2)
    assert "the guard took the energy away: too hot" in ran.reasons
    assert ran.recorded()[1] == []


@pytest.mark.parametrize(
    ("mark", "verdict", "reason"),
    [
        ("@pytest.mark.skip", "INCOMPLETE", "skipped"),
        ("@pytest.mark.xfail", "INCOMPLETE", "expected to fail"),
    ],
)
def test_marks_dont_make_a_pass(run_plan, mark, verdict, reason):
    ran = run_plan(TWO.format(standby=TAKE).replace("\n@", f"\n{mark}\n@", 1))
    assert ran.verdict == verdict
    assert reason in ran.reasons


@pytest.mark.parametrize("phase", ["setup", "teardown"])
@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("ConnectionLost('gone')", "ERROR"),
        ("ConfigError('wrong')", "ERROR"),
        ("ValueError('bug')", "ERROR"),
        ("KeyboardInterrupt", "INTERRUPTED"),
        ("NoReply('silent')", "ERROR"),
        ("Refused('no', 4, 'RANGE')", "FAIL"),
    ],
)
def test_trouble_in_a_fixture(run_plan, good_plan, phase, error, verdict):
    lines = {"setup": f"raise {error}\n    yield", "teardown": f"yield\n    raise {error}"}
    fixture = "from rig.errors import *\n@pytest.fixture(autouse=True)\ndef shaky(bench):\n    " + lines[phase]
    ran = run_plan(good_plan, conftest=fixture)
    assert ran.verdict == verdict, ran.reasons


def test_trouble_at_the_very_end(run_plan, good_plan):
    fixture = (
        "from rig.errors import *\n@pytest.fixture(scope='session', autouse=True)\n"
        "def shaky(bench):\n    yield\n    raise ConnectionLost('supply: gone')\n"
    )
    ran = run_plan(good_plan, conftest=fixture)
    assert ran.verdict == "ERROR"
    assert "supply: gone" in ran.reasons


def test_nothing_runs_after_rig_trouble(run_plan):
    ran = run_plan(TWO.format(standby="raise ConnectionLost('gone')"))
    assert ran.verdict == "ERROR"
    assert ran.told.measurements == []


def test_nothing_runs_after_a_stop(run_plan):
    ran = run_plan(TWO.format(standby="measure.func.__self__.stop('polarity reversed')"))
    assert (ran.status, ran.verdict) == (1, "FAIL")
    assert ran.told.measurements == []
    assert "polarity reversed" in ran.reasons


def test_interrupted_test_tears_its_fixtures_down_and_the_rest_is_left_out(run_plan):
    ran = run_plan(TWO.format(standby="os.kill(os.getpid(), signal.SIGINT)"))
    assert ran.verdict == "INTERRUPTED"
    assert ran.told.measurements == []
    assert "NOT SAFE" not in ran.reasons


def test_bench_that_isnt_safe_is_an_error(run_plan, good_plan):
    ran = run_plan(good_plan, safe=False)
    assert ran.verdict == "ERROR"
    assert ran.reasons.startswith("NOT SAFE")


def test_signals_are_given_back(run_plan, good_plan):
    import signal

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run_plan(good_plan)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def told_to_allure(run_plan, source, **options):
    """Run a plan under allure-pytest; the results that it wrote, by test, as the record keeps them."""
    ran = run_plan(source, "-p", "allure_pytest.plugin", "-p", "reports.allure_hooks", **options)
    with opened(ran.data) as record:
        files = record.report_files(ran.told.summary.run_id)
    results = [json.loads(one.content) for one in files if one.name.endswith("-result.json")]
    places = [next(label["value"] for label in one["labels"] if label["name"] == NODEID_LABEL) for one in results]
    return ran, {place.rpartition("::")[2]: result for place, result in zip(places, results, strict=True)}


@pytest.mark.parametrize(
    "left",
    [
        "raise KeyboardInterrupt",
        "os.kill(os.getpid(), signal.SIGINT)",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "pytest.exit('enough')",
        "pytest.exit('enough', returncode=0)",
    ],
)
def test_a_test_that_was_left_is_broken_for_allure_too(run_plan, left):
    ran, results = told_to_allure(run_plan, TWO.format(standby=f"{TAKE}; {left}"))
    assert (ran.verdict, ran.status) == ("INTERRUPTED", 2)
    assert {name: result["status"] for name, result in results.items()} == {
        "test_standby": "broken",
        "test_heater": "skipped",
    }


@pytest.mark.parametrize(
    ("trouble", "status", "verdict"),
    [
        ("assert 1 == 2", "broken", "ERROR"),
        ("raise ConnectionLost('supply: gone')", "broken", "ERROR"),
        ("raise Refused('unit: no', 4, 'RANGE')", "failed", "FAIL"),
    ],
)
def test_only_trouble_of_the_unit_in_a_fixture_is_a_failure_for_allure(run_plan, good_plan, trouble, status, verdict):
    fixture = f"from rig.errors import *\n@pytest.fixture(autouse=True)\ndef shaky(bench):\n    {trouble}\n"
    ran, results = told_to_allure(run_plan, good_plan, conftest=fixture)
    assert ran.verdict == verdict
    assert results["test_standby"]["status"] == status


HOSTILE = """
import allure

@pytest.mark.measures("identity.firmware")
def test_firmware(measure):
    reply = b"\\xe9\\x1b[2J".decode("ascii", "surrogateescape")
    allure.dynamic.title(reply)
    with allure.step(reply):
        measure("identity.firmware", reply)
"""


def test_bytes_of_the_wire_in_a_title_or_a_step_stop_nothing(run_plan, good_plan):
    ran, results = told_to_allure(run_plan, good_plan + HOSTILE)
    assert (ran.verdict, ran.reasons) == ("FAIL", "identity.firmware wrong: \udce9\x1b[2J, not 1.4.2 [PRD-001]")
    steps = [step["name"] for step in results["test_firmware"]["steps"]]
    assert steps[0] == r"\udce9\x1b[2J"
    assert r"identity.firmware: \udce9\x1b[2J" in steps[1]


def test_a_parameter_that_cannot_be_shown_stops_the_plan_before_it_begins(run_plan, good_plan):
    hostile = '@pytest.mark.parametrize("place", ["\\udce9"])\ndef test_more(place):\n    pass\n'
    ran = run_plan(good_plan + hostile)
    assert (ran.status, ran.told.calls) == (4, [])
    assert ran.told.refusals[0].endswith(r"parameter place: '\udce9' can't be shown; write plain text")


@pytest.mark.parametrize("leaves", ["pytest.skip('later')", "pytest.xfail('known')"])
def test_the_end_of_the_run_cant_be_skipped(run_plan, good_plan, leaves):
    ran = run_plan(good_plan, conftest=f"import pytest\ndef pytest_sessionfinish():\n    {leaves}\n")
    assert ran.verdict == "INCOMPLETE"
    assert "end of the run" in ran.reasons


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_while_the_last_test_is_torn_down_doesnt_keep_the_bench_from_being_made_safe(
    run_plan, good_plan, number
):
    struck = f"""
import os, signal
@pytest.fixture(scope="session", autouse=True)
def making_safe(bench):
    def made():
        pass
    yield
    os.kill(os.getpid(), signal.{number})
    made()
"""
    ran = run_plan(good_plan, conftest=struck)
    assert ran.verdict == "INTERRUPTED", ran.reasons
    assert "NOT SAFE" not in ran.reasons


def test_a_verdict_that_was_told_as_an_error_isnt_recorded_as_a_pass_later(run_plan, good_plan):
    """Somebody else holds the database for too long, but not any more when the reporter's files are stored."""
    locked = """
from rig.errors import RecordError
from rig.record.writer import Writer

append = Writer.append

def locked(self, cursor, drafts, **given):
    if any(draft.kind == "run.ended" for draft in drafts) and not left.pop():
        raise RecordError("database is locked")
    return append(self, cursor, drafts, **given)

left = [True, False]

def pytest_configure():
    Writer.append = locked

def pytest_unconfigure():
    Writer.append = append
"""
    ran = run_plan(good_plan, conftest=locked)
    assert ran.verdict == "ERROR"
    assert "database is locked" in ran.reasons
    assert ran.recorded()[0].verdict == "ERROR"


SUPPLY = """
from rig.errors import InstrumentFault
@pytest.fixture(autouse=True)
def doubted(run):
    def doubt(error):
        raise InstrumentFault("the supply fell")
    run.bench.ask_before_blame(doubt)
"""


@pytest.mark.parametrize(
    "body", ["measure('standby.current', good('standby.current', 50))", "raise UnitError('it saw nothing')"]
)
def test_what_the_rig_did_is_not_held_against_the_unit(run_plan, good_plan, body):
    blamed = good_plan.replace("measure(", f"{body}; measure(", 1)
    assert run_plan(blamed).verdict in ("FAIL", "ERROR")
    ran = run_plan(blamed, conftest=SUPPLY)
    assert (ran.verdict, ran.reasons) == ("ERROR", "the supply fell")
    assert ran.told.measurements == []
    assert run_plan(good_plan, conftest=SUPPLY).verdict == "PASS"
