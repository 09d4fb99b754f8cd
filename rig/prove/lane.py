"""A lane of a virtual line: one core, a nursery of twins, and one forked process a unit that runs the real plan."""

import contextlib
import gc
import json
import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from rig.errors import BenchError
from rig.isolation import own_module
from rig.product import Product, load_product
from rig.product.own_plan import with_plan
from rig.prove.unit import Outcome, VirtualUnit
from rig.run.observer import Observer, Summary
from rig.run.options import make_options
from rig.run.plans import find_plan

PRELOADED = (
    "pytest",
    "_pytest.helpconfig",
    "_pytest.skipping",
    "pyvisa_py",
    "rig.bench.guard.service",
    "rig.bench",
    "rig.record",
    "rig.station",
    "rig.run.start",
    "rig.run.life_cycle",
    "rig.run.allure_notes",
    # what these load where they use it, which here would be once for each unit
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "encodings.idna",
    "encodings.unicode_escape",
    "numpy.fft",
    "numpy.ma",
    "pyarrow.parquet",
    "sqlalchemy.dialects.sqlite",
)


class _Keep(Observer):
    def __init__(self) -> None:
        self.summary: Summary | None = None
        self.refusal = ""

    def refused(self, message: str, *, usage: bool) -> None:
        self.refusal = message

    def ended(self, summary: Summary) -> None:
        self.summary = summary


class Lane:
    """Runs units one after the other on one core."""

    def __init__(self, plan: str, core: int | None, product: Path | None = None) -> None:
        """Load what every run needs, once; pinned to the core where the system can."""
        self._plan = plan
        self.acknowledge: str | None = None  # where each run tells what is durable
        if core is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {core})
        from rig.run.command import PLUGINS, fixture_modules

        for name in (*PRELOADED, *PLUGINS, *fixture_modules()):
            import_module(name)
        name, directory = find_plan(plan, product)
        self._product = with_plan(load_product(product), name, directory)
        self._nursery = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            own_module("rig.twin", "--nursery"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        gc.collect()
        gc.freeze()

    def run(self, unit: VirtualUnit) -> Outcome:
        """Send one unit through the plan, again where it asks for another scan, as a technician would.

        Raises BenchError when it leaves no result.
        """
        arguments = ["--serial", unit.serial, "--seed", str(unit.seed), "--pace", "0"]
        arguments += ["--defect", unit.defect] if unit.defect else []
        twin = self._ask({"op": "unit", "arguments": arguments})
        if "error" in twin:
            raise BenchError(f"virtual unit {unit.seed} {unit.defect}: {twin['error']}")
        directory = Path(tempfile.mkdtemp(prefix="vibrosculpt-lot-"))
        station = str(twin["station"])
        try:
            outcome = self._guarded(unit, station, directory)
            return self._guarded(unit, station, directory) if outcome.scan_again else outcome
        finally:
            self._ask({"op": "end", "pid": twin["pid"]})
            shutil.rmtree(directory, ignore_errors=True)

    def close(self) -> None:
        """End the nursery."""
        if self._nursery.stdin is not None:
            self._nursery.stdin.close()
        self._nursery.wait()
        if self._nursery.stdout is not None:
            self._nursery.stdout.close()

    def _guarded(self, unit: VirtualUnit, station: str, directory: Path) -> Outcome:
        guard = _fork_guard(station, directory)
        outcome = self._run(unit, station, directory)
        os.waitpid(guard, 0)  # its clients have gone
        return outcome

    def _run(self, unit: VirtualUnit, station: str, directory: Path) -> Outcome:
        result_read, result_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(result_read)
                outcome = _run_plan(unit, self._plan, self._product, station, directory, self.acknowledge)
                with os.fdopen(result_write, "w") as result:
                    json.dump(outcome.as_json(), result)
                status = 0
            except BaseException:
                traceback.print_exc()  # into the unit's log, for the error message
            finally:
                os._exit(status)
        os.close(result_write)
        with os.fdopen(result_read) as result:
            text = result.read()
        os.waitpid(pid, 0)
        if not text:
            log = directory / "log.txt"
            tail = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
            raise BenchError(f"virtual unit {unit.seed} {unit.defect} left no result: {' | '.join(tail)}")
        return Outcome.from_json(json.loads(text))

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        if self._nursery.stdin is None or self._nursery.stdout is None:
            raise BenchError("the nursery of twins is closed")
        with contextlib.suppress(BrokenPipeError):
            self._nursery.stdin.write(json.dumps(request) + "\n")
            self._nursery.stdin.flush()
        answer = self._nursery.stdout.readline()
        if not answer:
            raise BenchError("the nursery of twins has ended")
        return cast("dict[str, Any]", json.loads(answer))


def _fork_guard(station: str, directory: Path) -> int:
    """A guard without the seconds of its imports; the run finds it as it finds any other. Its process id."""
    from rig.bench.guard import GuardSettings
    from rig.station import load_station

    settings = GuardSettings.of(load_station(station))
    said_read, said_write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(said_write)
        with os.fdopen(said_read) as said:
            said.readline()
        return pid
    status = 1
    try:
        os.close(said_read)
        os.dup2(os.open(directory / "guard.txt", os.O_WRONLY | os.O_CREAT, 0o600), 2)
        from rig.bench.guard.service import guard

        with os.fdopen(said_write, "w") as out:
            status = guard(settings, out)
    finally:
        os._exit(status)


def _run_plan(
    unit: VirtualUnit, plan: str, product: Product, station: str, directory: Path, acknowledge: str | None
) -> Outcome:
    """In the forked process: the real run, its output in a file."""
    log = os.open(directory / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    from rig.run.command import run

    keep = _Keep()
    data = str(directory / "data")
    options = make_options(
        serial=unit.serial, plan=plan, data=data, station=station, product=product.source, acknowledge=acknowledge
    )
    run(options, [keep], early_guard=False, product=product)
    summary = keep.summary
    if summary is None:
        raise BenchError(keep.refusal or "the run didn't begin")
    values: dict[str, float] = {}
    failed: list[str] = []
    for one in summary.measurements:
        if one.reading.is_number:
            values[one.expected.name] = float(one.reading.value)
        if one.decision.verdict != "PASS":
            failed.append(one.expected.id)
    return Outcome(
        unit.seed,
        unit.defect,
        str(summary.verdict),
        tuple(dict.fromkeys(failed)),
        tuple(summary.reasons),
        summary.bench_s,
        summary.wall_s,
        values,
        str(summary.unit.standing) if summary.unit is not None else "",
        summary.scan_again,
    )


def cores() -> Sequence[int | None]:
    """The cores that lanes may be pinned to."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return [None]
