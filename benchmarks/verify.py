"""How fast `rig verify` reads a journal: `uv run python -m benchmarks.verify`.

The journal is one of whole runs, each with the events of a production run: tests, measurements with conditions and
uncertainty, two short waveforms, a transcript, report files, signed heads.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from rig.measure import Limit, Reading, decide
from rig.record import Birth, ExpectedMeasurement, Record

TARGET = 50_000.0  # events a second
TESTS, MEASUREMENTS, SAMPLES = 37, 68, 1000
LIMITS = tuple(
    Limit(f"motor.current_{number}", {"level": 1 + number % 5, "pad": "FLAT"}, "A", 0.1, 0.3, requirement="ELE-002")
    for number in range(MEASUREMENTS)
)


def write_journal(directory: Path, events: int) -> int:
    """Write whole runs until the journal has at least that many events; return how many it has."""
    results = directory / "results"
    results.mkdir(parents=True)
    for name in ("a", "b", "c"):
        (results / f"{name}-result.json").write_text(json.dumps({"name": name}))
    noise = np.random.default_rng(1)
    with Record.open(directory, Birth.of(simulated=True)) as record:
        while (found := record.verify().events) < events:
            runs_left = max(1, (events - found) // (2 * TESTS + MEASUREMENTS + 8))
            for number in range(runs_left):
                write_run(record, f"VS1-2026-{number:06d}", noise, results)
    return found


def write_run(record: Record, serial: str, noise: np.random.Generator, results: Path) -> None:
    """Write the events of one run that passed."""
    tests = [f"test_plans/production/test_motor.py::test_{number}" for number in range(TESTS)]
    expected = [ExpectedMeasurement(tests[n % TESTS], limit.id, limit.conditions) for n, limit in enumerate(LIMITS)]
    run = record.begin_run(
        serial=serial,
        plan="production",
        manifest=expected,
        tests=tests,
        station="twin",
        operator="",
        slot=1,
        pad="FLAT",
        product_name="VS-1",
        limits_hash="11aa",
        plan_hash="22bb",
    )
    for number, test in enumerate(tests):
        run.test_started(test, float(number))
        for limit in LIMITS[number::TESTS]:
            reading = Reading(float(noise.normal(0.2, 0.01)), "A", 0.001)
            run.measurement(test, limit.id, limit.conditions, reading, limit, decide(reading, limit), number + 0.5)
        if number < 2:
            run.waveform("current", noise.normal(size=SAMPLES), 1000.0, "A", test, number + 0.6)
        run.test_ended(test, "passed", "", number + 0.9)
    run.event("bench.transcript", {"unit": ["> 10000 LEVEL 3", "< 10000 OK"] * 20})
    run.end("PASS", [], 3.0, 40.0)
    run.store_report_files(results)


def main() -> None:
    """Print the figure, and with --json one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=Path.cwd()) as place:
        directory = Path(place) / "data"
        events = write_journal(directory, options.events)
        seconds, busy = list[float](), list[float]()
        with Record.read(directory) as record:
            for _ in range(options.rounds):
                started, worked = time.perf_counter(), time.process_time()
                found = record.verify()
                seconds.append(time.perf_counter() - started)
                busy.append(time.process_time() - worked)
                assert found.ok, found.reason
    median, best = statistics.median(seconds), min(seconds)
    verdict = "ok" if events / median >= TARGET else "MISSED"
    print(f"{events} events, {found.runs} runs verified in {median:.3f} s, median of {options.rounds} rounds")
    print(f"{events / median:,.0f} events/s (best {events / best:,.0f}; target: at least {TARGET:,.0f}) {verdict}")
    per_cpu = events / min(busy)
    print(f"{per_cpu:,.0f} events per second of processor time: what it is where nothing else runs")
    if options.json:
        figures = {"events": events, "seconds": median, "events_per_s": events / median, "best_per_s": events / best}
        figures["best_per_cpu_s"] = per_cpu
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
