"""One seed gives the same values bit for bit, whatever else the machine does."""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

from rig.record import Record

SERIAL = "VS1-2026-000001"
RUN_WALL_SECONDS = 240.0  # the longest a run may take on a machine that is kept busy
SPIN = "while True: pass"

Told = list[str]


def run_once(
    data: Path, *, cores: Iterable[int] | None = None, pace: float | None = None, serial: str = SERIAL
) -> Told:
    """Run a unit through the production plan and tell all that must not depend on the machine, one line each.

    Each measurement with its value as Python spells it and its bench time, then the verdict and the run's length.
    """
    prefix = ["taskset", "-c", ",".join(map(str, cores))] if cores is not None else []
    command = [*prefix, sys.executable, "-m", "rig.cli", "test", serial, "--data", str(data), "--json"]
    command += [] if pace is None else ["--pace", str(pace)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=RUN_WALL_SECONDS, check=False
    )
    if not done.stdout:
        raise RuntimeError(f"`rig test` ended with {done.returncode} and no answer: {done.stderr[-2000:]}")
    run = json.loads(done.stdout.splitlines()[-1])["run"]
    return told_of(data, serial, run)


def told_of(data: Path, serial: str, run: str | None = None) -> Told:
    """Tell the same of a run that has ended; without its id, of the only one of that unit."""
    with Record.read(data) as record:
        (attempt,) = [one for one in record.attempts(serial) if run in (None, one.run_id)]
        measured = record.measurements(attempt.run_id)
        waves = record.waveforms(attempt.run_id)
    told = [f"{one.t_s!r} {one.id} {sorted(one.conditions.items())} = {one.value!r} u {one.u!r}" for one in measured]
    told += [f"{one.t_s!r} waveform {one.name} {one.sha256}" for one in waves]
    return [*told, f"{attempt.verdict} {list(attempt.reasons)} after {attempt.bench_s!r} s"]


def first_difference(one: Told, other: Told) -> str | None:
    """Say where two runs part; None when they are equal."""
    for number, (line, against) in enumerate(zip(one, other, strict=False)):
        if line != against:
            return f"line {number}: {line!r} became {against!r}"
    return None if len(one) == len(other) else f"{len(one)} lines became {len(other)}"


@contextlib.contextmanager
def busy_cores(count: int) -> Generator[None]:
    """Keep that many cores busy."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def available_cores() -> list[int]:
    """The cores this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Condition:
    """What a run is exposed to: how many processes spin, which cores it may use, how bench time passes."""

    spinning: int = 0
    cores: list[int] | None = None
    pace: float | None = None


def conditions() -> dict[str, Condition]:
    """What a run is exposed to, by name."""
    cores = available_cores()
    one_core = cores[:1] if shutil.which("taskset") else None
    return {
        "idle": Condition(),
        "every core busy": Condition(spinning=len(cores)),
        "on one core": Condition(cores=one_core),
        "on one core that is busy": Condition(spinning=len(cores), cores=one_core),
        "at pace 20": Condition(pace=20.0),
    }


def run_under(condition: str, data: Path, serial: str = SERIAL) -> Told:
    """Run once under a condition by its name."""
    under = conditions()[condition]
    with busy_cores(under.spinning):
        return run_once(data, cores=under.cores, pace=under.pace, serial=serial)


def main(arguments: list[str]) -> int:
    """Run `--points` times, the conditions by turns; exit status 1 when any run differs from the first."""
    parser = argparse.ArgumentParser(prog="determinism", description=__doc__)
    parser.add_argument("--points", type=int, default=20, help="how many runs")
    parser.add_argument("--serial", default=SERIAL, help="the unit, whose number is the seed")
    options = parser.parse_args(arguments)
    names = list(conditions())
    different = 0
    with tempfile.TemporaryDirectory(prefix="determinism-") as directory:
        first: Told | None = None
        for point in range(options.points):
            name, started = names[point % len(names)], time.monotonic()
            told = run_under(name, Path(directory) / str(point), options.serial)
            first = told if first is None else first
            difference = first_difference(first, told)
            different += difference is not None
            print(
                f"{point + 1:3} {name:26} {time.monotonic() - started:5.1f} s {len(told) - 1} values: "
                f"{'equal' if difference is None else difference}",
                flush=True,
            )
    print(f"{options.points - different} of {options.points} runs equal")
    return 1 if different else 0
