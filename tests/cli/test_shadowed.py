"""A directory full of modules named as ours, and as those that we use: the rig started there takes none of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = (
    *(
        "getpass",
        "hashlib",
        "hmac",
        "json",
        "secrets",
        "selectors",
        "signal",
        "socket",
        "sqlite3",
        "tempfile",
        "tomllib",
    ),
    *("numpy", "pandas", "pydantic", "pytest", "pyvisa", "pyvisa_py", "serial", "sqlalchemy", "click", "rich"),
    *("rig", "drivers", "fixtures", "reports", "test_plans"),
    *("sitecustomize", "usercustomize", "conftest", "allure_pytest", "allure_commons"),
)
PLUGIN = "[pytest]\naddopts = -p getpass\npythonpath = .\n"


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Each of these modules leaves its name, and does nothing that was expected of it."""
    directory = tmp_path / "somewhere"
    directory.mkdir()
    for name in MODULES:
        text = f"open({str(tmp_path / 'sprung')!r}, 'a').write('{name} ')\n"
        if name in ("rig", "drivers", "fixtures", "numpy"):
            (directory / name).mkdir()
            (directory / name / "__init__.py").write_text(text)
        else:
            (directory / f"{name}.py").write_text(text)
    (directory / "pytest.ini").write_text(PLUGIN)
    (directory / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    return directory


def sprung(trap: Path) -> str:
    log = trap.parent / "sprung"
    return log.read_text() if log.exists() else ""


def rig(trap: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("rig")), *arguments]
    return subprocess.run(
        command, cwd=trap, env={**os.environ, **environment}, capture_output=True, text=True, timeout=100
    )


def test_a_run_started_there_is_a_run_of_ours(trap: Path) -> None:
    ended = rig(trap, "test", "--json", "--data", str(trap.parent / "data"), "--seed", "1")
    assert json.loads(ended.stdout.splitlines()[-1])["verdict"] == "PASS", ended.stderr
    assert sprung(trap) == ""


def test_guard_and_twin_are_deaf_to_the_environment(trap: Path) -> None:
    from rig.isolation import own_module

    for name in ("rig.twin", "rig.bench.guard"):
        environment = {**os.environ, "PYTHONPATH": str(trap), "PYTHONSTARTUP": str(trap / "getpass.py")}
        command = own_module(name, *(["--catalogue"] if name == "rig.twin" else []))
        subprocess.run(command, cwd=trap, env=environment, input="", text=True, check=True, timeout=60)
    assert sprung(trap) == ""


def test_a_module_that_came_by_pythonpath_is_named_and_nothing_begins(trap: Path) -> None:
    """Python itself loads `sitecustomize` before anything of ours, and would take `rig` from there."""
    shutil.rmtree(trap / "rig")
    for name in MODULES:
        if name != "sitecustomize":
            (trap / f"{name}.py").unlink(missing_ok=True)
    ended = rig(trap, "test", "--data", str(trap.parent / "data"), PYTHONPATH=str(trap))
    assert ended.returncode == 64, ended.stderr
    assert f"module sitecustomize was loaded from {trap}: start the rig without PYTHONPATH" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (trap.parent / "data").exists()


def test_a_module_started_by_its_name_takes_nothing_either(trap: Path) -> None:
    """Python finds `rig` in the directory it is started in: elsewhere than in a trap that has one."""
    shutil.rmtree(trap / "rig")
    done = subprocess.run(
        [sys.executable, "-m", "rig.cli", "twin", "--catalogue"], cwd=trap, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout.splitlines()[-1]), done.stderr
    assert sprung(trap) == ""
