"""SIGTERM at any time of a command is an orderly end: exit 2, its JSON line, nothing energised, no trace."""

import json
import os
import subprocess
import sys

import pytest

SERIAL = "VS1-2026-000001"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
STRUCK = """
import os, signal, sys
import rig.cli, rig.run.command
command = rig.run.command

def strike(*arguments):
    for _ in range({times}):
        os.kill(os.getpid(), signal.{signal})

{where}
sys.argv[1:] = {arguments!r}
rig.cli.main()
"""


def struck(tmp_path, where, *arguments, times=1, signal="SIGTERM"):
    """Run `rig test`, which is struck by a signal where the code says so; return status, JSON, stderr."""
    line = ["test", SERIAL, "--data", str(tmp_path / "data"), *arguments]
    done = subprocess.run(
        [sys.executable, "-c", STRUCK.format(where=where, arguments=line, times=times, signal=signal)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["product_of", "twin_of", "import_module", "gathered_fixtures", "arguments"])
def test_before_the_run_begins(tmp_path, name):
    status, out, err = struck(tmp_path, f"command.{name} = strike", "--json")
    assert status == 2, err
    answer = json.loads(out)
    assert (answer["verdict"], answer["run"], answer["serial"]) == ("INTERRUPTED", None, SERIAL)
    assert err.splitlines() == ["rig: interrupted"]
    assert not (tmp_path / "data" / "record.sqlite").exists()


@pytest.mark.parametrize("name", ["twin_of", "arguments"])
def test_a_closed_terminal_is_an_orderly_end(tmp_path, name):
    status, out, err = struck(tmp_path, f"command.{name} = strike", "--json", signal="SIGHUP")
    assert status == 2, err
    assert json.loads(out)["verdict"] == "INTERRUPTED"
    assert err.splitlines() == ["rig: interrupted"]


def test_in_the_middle_of_collecting(tmp_path):
    hook = "import rig.run.collection as collection\ncollection.build_manifest = strike"
    status, out, err = struck(tmp_path, hook, "--json")
    assert status == 2, err
    assert json.loads(out)["verdict"] == "INTERRUPTED"


def test_a_second_one_doesnt_cut_the_end_short(tmp_path):
    status, out, err = struck(tmp_path, "command.twin_of = strike", "--json", times=3)
    assert (status, err.splitlines()) == (2, ["rig: interrupted"])
    assert json.loads(out)["verdict"] == "INTERRUPTED"


def test_while_the_page_is_made_the_verdict_stands(tmp_path):
    status, out, err = struck(tmp_path, "command.build_page = strike", "--json")
    assert status == 2, err
    answer = json.loads(out)
    assert (answer["verdict"], answer["report"]) == ("PASS", None)
    assert answer["interrupted"].startswith("interrupted while its page was made; `rig report")
