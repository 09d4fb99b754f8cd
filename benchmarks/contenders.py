"""One session of each contender, timed inside the process: interpreter start and imports don't count.

Each is made once in a process of its own (`python -m benchmarks.contenders NAME DIRECTORY`), which then runs a session
for each line on its standard input and answers with a line of JSON.
"""

import itertools
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarks import workload

HERE = Path(__file__).parent
Session = Callable[[], dict[str, Any]]


class Stopwatch:
    """Times pytest's session: from its start, options read and nothing collected, until every plug-in has closed.

    pytest's own hunt for leaked objects, which comes after that, costs whatever else is loaded and isn't counted.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu_s = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Start the watch."""
        self.seconds -= time.perf_counter()
        self.cpu_s -= time.process_time()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Stop it."""
        self.seconds += time.perf_counter()
        self.cpu_s += time.process_time()


def timed(run: Callable[[Stopwatch], int]) -> dict[str, Any]:
    """Return the wall and processor seconds of a session of pytest; raises SystemExit unless all passed."""
    stopwatch = Stopwatch()
    status = run(stopwatch)
    if status != 0:
        raise SystemExit(f"pytest ended with {status}")
    return {"seconds": stopwatch.seconds, "cpu_s": stopwatch.cpu_s}


class CostOfMeasuring:
    """Times what a measurement costs us: judging, recording and showing it, and its share of the commit but fsync."""

    def __init__(self) -> None:
        self.context: Any = None
        self.calls: list[float] = []
        self.commits: list[float] = []
        self._commit_counts = False

    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Stand between the plan and the run."""
        from rig.run.context import RUN

        self.context = session.config.stash[RUN]
        measure, calls = self.context.measure, self.calls

        def timed(*arguments: Any, **conditions: Any) -> Any:
            started = time.perf_counter()
            decision = measure(*arguments, **conditions)
            calls.append(time.perf_counter() - started)
            return decision

        self.context.measure = timed

    def pytest_runtest_logstart(self) -> None:
        """Stand between the run and its record, once it has begun."""
        if self._commit_counts:
            return
        self._commit_counts = True
        record = self.context.record
        commit = record.commit

        def timed() -> float:
            started = time.perf_counter()
            waited = commit()
            self.commits.append(time.perf_counter() - started - waited)
            return waited

        record.commit = timed

    def figures(self) -> dict[str, float]:
        """Median call, and the median commit without fsync shared by a test's measurements, in seconds."""
        call = statistics.median(self.calls)
        commit = statistics.median(self.commits) * workload.TESTS / workload.MEASUREMENTS
        return {"call_s": call, "commit_share_s": commit, "measurement_s": call + commit}


def ours(directory: Path) -> Session:
    """Our plug-in as `rig test` runs it: Allure's files, live progress (to nowhere) and the durable journal."""
    import rig.station
    from rig.product.loader import BUILT_IN
    from rig.run import command
    from rig.run.options import make_options
    from rig.run.progress import Progress

    bench = directory / "bench.toml"
    bench.write_text(f"simulated = true\n{Path(rig.station.__file__).with_name('example.toml').read_text()}")
    definition = directory / "product"
    shutil.copytree(BUILT_IN, definition)
    shutil.copytree(HERE / "product", definition, dirs_exist_ok=True)
    options = make_options(
        serial=workload.SERIAL,
        plan="session",
        plan_path=HERE / "plan",
        data=str(directory / "data"),
        station=str(bench),
        product=str(definition),
    )
    rounds = itertools.chain([options], itertools.repeat(replace(options, again="another round")))

    def session() -> dict[str, Any]:
        cost = CostOfMeasuring()
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            # no test here asks for a bench: nothing to guard
            figures = timed(
                lambda stopwatch: command.run(next(rounds), [Progress(nowhere), cost, stopwatch], early_guard=False)
            )
        return {
            **figures,
            "fsync_s": cost.context.record.fsync_seconds,
            **cost.figures(),
        }

    return session


def plain(directory: Path) -> Session:
    """The rival without us: pytest and allure-pytest alone, no other plug-in that happens to be installed."""
    arguments = ["-c", os.devnull, "--rootdir", str(HERE / "plain"), "--confcutdir", str(HERE / "plain"), "-q"]
    arguments += ["--disable-plugin-autoload", "--import-mode=importlib", "-p", "no:cacheprovider"]
    allure = import_module("allure_pytest.plugin")

    def session() -> dict[str, Any]:
        results = directory / f"results-{time.perf_counter_ns()}"
        command = [*arguments, f"--alluredir={results}", str(HERE / "plain")]
        return timed(lambda stopwatch: int(pytest.main(command, plugins=[allure, stopwatch])))

    return session


def openhtf(directory: Path) -> Session:
    """OpenHTF: a phase for each test, its measurements with limits, the waveform attached, its record as JSON."""
    import openhtf as htf
    from openhtf.output.callbacks import json_factory

    def phase(repeat: int, name: str, numbers: tuple[int, ...]) -> Any:
        limits = [htf.Measurement(f"{name}_{number}").in_range(workload.LOW, workload.HIGH) for number in numbers]

        @htf.PhaseOptions(name=f"{name}_{repeat}")
        @htf.measures(*limits)
        def run(state: Any) -> None:
            for number in numbers:
                state.measurements[f"{name}_{number}"] = workload.value(repeat, number)
            if workload.carries_waveform(repeat, numbers):
                state.attach("tone", workload.samples().tobytes())

        return run

    phases = [phase(repeat, "pair", workload.PAIR) for repeat in workload.REPEATS]
    phases += [phase(repeat, "triple", workload.TRIPLE) for repeat in workload.REPEATS]

    def session() -> dict[str, Any]:
        started, cpu_started = time.perf_counter(), time.process_time()
        test = htf.Test(*phases, test_name="session")
        test.add_output_callbacks(json_factory.OutputToJSON(str(directory / "openhtf-{start_time_millis}.json")))
        if not test.execute(test_start=lambda: workload.SERIAL):
            raise SystemExit("OpenHTF's test failed")
        return {"seconds": time.perf_counter() - started, "cpu_s": time.process_time() - cpu_started}

    return session


CONTENDERS = {"ours": ours, "plain": plain, "openhtf": openhtf}


def main() -> None:
    """Serve sessions of one contender until end of input."""
    # what they print mustn't mix with our answers
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    session = CONTENDERS[sys.argv[1]](Path(sys.argv[2]))
    for _ in sys.stdin:
        answers.write(json.dumps(session()) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
