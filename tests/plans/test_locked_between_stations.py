"""One unit, one twin, three stations: production, a sampled program, production again; it travels locked."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rig.product.loader
from tests.doors import asked
from tests.plans.test_sampled import PARTS, ROOT, RUN_WALL_SECONDS

SERIAL = "VS1-2026-000203"
PROGRAM = '''"""A program whose timer is accelerated."""

import pytest


@pytest.mark.requirement("SAF-010")
@pytest.mark.measures("program.time", program="NECK", pad="BALL")
def test_program(programs, measure):
    """It ends by itself."""
    measure("program.time", programs.run("NECK", "BALL").seconds, program="NECK", pad="BALL")
'''

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Addresses of a twin that keeps its unit from run to run."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    command = [sys.executable, "-m", "rig.twin", "--pace", "0", "--serial", SERIAL, "--seed", "203"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()


def done(command: list[str]) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=RUN_WALL_SECONDS, check=False
    )
    return f"status {ran.returncode}\n{ran.stdout[-3000:]}{ran.stderr[-1000:]}"


def production(tmp_path: Path, station: str, *more: str) -> str:
    command = [sys.executable, "-m", "rig.cli", "test", SERIAL, f"--station={station}", f"--data={tmp_path / 'data'}"]
    return done([*command, *more])


def sampled(tmp_path: Path, station: str) -> str:
    """Beginning and end of the sampled plan, with one program between, as a plan of its own."""
    product = tmp_path / "product"
    shutil.copytree(rig.product.loader.BUILT_IN, product)
    (product / "plans.toml").write_text(PARTS)
    plan = tmp_path / "test_plans" / "sampled"
    plan.mkdir(parents=True)
    for name in ("test_1_supply.py", "test_5_release.py"):
        shutil.copy(ROOT / "test_plans" / "sampled" / name, plan)
    (plan / "test_4_program.py").write_text(PROGRAM)
    shutil.copy(ROOT / "conftest.py", tmp_path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--wait-cool",
        "-p",
        "no:cacheprovider",
        f"--serial={SERIAL}",
        "--plan=sampled",
    ]
    command += [f"--product={product}", f"--station={station}", f"--data={tmp_path / 'sampled'}"]
    command += ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={tmp_path}"]
    return done([*command, str(plan)])


def test_a_unit_travels_locked_and_passes_each_time(tmp_path: Path, twin: dict[str, str]):
    station = twin["station"]
    first = production(tmp_path, station)
    assert first.startswith("status 0"), first
    assert "release.lock" in first
    between = sampled(tmp_path, station)
    assert between.startswith("status 0"), between
    assert asked(twin, {"op": "pad", "pad": "FLAT"})["ok"]  # as production has it
    again = production(tmp_path, station, "--again=back from sampling", "--wait-cool")
    assert again.startswith("status 0"), again
    assert again.count("release.lock") == 1
