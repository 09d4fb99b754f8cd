"""Plain `pytest test_plans/...` follows the rules of `rig test`, whatever stands in the caller's directory."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rig.record import Record
from tests.run.conftest import FAKE_BENCH, GOOD, HEADER, SERIAL
from tests.station.places import simulated_station

SLOW = "    __import__('threading').Event().wait(0.6)\n"
WARNS = "    __import__('warnings').warn('as a driver may', UserWarning, stacklevel=1)\n"
AGAIN = """
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    return None
"""
LEAVES = "import os\nos._exit(0)\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A caller's directory, whose configuration would end a soak and make an error of each warning."""
    plan = tmp_path / "test_plans" / "tiny"
    plan.mkdir(parents=True)
    (plan / "conftest.py").write_text(FAKE_BENCH.replace("SAFE", "True"))
    (plan / "test_tiny.py").write_text(HEADER + GOOD)
    (tmp_path / "again.py").write_text(AGAIN)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 0.3\ntimeout_method = signal\nfilterwarnings = error\n")
    return tmp_path


def direct(place: Path, product: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *arguments, "--serial", SERIAL, "--data", str(place / "data")]
    command += ["--product", str(product), "--station", str(simulated_station(place))]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60, check=False)


def edit(place: Path, before: str, more: str) -> None:
    file = place / "test_plans" / "tiny" / "test_tiny.py"
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, more + before))


def test_the_callers_timeout_and_filters_have_no_part_in_it(place: Path, tiny_product: Path):
    edit(place, '    measure("standby.current"', SLOW + WARNS)
    done = direct(place, tiny_product, "test_plans/tiny", "--alluredir", "results", "--junitxml", "junit.xml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiny, attempt 1: PASS" in done.stdout
    assert len(list((place / "results").glob("*-result.json"))) == 2
    assert (place / "junit.xml").is_file()


LEFT_OUT = "rig: plug-in pytest_timeout: a plan is run without plug-ins of others: leave out -p"


@pytest.mark.parametrize(
    ("options", "conftest", "said"),
    [
        (("-p", "again"), "", "rig: module again was loaded from "),  # from the caller's directory
        (("-p", "timeout"), "", LEFT_OUT.replace("pytest_timeout", "timeout")),  # installed
        ((), "pytest_plugins = ['pytest_timeout']\n", LEFT_OUT),
    ],
)
def test_a_plug_in_of_others_is_refused_by_name(
    place: Path, tiny_product: Path, options: tuple[str, ...], conftest: str, said: str
):
    (place / "conftest.py").write_text(conftest)
    done = direct(place, tiny_product, "test_plans/tiny", *options)
    assert done.returncode == 64, done.stdout + done.stderr
    assert said in done.stderr
    assert not (place / "data" / "record.sqlite").exists()


@pytest.mark.parametrize("where", ["test", "conftest"])
def test_a_plan_that_leaves_python_is_trouble(place: Path, tiny_product: Path, where: str):
    if where == "test":
        edit(place, '    measure("standby.current"', "    os._exit(0)\n")
    else:
        conftest = place / "test_plans" / "tiny" / "conftest.py"
        conftest.write_text(LEAVES + conftest.read_text())
    done = direct(place, tiny_product, "test_plans/tiny")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "rig: plan tiny: its process ended with exit status 0 and without a judgement" in done.stderr


def test_one_test_is_a_trial_of_the_whole_plan(place: Path, tiny_product: Path):
    node = "test_plans/tiny/test_tiny.py::test_heater"
    done = direct(place, tiny_product, node)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert f"TRIAL: counts for nothing (a part of plan tiny ({node})" in done.stdout
    assert "test_standby: deselected" in done.stdout
    assert not (place / "data" / "record.sqlite").exists()
    with Record.read(place / "data" / "trials") as record:
        assert [str(one.verdict) for one in record.attempts(SERIAL)] == ["INCOMPLETE"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("test_plans/tiny/test_tiny.py::test_no",), 64, "test_tiny.py::test_no: no such test in plan tiny"),
        (("test_plans/tiny", "--lf"), 64, "rig: --lf: needs pytest's cacheprovider, and a plan is run without it"),
        (("test_plans/tiny", "--timeout", "9"), 64, "leave them and their options out"),
    ],
)
def test_what_a_plan_cant_be_run_with(
    place: Path, tiny_product: Path, arguments: tuple[str, ...], status: int, said: str
):
    done = direct(place, tiny_product, *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert said in done.stderr
    assert not (place / "data" / "record.sqlite").exists()


def test_a_failing_unit_and_options_of_pytest(place: Path, tiny_product: Path):
    edit(place, '    measure("standby.current"', "    raise UnitError('it smokes')\n")
    done = direct(place, tiny_product, "-x", "test_plans/tiny", "-q")
    assert done.returncode == 1, done.stdout + done.stderr
    shutil.rmtree(place / "data")
    done = direct(place, tiny_product, "test_plans/tiny", "-k", "heater")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "a part of plan tiny (-k)" in done.stdout
