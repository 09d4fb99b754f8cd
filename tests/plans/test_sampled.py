"""The sampled plan on the twin: parts of it, since the whole takes a minute (`python -m tests.campaigns sampled`)."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import rig.product.loader
from rig.record import MeasurementRow, Record
from tests.campaigns.sampled import CAUGHT_BY

ROOT = Path(__file__).parents[2]
SERIAL = "VS1-2026-000202"
RUN_WALL_SECONDS = 280.0  # a third of a minute on an idle machine
PARTS = """
[plans.sampled]
text = "Parts of the sampled plan."
releases = true
pads = ["FLAT"]
energy = { max_seconds = 7200.0, max_celsius = 60.0 }
[plans.sampled.minimum]
"boot.faults" = {}
"""
SUPPLY = "test_1_supply.py"
WARM_SOAK = "test_2_soak.py::test_soak[HIGH]"
COUPLING = "test_2_soak.py::test_heat_reaches_the_face"
PAD = "test_3_pads.py::test_heated_pad[LARGE]"
HAND = "test_3_pads.py::test_vibration_at_the_hand[5]"
PROGRAM = "test_4_programs.py::test_cold_program_with_profile[NECK-BALL]"


@dataclass(frozen=True)
class Ran:
    verdict: str
    reason: str
    measured: dict[str, MeasurementRow]

    @property
    def failed(self) -> set[str]:
        return {id_ for id_, row in self.measured.items() if row.verdict != "PASS"}


pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """The product with a sampled plan that may be run in parts."""
    product = tmp_path / "product"
    shutil.copytree(rig.product.loader.BUILT_IN, product)
    (product / "plans.toml").write_text(PARTS)
    return product


@pytest.fixture
def short(parts: Path) -> Path:
    """The same with a soak that ends as soon as the face is warm, and without its auto-off."""
    settings = parts / "settings.toml"
    text = settings.read_text()
    for long, brief in (("seconds = 870.0", "seconds = 300.0"), ("off_most_seconds = 60.0", "off_most_seconds = 1.0")):
        assert text.count(long) == 1
        text = text.replace(long, brief)
    settings.write_text(text)
    return parts


def run(tmp_path: Path, product: Path, *nodes: str, defect: str | None = None) -> Ran:
    """Run a part of the plan, which is a trial: never more than INCOMPLETE."""
    plan = ROOT / "test_plans" / "sampled"
    command = [sys.executable, "-m", "pytest", "-q", f"--serial={SERIAL}", "--plan=sampled"]
    command += [f"--product={product}", f"--data={tmp_path / 'data'}"]
    command += [f"--defect={defect}"] if defect is not None else []
    command += [f"{plan}/{node}" for node in (SUPPLY, *nodes)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=RUN_WALL_SECONDS, check=False
    )
    trials = tmp_path / "data" / "trials"
    assert trials.is_dir(), done.stdout[-2000:] + done.stderr[-2000:]
    with Record.read(trials) as record:
        attempts = record.attempts(SERIAL)
        assert len(attempts) == 1, done.stdout[-2000:] + done.stderr[-2000:]
        rows = record.measurements(attempts[0].run_id)
    return Ran(str(attempts[0].verdict), done.stdout[-2000:], {row.id: row for row in rows})


def test_a_healthy_unit_passes(tmp_path: Path, parts: Path):
    ran = run(tmp_path, parts, WARM_SOAK, COUPLING, PAD, HAND, PROGRAM)
    assert (ran.verdict, ran.failed) == ("INCOMPLETE", set()), ran.reason
    assert {
        "soak.auto_off",
        "soak.face_coupling",
        "pads.heater_resistance",
        "hand_arm.vibration_total",
        "program.period",
    } <= set(ran.measured)


@pytest.mark.parametrize("defect", CAUGHT_BY)
def test_what_only_a_soak_can_see_is_seen(tmp_path: Path, short: Path, defect: str):
    ran = run(tmp_path, short, WARM_SOAK, COUPLING, defect=defect)
    assert ran.verdict == "FAIL", ran.reason
    assert CAUGHT_BY[defect] in ran.failed
    # a plate that stays too cool never warms up; a face far from it stays cooler; the short soak has no auto-off
    assert ran.failed <= {CAUGHT_BY[defect], "soak.warm_up_time", "soak.final_temperature", "soak.auto_off"}


def test_a_thermocouple_that_came_off_is_no_fault_of_the_unit(tmp_path: Path, short: Path):
    ran = run(tmp_path, short, WARM_SOAK, COUPLING, defect="thermocouple_lifted")
    assert ran.verdict == "ERROR"
    assert "press it onto the pad" in ran.reason
