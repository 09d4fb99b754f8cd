"""The contract of the `rig` command: exit statuses, one line for each error, one JSON object."""

import json
import subprocess
import sys
import time

import pytest

import rig.run.command
import rig.run.prepare
from rig.cli import cli, status_of
from rig.errors import InstrumentFault
from rig.measure import Verdict
from rig.measure.unit_status import Standing, UnitStatus
from rig.run.observer import Summary


@pytest.fixture
def rig_data(tmp_path, monkeypatch):
    monkeypatch.setenv("RIG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def _nothing_is_started(monkeypatch):
    def refuse(*_arguments, **_options):
        pytest.fail("a twin was started")

    monkeypatch.setattr(rig.run.prepare, "BuiltinTwin", refuse)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["test", "VS1-26-1"], 64, "serial 'VS1-26-1': must match"),
        (["test", "VS1-2026-000001\x1b"], 64, r"serial 'VS1-2026-000001\x1b': must match"),
        (["test", "--plan", "nothing"], 64, "--plan 'nothing': unknown; known plans: "),
        (["test", "--pad", "ROUND"], 64, "pad 'ROUND'"),
        (["test", "--pace", "-1"], 64, "--pace -1: must be above 0"),
        (["test", "--pace", "nan"], 64, "--pace nan"),
        (["test", "--pace", "fast"], 64, "--pace"),
        (["test", "--seed", "-1"], 64, "--seed -1"),
        (["test", "--slot", "0"], 64, "--slot 0"),
        (["test", "--defect", "Nonsense!"], 64, "--defect 'Nonsense!'"),
        (["test", "--defect", "magnet_weak=7"], 64, "severity of 0 to 2"),
        (["test", "--station", "nowhere.toml"], 64, "--station 'nowhere.toml': no such file"),
        (["test", "--nonsense"], 64, "--nonsense"),
        (["tset"], 64, "tset"),
        (["show", "VS1-2026-000001"], 64, "no record there"),
        (["verify"], 64, "no record there"),
        (["report", "VS1-2026-000001"], 64, "no record there"),
    ],
)
def test_bad_input_gets_one_line(rig_data, capfd, arguments, status, message):
    assert status_of(cli, arguments) == status
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert not rig_data.exists()


def test_broken_station_names_every_error_with_its_key_path(rig_data, tmp_path, capfd):
    station = tmp_path / "line.toml"
    station.write_text('name = "line"\nnmae = "typo"\n[unit]\nurl = 3\n')
    assert status_of(cli, ["check", "--station", str(station)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "nmae: unknown key" in err
    assert "unit.url" in err
    assert all(line.startswith("rig: ") for line in err.splitlines())


def test_station_that_isnt_toml_is_one_line(rig_data, tmp_path, capfd):
    station = tmp_path / "line.toml"
    station.write_text("name = \n")
    assert status_of(cli, ["check", "--json", "--station", str(station)]) == 2
    out, err = capfd.readouterr()
    assert "not TOML" in err
    assert err.count("\n") == 1
    assert "not TOML" in json.loads(out)["error"]


def finished(verdict, tmp_path, standing):
    found = ("run-1", "VS1-2026-000001", "production", 2, verdict, ("why",), (), (), 1.5, 40.0, 0.01, tmp_path, {})
    return Summary(*found, unit=UnitStatus("production", standing, (2,)))


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Let `rig test` end as a test wants, without running anything."""

    def end(verdict, status, page, standing=Standing.PASSED):
        def run(_options, observers):
            print("a library speaks")
            subprocess.run([sys.executable, "-c", "print('a child speaks')"], check=True)
            for observer in observers:
                observer.ended(finished(verdict, tmp_path, standing))
            return status

        monkeypatch.setattr(rig.run.command, "run", run)
        monkeypatch.setattr(rig.run.command, "build_page", page)

    return end


@pytest.mark.parametrize(
    ("verdict", "standing", "status"),
    [
        (Verdict.PASS, Standing.PASSED, 0),
        (Verdict.FAIL, Standing.PASSED, 1),
        (Verdict.ERROR, Standing.PASSED, 2),
        (Verdict.INTERRUPTED, Standing.RETEST_NEEDED, 2),
        (Verdict.INCOMPLETE, Standing.BLOCKED, 2),
        *((Verdict.PASS, standing, 3) for standing in Standing if standing is not Standing.PASSED),
    ],
)
def test_the_exit_status_is_0_only_for_a_unit_that_stands_passed(rig_data, capfd, ran, verdict, standing, status):
    ran(verdict, 3, lambda _data, _serial: "/page.html", standing)  # 3 is also pytest's own internal error
    assert status_of(cli, ["test", "--json"]) == status
    answer = json.loads(capfd.readouterr().out)
    assert answer["unit_status"] == str(standing)
    assert answer["unit_reason"]


@pytest.mark.parametrize(
    ("verdict", "status"), [(Verdict.PASS, 0), (Verdict.FAIL, 1), (Verdict.ERROR, 2), (Verdict.INCOMPLETE, 2)]
)
def test_json_is_all_of_stdout(rig_data, capfd, ran, verdict, status):
    ran(verdict, status, lambda _data, _serial: "/page.html")
    assert status_of(cli, ["test", "--json"]) == status
    out, err = capfd.readouterr()
    answer = json.loads(out)
    assert out.count("\n") == 1
    assert {
        "run",
        "serial",
        "plan",
        "verdict",
        "attempt",
        "measurements",
        "failed",
        "report",
        "wall_s",
        "bench_s",
    } <= set(answer)
    assert (answer["verdict"], answer["attempt"], answer["report"]) == (str(verdict), 2, "/page.html")
    assert "a library speaks" in err
    assert "a child speaks" in err
    assert "why" in err


@pytest.mark.parametrize("error", [InstrumentFault("disk full"), ValueError("a fault of ours")])
def test_page_that_fails_changes_no_verdict(rig_data, capfd, ran, error):
    def page(_data, _serial):
        raise error

    ran(Verdict.PASS, 0, page)
    assert status_of(cli, ["test"]) == 0
    assert str(error) in capfd.readouterr().out


def test_fault_of_ours_is_no_fail(rig_data, capfd, monkeypatch):
    monkeypatch.setattr(rig.run.command, "run", lambda _options, _observers: 1 / 0)
    assert status_of(cli, ["test"]) == 2
    err = capfd.readouterr().err
    assert "internal error: ZeroDivisionError" in err
    assert err.count("\n") == 1


def test_verdict_is_shown_before_the_page_is_made(rig_data, capfd, ran):
    def page(_data, _serial):
        print("the page is made")
        return "/page.html"

    ran(Verdict.PASS, 0, page)
    status_of(cli, ["test"])
    before, _, _ = capfd.readouterr().out.partition("the page is made")
    assert "PASSED  VS1-2026-000001" in before


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from rig.cli import cli, status_of; status_of(cli, ['--help']);"
        "print([name for name in ('pytest', 'numpy', 'pydantic', 'sqlalchemy', 'rich') if name in sys.modules])"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "verify" in done.stdout
    assert time.monotonic() - started < 10


def test_plug_in_loads_nothing_for_ordinary_tests(tmp_path):
    (tmp_path / "test_plain.py").write_text(
        "import sys\n\ndef test_plain():\n"
        "    assert 'rig.run.plugin' in sys.modules\n"
        "    assert not {'pydantic', 'sqlalchemy', 'numpy', 'rig.run.start'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "--disable-plugin-autoload", "-p", "vibrosculpt_rig"]
    done = subprocess.run([*command, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
