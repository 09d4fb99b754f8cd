"""A tiny plan on a bench that isn't there: the plug-in alone is under test."""

import functools
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import rig.product.loader
import rig.run.command
import rig.run.prepare
from rig.record import Attempt, MeasurementRow, TestRow
from rig.run.observer import Measurement, Observer, Summary, TestEnd
from tests.record.begun import opened
from tests.station.places import simulated_station

SERIAL = "VS1-2026-000042"
PLANS = """
[plans.tiny]
text = "Two measurements."
releases = true
pads = ["FLAT", "BALL"]
[plans.tiny.minimum]
"standby.current" = {}
"heater.resistance" = {}
"""
FAKE_BENCH = '''
import functools
import pytest
from rig.clock import WallClock
from rig.measure import Reading
from rig.run.context import RUN
from tests.record.begun import opened
from tests.station.places import simulated_station


@pytest.fixture(scope="session")
def run(request):
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def bench(run):
    run.bench.opened(WallClock())
    yield run
    run.bench.closed(safe=SAFE)


@pytest.fixture
def measure(bench, request):
    return functools.partial(bench.measure, request.node.nodeid)


@pytest.fixture
def good(run):
    """A reading in the middle of its limit, or times a factor of it."""

    def reading(id, factor=1.0, **conditions):
        limit = run.product.limit(id, **conditions)
        if limit.one_of is not None:
            return Reading(limit.one_of[0], limit.unit)
        low = limit.low if limit.low is not None else 0.0
        high = limit.high if limit.high is not None else low + 1.0
        return Reading((low + high) / 2 * factor, limit.unit, 1e-9)

    return reading
'''
HEADER = "import os, signal\nimport pytest\nfrom rig.errors import *\nfrom rig.measure import Reading\n"
GOOD = '''
@pytest.mark.measures("standby.current")
def test_standby(measure, good):
    """Standby draws little."""
    measure("standby.current", good("standby.current"))

@pytest.mark.measures("heater.resistance")
def test_heater(measure, good):
    """The heater is the right one."""
    measure("heater.resistance", good("heater.resistance"))
'''


def tiny_command(place: Path, product: Path) -> list[str]:
    """The command of a process that runs the tiny plan (to be named last) on the bench that isn't there."""
    return [
        *(sys.executable, "-m", "pytest", "-c", str(rig.run.command.CONFIGURATION), "--rootdir", str(place.parent)),
        *("--disable-plugin-autoload", "-p", "rig.run.plugin", "-p", "no:cacheprovider", "-p", "no:terminal"),
        *("--serial", SERIAL, "--plan", "tiny", "--data", str(place / "data"), "--product", str(product)),
        *("--station", str(simulated_station(place))),
    ]


@dataclass(eq=False)
class Told(Observer):
    """Everything an observer was told."""

    summary: Summary | None = None
    refusals: list[str] = field(default_factory=list[str])
    measurements: list[Measurement] = field(default_factory=list[Measurement])
    ends: list[TestEnd] = field(default_factory=list[TestEnd])
    notes: list[str] = field(default_factory=list[str])
    calls: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])

    def started(self, serial: str, plan: str, attempt: int, tests: int, measurements: int) -> None:
        self.calls.append("started")

    def measured(self, measurement: Measurement) -> None:
        self.calls.append("measured")
        self.measurements.append(measurement)

    def test_ended(self, end: TestEnd) -> None:
        self.ends.append(end)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def refused(self, message: str, *, usage: bool) -> None:
        self.refusals.append(message)

    def ended(self, summary: Summary) -> None:
        self.calls.append("ended")
        self.summary = summary


@dataclass(eq=False)
class Ran:
    """A finished run, as its observer and its record tell it."""

    status: int
    told: Told
    data: Path

    @property
    def verdict(self) -> str:
        assert self.told.summary is not None, self.told.refusals
        return str(self.told.summary.verdict)

    @property
    def reasons(self) -> str:
        assert self.told.summary is not None, self.told.refusals
        return "\n".join(self.told.summary.reasons)

    @property
    def outcomes(self) -> dict[str, str]:
        return {end.test.rpartition("::")[2]: end.outcome for end in self.told.ends}

    def recorded(self) -> tuple[Attempt, list[MeasurementRow], list[TestRow]]:
        with opened(self.data) as record:
            attempt = record.attempts(SERIAL)[-1]
            return attempt, record.measurements(attempt.run_id), record.tests(attempt.run_id)


RunPlan = Callable[..., Ran]
READ_ONCE = functools.cache(rig.run.prepare.load_product)


@pytest.fixture(scope="session")
def tiny_product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The VS-1 with one plan of two measurements."""
    directory = tmp_path_factory.mktemp("product") / "tiny"
    shutil.copytree(rig.product.loader.BUILT_IN, directory)
    (directory / "plans.toml").write_text(PLANS)
    return directory


@pytest.fixture(autouse=True)
def product_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the definition takes longer than a whole run."""
    monkeypatch.setattr(rig.run.prepare, "load_product", READ_ONCE)


@pytest.fixture
def run_plan(tmp_path: Path, tiny_product: Path, monkeypatch: pytest.MonkeyPatch) -> RunPlan:
    """Run a plan's source text in this process; keyword `safe` is what the bench reads back at its end."""

    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def run(source: str, *arguments: str, safe: bool = True, conftest: str = "") -> Ran:
        plan = tmp_path / "tiny"
        plan.mkdir(exist_ok=True)
        # an earlier run's modules have the same names
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(str(plan)):
                del sys.modules[name]
        fake = FAKE_BENCH.replace("SAFE", str(safe))
        (plan / "conftest.py").write_text(fake + conftest)
        (plan / "test_tiny.py").write_text(HEADER + source)
        told = Told()
        # modules are named by their place below the root, which must tell the tests apart
        root = tmp_path.parent
        status = pytest.main(
            [
                *("-c", str(rig.run.command.CONFIGURATION), "--rootdir", str(root)),
                *("--disable-plugin-autoload", "-p", "vibrosculpt_rig", "-p", "no:terminal"),
                *("-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:terminalprogress"),
                *("--serial", SERIAL, "--plan", "tiny", "--data", str(tmp_path / "data")),
                *("--product", str(tiny_product)),
                *("--station", str(simulated_station(tmp_path))),
                *arguments,
                str(plan),
            ],
            plugins=[told],
        )
        return Ran(int(status), told, tmp_path / "data")

    return run


@pytest.fixture
def good_plan() -> str:
    """A plan that passes."""
    return GOOD
