"""The record as its users see it: runs, attempts, readings, waveforms."""

import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
import pytest

from rig.errors import RecordError
from rig.measure import Limit, Reading, decide
from rig.record import ExpectedMeasurement, Record, RunRecord
from tests.record.begun import begun, opened

TEST = "test_plans/production/test_vibration.py::test_vibration[3]"
FREQUENCY = Limit("vibration.frequency", {"level": 3}, "Hz", 49.0, 51.0, requirement="PRF-003", safety=True)
DIRECTION = Limit("motor.direction", one_of=("forward",))


def begin(record: Record, serial: str = "VS1-2646-00042", plan: str = "production") -> RunRecord:
    return begun(
        record,
        serial,
        plan=plan,
        manifest=[
            ExpectedMeasurement(TEST, "vibration.frequency", {"level": 3}),
            ExpectedMeasurement(TEST, "motor.direction", {}),
        ],
        tests=[TEST],
        operator="tester",
        seed=7,
        instruments=[{"role": "vibration", "serial": "04512345"}],
        extra={"pace": 20},
    )


def measure(run: RunRecord, limit: Limit, reading: Reading) -> None:
    run.measurement(TEST, limit.id, limit.conditions, reading, limit, decide(reading, limit), t_s=1.25)


def test_what_was_recorded_is_read_back(tmp_path: Path):
    with opened(tmp_path) as record:
        run = begin(record)
        run.test_started(TEST, 1.0)
        measure(run, FREQUENCY, Reading(50.02, "Hz", u=0.02))
        measure(run, DIRECTION, Reading("backward", ""))
        run.test_ended(TEST, "failed", "motor.direction: backward", 2.0)
        run.end("FAIL", ["motor.direction"], wall_s=0.4, bench_s=2.1)
    with opened(tmp_path) as record:
        (attempt,) = record.attempts("VS1-2646-00042")
        assert (attempt.verdict, attempt.reasons, attempt.attempt) == ("FAIL", ("motor.direction",), 1)
        assert (attempt.seed, attempt.slot, attempt.extra) == (7, 1, {"pace": 20})
        assert attempt == record.run(attempt.run_id)
        frequency, direction = record.measurements(attempt.run_id)
        assert (frequency.value, frequency.u, frequency.low, frequency.high) == (50.02, 0.02, 49.0, 51.0)
        assert (frequency.verdict, frequency.safety, frequency.conditions) == ("PASS", True, {"level": 3})
        assert (direction.value, direction.verdict, direction.one_of) == ("backward", "FAIL", ("forward",))
        (test,) = record.tests(attempt.run_id)
        assert (test.outcome, test.started_s, test.ended_s) == ("failed", 1.0, 2.0)
        assert record.missing(attempt.run_id) == []
        assert record.verify().ok


def test_only_a_commit_makes_it_durable(tmp_path: Path):
    with opened(tmp_path) as record, opened(tmp_path) as observer:
        run = begin(record)
        measure(run, FREQUENCY, Reading(50.0, "Hz", u=0.02))
        assert observer.measurements(run.run_id) == []
        assert observer.missing(run.run_id) == list(observer.run(run.run_id).manifest)
        waited = run.commit()
        assert [row.value for row in observer.measurements(run.run_id)] == [50.0]
        assert [entry.id for entry in observer.missing(run.run_id)] == ["motor.direction"]
        assert 0.0 < waited == run.fsync_seconds
        run.end("INCOMPLETE", [], 1.0, 1.0)


def test_attempts_count_per_serial_and_plan(tmp_path: Path):
    with opened(tmp_path) as record:
        numbers: list[int] = []
        for serial, plan in (("A", "production"), ("A", "production"), ("B", "production"), ("A", "sampled")):
            run = begin(record, serial, plan)
            run.end("PASS", [], 1.0, 1.0)
            numbers.append(run.attempt)
            assert uuid.UUID(run.run_id).version == 7
        assert numbers == [1, 2, 1, 1]
        assert [attempt.attempt for attempt in record.attempts("A")] == [1, 2, 1]


def test_waveforms_come_back_as_they_were(tmp_path: Path):
    samples = np.random.default_rng(1).normal(size=100_000).astype(np.float32)
    with opened(tmp_path) as record:
        run = begin(record)
        sha256 = run.waveform("acceleration x", samples, 20_000.0, "m/s2", TEST, 1.5)
        assert not record.waveform_path(sha256).exists()
        run.commit()
        loaded, rate_hz, unit = record.load_waveform(sha256)
        assert loaded.dtype == np.float32
        assert np.array_equal(loaded, samples)
        assert (rate_hz, unit) == (20_000.0, "m/s2")
        (row,) = record.waveforms(run.run_id)
        assert (row.name, row.count, row.sha256) == ("acceleration x", 100_000, sha256)
        record.waveform_path(sha256).chmod(0o644)
        record.waveform_path(sha256).write_bytes(b"something else")
        with pytest.raises(RecordError, match="changed"):
            record.load_waveform(sha256)
        run.end("PASS", [], 1.0, 1.0)


def test_storing_a_waveform_loads_no_pandas(tmp_path: Path):
    # pandas takes seconds to load, and a test may be waiting
    code = (
        "import sys, pathlib, numpy\n"
        "from rig.record import waveforms\n"
        "made = waveforms.encode(numpy.zeros(10), 1.0, 'V')\n"
        "waveforms.store(pathlib.Path(sys.argv[1]), made)\n"
        "print('pandas' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_frame_holds_readings_of_one_unit_or_all(tmp_path: Path):
    with opened(tmp_path) as record:
        for serial in ("A", "B"):
            run = begin(record, serial)
            measure(run, FREQUENCY, Reading(50.25, "Hz", u=0.02))
            measure(run, DIRECTION, Reading("forward", ""))
            run.end("PASS", [], 1.0, 1.0)
        frame = record.frame(serial="B")
        assert list(frame["serial"]) == ["B", "B"]
        assert list(frame["conditions"]) == ["level=3", ""]
        assert frame["value"].tolist()[0] == 50.25
        assert frame["text"].tolist()[1] == "forward"
        assert frame["value"].dtype == frame["low"].dtype == "float64"
        assert len(record.frame()) == 4
        assert len(record.frame(serial="C")) == 0
        assert len(record.frame(run=run.run_id, plan="production")) == 2


def test_hostile_text_is_written_out_when_it_enters(tmp_path: Path):
    hostile = "\udce9<script>\x1b[2J\x00\x9b\uffff"
    with opened(tmp_path) as record:
        run = begin(record, serial=hostile)
        again = begin(record, serial=hostile)
        assert again.attempt == 2
        measure(run, DIRECTION, Reading(hostile, ""))
        run.event("unit.log", {"line": hostile, "numbers": [float("nan"), np.float32(1.5)], hostile: {1: (2,)}})
        run.commit()
        (attempt, _) = record.attempts(r"\udce9<script>\x1b[2J\x00\x9b\uffff")
        (row,) = record.measurements(attempt.run_id)
        assert row.value == r"\udce9<script>\x1b[2J\x00\x9b\uffff"
        (body,) = record.events(run.run_id, "unit.log")
        assert body["numbers"] == ["nan", 1.5]
        for each in (run, again):
            each.end("ERROR", [], 1.0, 1.0)
        assert record.verify().ok


def test_report_files_are_kept_as_they_were(tmp_path: Path):
    results = tmp_path / "results"
    results.mkdir()
    (results / "a-result.json").write_text('{"name": "a"}')
    (results / "b.bin").write_bytes(bytes(range(256)))
    (results / "same.bin").write_bytes(bytes(range(256)))
    with opened(tmp_path / "data") as record:
        run = begin(record)
        run.end("PASS", [], 1.0, 1.0)
        run.store_report_files(results)
        files = {file.name: file.content for file in record.report_files(run.run_id)}
        assert files == {path.name: path.read_bytes() for path in results.iterdir()}
        assert record.verify().ok


def test_an_unknown_run_is_one_clear_line(tmp_path: Path):
    with (
        opened(tmp_path) as record,
        pytest.raises(RecordError, match=r"^run nowhere isn't in the record"),
    ):
        record.run("nowhere")


def test_what_is_no_record_is_one_clear_line(tmp_path: Path):
    (tmp_path / "record.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(RecordError) as raised:
        opened(tmp_path)
    assert "file is not a database" in str(raised.value)
    assert "\n" not in str(raised.value)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, where a directory is needed")
    with pytest.raises(RecordError, match="blocked"):
        opened(blocked)
