"""A run that was made smaller, or changed under way, is no PASS, whatever made it so."""

import shutil
import sys
import types

import pytest

from tests.station.places import simulated_station

AFTER = """
def pytest_collection_modifyitems(items):
    del items[0]
"""
BEFORE = """
@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    del items[0]
    return (yield)
"""
MORE = """
import pytest
@pytest.mark.measures("boot.time")
def test_boot(measure, good):
    measure("boot.time", good("boot.time"))
"""


def numbered(good_plan, at, line):
    """The plan with a line put in front of the measurement of a test."""
    return good_plan.replace(f'measure("{at}", good', f'{line}; measure("{at}", good')


TAKEN_OUT = "test_standby: taken out of the plan after it was collected, by a conftest"


@pytest.mark.parametrize("removes", [BEFORE, AFTER])
def test_conftest_that_removes_a_test(run_plan, good_plan, removes):
    ran = run_plan(good_plan, conftest=removes)
    assert (ran.status, ran.told.calls) == (4, [])
    assert [one.rpartition("::")[2] for one in ran.told.refusals] == [TAKEN_OUT]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("items.append(items[0])", "test_standby: would run 2 times; a unit is tested once"),
        ("items.reverse()", "test_heater: a conftest or plug-in has changed the order of the tests"),
        (
            "items.append(pytest.Function.from_parent(items[0].parent, name='more', callobj=lambda: None))",
            "more: isn't a test of the plan, but would run",
        ),
    ],
)
def test_conftest_that_changes_what_runs(run_plan, good_plan, changes, said):
    hook = f"import pytest\n@pytest.hookimpl(trylast=True)\ndef pytest_collection_modifyitems(items):\n    {changes}\n"
    ran = run_plan(good_plan, conftest=hook)
    assert (ran.status, ran.told.calls) == (4, [])
    assert said in ran.told.refusals[0]


def test_conftest_that_hides_a_file(run_plan, good_plan, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "test_more.py").write_text(MORE)
    ran = run_plan(good_plan, conftest="collect_ignore = ['test_more.py']")
    assert ran.told.summary is None
    assert ran.told.refusals[0].startswith("test_more.py:4: test_boot: looks like a test, but pytest doesn't run it: ")


def test_file_without_a_test(run_plan, good_plan, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "test_more.py").write_text("x = 1")
    assert run_plan(good_plan).told.refusals == ["test_more.py: named as a test file, but no test in it was collected"]


@pytest.mark.parametrize(
    "arguments",
    [("-k", "heater"), ("-m", "requirement"), ("--deselect", "tiny/test_tiny.py::test_standby")],
)
def test_deselected_test_is_missed(run_plan, good_plan, tmp_path, arguments):
    if "--deselect" in arguments:
        arguments = ("--deselect", f"{tmp_path.name}/tiny/test_tiny.py::test_standby")
    ran = run_plan(good_plan, *arguments)
    assert (ran.verdict, ran.status) == ("INCOMPLETE", 2)
    assert "test_standby: deselected" in ran.reasons
    # a part is nobody's attempt: it has a record of its own
    assert ran.told.summary.trial == f"a part of plan tiny ({arguments[0]}); run all of it to judge the unit"
    assert ran.told.summary.record == ran.data / "trials"
    assert not (ran.data / "record.sqlite").exists()


def test_only_the_last_failed(run_plan, good_plan, tmp_path):
    cache = ("-p", "cacheprovider", "-o", f"cache_dir={tmp_path / 'cache'}")
    failing = good_plan.replace('good("heater.resistance")', 'good("heater.resistance", 2)')
    assert run_plan(failing, *cache).verdict == "FAIL"
    ran = run_plan(good_plan, *cache, "--lf")
    assert "test_standby: looks like a test, but pytest doesn't run it" in ran.told.refusals[0]
    assert ran.status == 4


@pytest.mark.parametrize("stop", ["-x", "--maxfail=1"])
def test_stopped_at_the_first_failure(run_plan, good_plan, stop):
    ran = run_plan(good_plan.replace('good("standby.current")', 'good("standby.current", 50)'), stop)
    assert (ran.verdict, ran.status) == ("FAIL", 1)
    assert len(ran.told.measurements) == 1


def test_collecting_only_judges_nothing(run_plan, good_plan):
    ran = run_plan(good_plan, "--collect-only")
    assert ran.told.calls == []
    assert not (ran.data / "record.sqlite").exists()


def test_options_from_the_environment_leave_nothing_out_unseen(run_plan, good_plan, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k heater")
    assert run_plan(good_plan).verdict == "INCOMPLETE"


TAKEN = "plug-in rig-life-cycle: taken away by an option or a conftest; leave it in, nothing is judged without it"
UNREGISTERS = """
def pytest_configure(config):
    config.pluginmanager.unregister(name="rig-life-cycle")
"""


def test_without_our_own_plug_in_nothing_is_tested(run_plan, good_plan, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:rig-life-cycle")
    ran = run_plan(good_plan)
    assert (ran.status, ran.told.refusals, ran.told.calls) == (4, [TAKEN], [])
    monkeypatch.delenv("PYTEST_ADDOPTS")
    ran = run_plan(good_plan, conftest=UNREGISTERS)
    assert (ran.status, ran.told.refusals, ran.told.calls) == (4, [TAKEN], [])


def test_a_plan_is_not_spread_over_processes(run_plan, good_plan):
    ran = run_plan(good_plan, "-p", "xdist", "-n", "2")
    assert (ran.status, ran.told.calls) == (4, [])
    assert ran.told.refusals == ["-n: a unit is tested by one process; leave it out"]


def edited(path):
    return f"__import__('pathlib').Path({str(path)!r}).write_text('# edited')"


def test_plan_edited_while_it_runs(run_plan, good_plan):
    ran = run_plan(numbered(good_plan, "standby.current", edited("PLACE").replace("'PLACE'", "__file__")))
    assert (ran.verdict, ran.status) == ("ERROR", 2)
    assert ran.reasons == "test_tiny.py: changed while the plan ran; run it again"


@pytest.mark.parametrize("name", ["conftest.py", "helper.py", "test_tiny.py"])
def test_file_of_the_plan_removed_while_it_runs(run_plan, good_plan, tmp_path, name):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "helper.py").write_text("")
    ran = run_plan(numbered(good_plan, "heater.resistance", f"os.remove({str(tmp_path / 'tiny' / name)!r})"))
    assert ran.verdict == "ERROR"
    assert ran.reasons.startswith(f"{name}: changed")


def test_definition_edited_while_it_runs(run_plan, good_plan, tiny_product, tmp_path):
    own = tmp_path / "product"
    shutil.copytree(tiny_product, own)
    plan = numbered(good_plan, "standby.current", edited(own / "limits.toml"))
    ran = run_plan(plan, "--product", str(own))
    assert (ran.verdict, ran.reasons) == ("ERROR", "limits.toml: changed while the plan ran; run it again")


def test_station_edited_while_it_runs(run_plan, good_plan, tmp_path):
    own = simulated_station(tmp_path, "line.toml")
    plan = numbered(good_plan, "standby.current", edited(own))
    ran = run_plan(plan, "--station", str(own))
    assert (ran.verdict, ran.reasons) == ("ERROR", "line.toml: changed while the plan ran; run it again")


def test_data_sheet_edited_while_it_runs(run_plan, good_plan, tmp_path, monkeypatch):
    from rig.station import accuracy

    own = tmp_path / "instruments"
    shutil.copytree(accuracy.DIRECTORY, own)
    monkeypatch.setattr(accuracy, "DIRECTORY", own)
    ran = run_plan(numbered(good_plan, "standby.current", edited(own / "dmm6500.toml")))
    assert (ran.verdict, ran.reasons) == ("ERROR", "dmm6500.toml: changed while the plan ran; run it again")


def test_fixture_edited_while_it_runs(run_plan, good_plan, tmp_path, monkeypatch):
    package = tmp_path / "place" / "fixtures_of_test"
    package.mkdir(parents=True)
    (package / "shaky.py").write_text("")
    module = types.ModuleType("fixtures.shaky")
    module.__file__ = str(package / "shaky.py")
    monkeypatch.setitem(sys.modules, "fixtures.shaky", module)
    ran = run_plan(numbered(good_plan, "standby.current", edited(package / "shaky.py")))
    assert (ran.verdict, ran.reasons) == ("ERROR", "shaky.py: changed while the plan ran; run it again")
