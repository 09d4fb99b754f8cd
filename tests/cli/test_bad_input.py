"""Bad input, end to end: one clear line, the contract's exit status, and nothing energised as the twin sees it."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import serial

from tests.doors import asked

SERIAL = "VS1-2026-000001"
RUN_WALL_SECONDS = 100.0
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ROLES = ("vibration", "current", "temperature", "battery", "charger", "fault_box", "power_box", "scale", "unit")


class Bench:
    """A twin started on its own, as a stranger would; what it sees tells whether anything is energised."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rig.twin", *arguments],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addresses: dict[str, str] = json.loads(self._process.stdout.readline())
        self.station = Path(self.addresses["station"]).read_text()

    def control(self, **request: object) -> dict[str, Any]:
        answer = asked(self.addresses, request)
        assert answer["ok"], answer
        return answer

    def energised(self) -> list[str]:
        """Everything that is on, closed or live."""
        state = self.control(op="state")
        on = [name for name, value in state.items() if name not in ("ok", "now_ns", "spare_on", "unit_volts") and value]
        on += [f"spare {number}" for number, value in enumerate(state["spare_on"]) if value]
        return [*on, *(["unit"] if state["unit_volts"] > 0.05 else [])]

    def switch_battery_on(self) -> None:
        """As if somebody had left it on."""
        host, port = self.addresses["battery"].split("::")[1:3]
        with socket.create_connection((host, int(port)), timeout=10.0) as connection:
            connection.sendall(b":OUTP ON;*OPC?\n")
            assert connection.makefile().readline().strip() == "1"
        deadline = time.monotonic() + 10.0
        while "battery_on" not in self.energised():  # settles in bench time
            assert time.monotonic() < deadline

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(10.0)
        self._process.stdout.close()


@dataclass
class Ended:
    """What a `rig` command left."""

    status: int
    out: str
    err: str

    @property
    def reasons(self) -> list[str]:
        return [line.removeprefix("  - ") for line in self.out.splitlines() if line.startswith("  - ")]


def rig(
    *arguments: str | bytes,
    limit_bytes: int | None = None,
    environment: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> Ended:
    """Run the command; no trace of our own trouble may show, whatever happens."""

    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    # a limit of file sizes would cut the interpreter's own byte code short, for everybody after us
    limited = {} if limit_bytes is None else {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "rig.cli", *arguments],
        env=ENVIRONMENT | limited | (environment or {}),
        cwd=cwd,
        capture_output=True,
        timeout=RUN_WALL_SECONDS,
        check=False,
        preexec_fn=limit,
    )
    ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in ended.out + ended.err
    assert "internal error" not in ended.err
    return ended


def assert_one_line(ended: Ended, status: int, *said: str) -> None:
    assert (ended.status, ended.out) == (status, ""), ended
    (line,) = ended.err.splitlines()
    assert line.startswith("rig: ")
    assert len(line) < 400
    assert line.isprintable()
    for text in said:
        assert text in line


def assert_one_reason(ended: Ended, status: int, *said: str) -> None:
    """The run had begun: its reason stands below the verdict."""
    assert (ended.status, ended.err) == (status, ""), ended
    assert len(ended.reasons) == 1, ended.out
    for text in said:
        assert text in ended.reasons[0]


@pytest.fixture(scope="module")
def idle_bench() -> Iterator[Bench]:
    """For runs that must not get as far as switching anything on."""
    bench = Bench("--pace", "0")
    yield bench
    assert bench.energised() == []
    bench.close()


@pytest.fixture
def start_bench() -> Iterator[Callable[..., Bench]]:
    """A twin of a test's own."""
    with contextlib.ExitStack() as started:

        def start(*arguments: str) -> Bench:
            bench = Bench(*arguments)
            started.callback(bench.close)
            return bench

        yield start


@pytest.fixture
def run_on(tmp_path) -> Callable[..., Ended]:
    """`rig test` with a station file of that text."""

    def run(station: str, *arguments: str, serial: str | bytes = SERIAL, **options: Any) -> Ended:
        path = tmp_path / "line.toml"
        path.write_text(station)
        data = () if "--data" in arguments else ("--data", str(tmp_path / "data"))
        return rig("test", serial, "--station", str(path), *data, *arguments, **options)

    return run


def swapped(bench: Bench, one: str, other: str) -> str:
    """The station file with the addresses of two roles exchanged."""
    first, second = bench.addresses[one], bench.addresses[other]
    return bench.station.replace(first, "\0").replace(second, first).replace("\0", second)


HOSTILE = [
    "VS1-26-1",
    "",
    "VS1-2026-000001 7",
    "\x1b[2J\x07VS1-2026-000001",
    "../../etc/passwd",
    "VS1-2026-00000\u0661",
]
HOSTILE += ["\U0001f600", "VS1-2026-000001\nrig: PASS", b"\xff\xfe", "9" * 10_000, "'; drop table event; --"]


@pytest.mark.parametrize("serial", HOSTILE, ids=range(len(HOSTILE)))
def test_malformed_serial(idle_bench, run_on, tmp_path, serial):
    said = ("serial ", "must match") if serial else ("serial: none was scanned; scan the unit's label",)
    assert_one_line(run_on(idle_bench.station, serial=serial), 64, *said)
    assert not (tmp_path / "data").exists()
    assert idle_bench.energised() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--plan", "nonsense"), ("--plan 'nonsense'", "production")),
        (("--plan", "../production"), ("--plan '../production'", "known plans")),
        (("--pad", "ROUND"), ("--pad", "FLAT")),
        (("--pad", "BALL"), ("--pad BALL: plan production needs FLAT or WAVE or LARGE",)),
        (("--pad", "FINGER"), ("--pad FINGER: plan production needs FLAT or WAVE or LARGE",)),
        (("--defect", "nonsense"), ("nonsense", "known", "magnet_weak")),
        (("--defect", "magnet_weak=9"), ("magnet_weak=9", "0 to 2")),
        (("--pace", "-1"), ("--pace -1", "above 0")),
        (("--station", "nowhere.toml"), ("nowhere.toml", "no such file")),
    ],
)
def test_wrong_option_on_built_in_twin(tmp_path, arguments, said):
    ended = rig("test", SERIAL, "--data", str(tmp_path / "data"), *arguments)
    assert (ended.status, ended.out) == (64, "")
    (line,) = ended.err.splitlines()
    assert all(text in line for text in said), line


def test_broken_station_names_every_error(idle_bench, run_on):
    station = idle_bench.station.replace('driver = "2281s"', 'driver = "2281"').replace("[unit]", "[unit]\nport = 3")
    ended = run_on(station.replace("volts_per_g", "volt_per_g"))
    assert (ended.status, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert all(line.startswith("rig: ") and "line.toml: " in line for line in lines)
    for key in ("instruments.battery.driver", "unit.port", "sensors.accelerometer.volt_per_g"):
        assert sum(key in line for line in lines) == 1
    assert len(lines) == 3
    assert idle_bench.energised() == []


def test_station_that_is_no_toml(idle_bench, run_on):
    assert_one_line(run_on(idle_bench.station + "\n[unit\n"), 2, "line.toml", "not TOML")


def test_instrument_missing(idle_bench, run_on):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    station = idle_bench.station.replace(idle_bench.addresses["battery"], f"TCPIP0::127.0.0.1::{port}::SOCKET")
    assert_one_reason(run_on(station), 2, "battery", str(port), "is it on, is the address right?")
    assert idle_bench.energised() == []


def test_wrong_instrument(idle_bench, run_on):
    ended = run_on(swapped(idle_bench, "battery", "charger"))
    assert_one_reason(ended, 2, "battery", "E36312A", "expected a 2281S", "correct the station file")
    assert idle_bench.energised() == []


@pytest.mark.parametrize("role", ["battery", "scale"])
def test_wrong_individual(idle_bench, run_on, role):
    table = f"[instruments.{role}]\n"
    ended = run_on(idle_bench.station.replace(table, f'{table}serial_number = "X-1"\n'))
    assert_one_reason(ended, 2, role, "found serial number", "expected 'X-1'", "correct the station file")
    assert idle_bench.energised() == []


@pytest.mark.parametrize("role", ["scale", "unit"])
def test_serial_port_in_use(idle_bench, run_on, role):
    with serial.Serial(idle_bench.addresses[role], exclusive=True):
        ended = run_on(idle_bench.station)
    assert_one_reason(ended, 2, role, idle_bench.addresses[role], "in use by another program; close it there")
    assert idle_bench.energised() == []


def test_serial_port_missing(idle_bench, run_on):
    ended = run_on(idle_bench.station.replace(idle_bench.addresses["scale"], "/dev/nothing-here"))
    assert_one_reason(ended, 2, "scale", "/dev/nothing-here", "check the cable and the address")
    assert idle_bench.energised() == []


def test_what_was_left_on_is_switched_off_even_if_an_instrument_is_missing(start_bench, run_on):
    bench = start_bench("--pace", "5")  # its time runs without us, too
    bench.switch_battery_on()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    station = bench.station.replace(bench.addresses["temperature"], f"TCPIP0::127.0.0.1::{port}::SOCKET")
    assert_one_reason(run_on(station), 2, "temperature", "no answer")
    assert bench.energised() == []


def test_unit_that_does_not_answer(start_bench, run_on):
    bench = start_bench("--pace", "5")
    master, silent = os.openpty()
    # a real bench has no clock: it would say at once that this line is no line of its twin
    station = bench.station.replace(bench.addresses["unit"], os.ttyname(silent))
    clock = f'[clock]\naddress = "{bench.addresses["clock"]}"\ntoken = "{bench.addresses["token"]}"\n'
    station = station.replace(clock, "")
    try:
        ended = run_on(station)
    finally:
        os.close(master)
        os.close(silent)
    assert_one_reason(ended, 2, "the unit doesn't start", "check the nest's pins")
    assert bench.energised() == []


def test_unit_that_reboots_in_the_middle(start_bench, run_on):
    bench = start_bench("--pace", "0")
    bench.control(op="dropout", after_seconds=14.0, seconds=0.3)
    ended = run_on(bench.station)
    # the unit is down, or has come back: whichever is seen, the supply is asked before
    assert_one_reason(ended, 2, "battery supply: it fell to", "not the unit's doing")
    assert bench.energised() == []


def test_garbage_on_the_debug_port(start_bench, run_on, tmp_path):
    bench = start_bench("--pace", "0")
    bench.control(op="cable", garbage=True, seed=7)
    ended = run_on(bench.station, "--json")
    assert json.loads(ended.out)["verdict"] == "PASS", ended.err
    assert ended.status == 0
    assert bench.energised() == []


def test_record_that_is_a_file(idle_bench, run_on, tmp_path):
    (tmp_path / "data").write_text("something else")
    assert_one_line(run_on(idle_bench.station), 2, str(tmp_path / "data"), "--data")
    assert (tmp_path / "data").read_text() == "something else"
    assert idle_bench.energised() == []


def test_disk_full_before_the_run(idle_bench, run_on, tmp_path):
    assert_one_line(run_on(idle_bench.station, limit_bytes=8192), 2, str(tmp_path / "data"))
    assert idle_bench.energised() == []


def test_disk_full_in_the_middle(start_bench, run_on, tmp_path):
    bench = start_bench("--pace", "0")
    ended = run_on(bench.station, limit_bytes=400_000)
    assert ended.status == 2
    assert sum(str(tmp_path / "data") in reason for reason in ended.reasons) == 1, ended.out
    assert "ERROR" in ended.out
    assert bench.energised() == []


def test_instrument_out_of_calibration(idle_bench, run_on):
    table = f'[instruments.vibration]\ndriver = "dmm6500"\naddress = "{idle_bench.addresses["vibration"]}"\n'
    assert table in idle_bench.station
    ours = 'calibration = { certificate = "OLD-7", date = 2024-01-02, due = 2025-01-01 }\n'
    before, found, after = idle_bench.station.partition(table)
    ended = run_on(before + found + ours + after.partition("\n")[2])
    overdue = "instruments.vibration: calibration overdue, due 2025-01-01 (certificate OLD-7)"
    assert_one_reason(ended, 2, overdue, "calibrate, then correct the station file")
    assert idle_bench.energised() == []


def test_second_unit_on_a_bench_in_use(start_bench, run_on, tmp_path):
    bench = start_bench("--pace", "0")
    command = [sys.executable, "-m", "rig.cli", "test", SERIAL, "--station", bench.addresses["station"]]
    command += ["--data", str(tmp_path / "first")]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        deadline = time.monotonic() + RUN_WALL_SECONDS
        while not bench.energised():
            assert first.poll() is None
            assert time.monotonic() < deadline
        (run,) = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
        os.kill(int(run), signal.SIGSTOP)  # a run is over in seconds: it must not be, when the second comes
        try:
            ended = run_on(bench.station, serial="VS1-2026-000002")
        finally:
            os.kill(int(run), signal.SIGCONT)
        out, err = first.communicate(timeout=RUN_WALL_SECONDS)
    assert_one_reason(ended, 2, "bench twin: in use by ", f"run of {SERIAL}; wait until that has ended")
    assert (first.returncode, err) == (0, "")
    assert "plan production, attempt 1: PASS; " in out
    assert bench.energised() == []


def test_options_of_the_environment_are_not_for_a_unit(tmp_path):
    ours = {"PYTEST_ADDOPTS": "-p no:rig.run.plugin -p no:rig-life-cycle -k nothing", "PYTEST_PLUGINS": "nowhere"}
    ended = rig("test", SERIAL, "--json", "--data", str(tmp_path / "data"), environment=ours)
    assert ended.status == 0, ended.err
    answer = json.loads(ended.out)
    assert (answer["verdict"], answer["reasons"]) == ("PASS", [])
    assert answer["measurements"] > 60


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("configure", "plug-in rig-life-cycle: taken away by an option or a conftest; leave it in"),
        ("collection", "plan leaving: pytest ended with status 0 before a run began or was judged"),
    ],
)
def test_conftest_that_takes_our_own_plug_in_away(tmp_path, hook, said):
    plan = tmp_path / "leaving"
    plan.mkdir()
    (plan / "plan.toml").write_text('text = "It leaves."\npads = ["FLAT"]\n[minimum]\n"boot.time" = {}\n')
    marked = '@pytest.mark.measures("boot.time")\ndef test_nothing():\n    pass\n'
    (plan / "test_nothing.py").write_text(f"import pytest\n\n{marked}")
    argument = {"configure": "config", "collection": "session"}[hook]
    manager = f"getattr({argument}, 'config', {argument}).pluginmanager"
    (plan / "conftest.py").write_text(
        f"def pytest_{hook}({argument}):\n    {manager}.unregister(name='rig-life-cycle')\n"
    )
    assert_one_line(rig("test", SERIAL, "--plan", str(plan), "--data", str(tmp_path / "data")), 2, said)
