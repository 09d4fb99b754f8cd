"""The guard on a real twin: whatever ends a lease ends the energy, and nobody else can have one."""

import json
import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rig.bench import Bench
from rig.bench.guard import Budget, GuardSettings
from rig.bench.guard.client import GuardedRelays
from rig.bench.guard.place import contact_file, read_contact
from rig.bench.guard.process import GuardProcess, running_guard
from rig.errors import BenchError, ConfigError, InstrumentFault, LeaseLost, NotSafe
from tests.bench.conftest import Twin  # pyright: ignore[reportMissingImports]
from tests.record.begun import opened

PLENTY = Budget(max_seconds=1000.0, max_celsius=60.0)


def energised(twin: Twin, budget: Budget = PLENTY, data: Path | None = None) -> Bench:
    """A bench whose battery feeds the unit."""
    bench = Bench(twin.station, "a test", data)
    bench.battery.power_mode()
    bench.battery.set(7.4, 3.0)
    bench.battery.energise(budget)
    bench.clock.sleep(0.1)  # the supply's own rise
    assert twin.live, twin.ask(op="state")
    return bench


def test_energy_follows_the_lease_and_is_read_back_off(twin: Twin) -> None:
    bench = energised(twin)
    bench.clock.sleep(30.0)  # the watchdog is restarted all the while
    assert twin.live
    bench.battery.make_safe()
    bench.clock.sleep(0.1)  # the supply's own fall
    assert not twin.live
    bench.close()
    assert bench.safe
    assert twin.ask(op="state")["power_relays"] == []


def test_an_ended_connection_ends_the_energy_and_is_kept_in_the_record(twin: Twin, tmp_path: Path) -> None:
    opened(tmp_path).close()
    bench = energised(twin, data=tmp_path)
    guard = bench.guard_pid
    bench.disconnect()  # as the kernel does for a process that dies
    assert twin.seconds_until_off(2.0) < 1.0
    await_end(guard)
    with opened(tmp_path) as record:
        (trip,) = record.events("", "guard.tripped")
    assert trip["reason"] == "its connection ended"
    assert trip["confirmed"]
    assert (trip["who"], trip["sources"]) == ("a test", ["battery"])


def test_a_budget_ends_the_energy(twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bench = energised(twin, Budget(max_seconds=5.0, max_celsius=60.0))
    bench.clock.sleep(4.8)
    assert twin.live
    bench.clock.sleep(0.2)
    assert not twin.live
    with pytest.raises(LeaseLost, match="battery was on for more than its budget of 5 s"):
        bench.battery.measure()
    with pytest.raises(LeaseLost, match="budget"):
        bench.close()
    assert not list(tmp_path.glob("*.sqlite*"))  # nobody named a record
    assert bench.safe  # off and read back, but nothing that ran on it is a PASS


def test_a_holder_hears_at_once_that_its_lease_has_ended(twin: Twin) -> None:
    bench = energised(twin, Budget(max_seconds=5.0, max_celsius=60.0))
    bench.clock.sleep(4.8)
    bench.require_lease()
    bench.clock.sleep(0.2)
    for _ in range(2):
        with pytest.raises(LeaseLost, match="took the energy away: battery was on for more than its budget of 5 s"):
            bench.require_lease()
    with pytest.raises(LeaseLost, match="budget"):
        bench.close()


def test_too_hot_ends_the_energy(twin: Twin) -> None:
    bench = energised(twin, Budget(max_seconds=100.0, max_celsius=30.0))
    bench.clock.sleep(5.0)
    assert twin.live
    twin.ask(op="environment", ambient_celsius=45.0)
    bench.clock.sleep(300.0)
    assert not twin.live
    with pytest.raises(LeaseLost, match=r"reads 3\d\.\d C, more than 30 C"):
        bench.close()


def test_a_look_at_the_temperatures_holds_no_relay_up(twin: Twin) -> None:
    """A scan takes a quarter of a second; a cut-off is timed from the relay that the run switches meanwhile."""
    bench = energised(twin)
    looked = 0.0
    slowest = 0.0
    while looked < 5.0:  # two looks at least
        began = bench.clock.now()
        bench.fault_box.set(7)
        bench.fault_box.clear(7)
        took = bench.clock.now() - began
        slowest = max(slowest, took)
        looked += took
    # both, each three times a reply of the board's; and once the confirmation of the watchdog's restart
    assert slowest < 0.09
    bench.close()


def test_a_holder_that_goes_during_its_own_scan_is_seen_off_at_once(twin: Twin) -> None:
    bench = energised(twin)
    bench.clock.sleep(0.1)
    twin.ask(op="pace", pace=1.0)
    thermocouples = bench.station.wiring.temperature
    channels = (thermocouples.plate, thermocouples.face, thermocouples.ambient)
    with ThreadPoolExecutor(1) as run:
        scan = run.submit(bench.logger.read_many, channels)
        time.sleep(0.05)  # noqa: TID251 - in wall time, in the middle of the scan
        bench._line._socket.shutdown(socket.SHUT_RDWR)
        assert twin.seconds_until_off(2.0) < 0.3
        with pytest.raises(LeaseLost):
            scan.result(10.0)
    bench.disconnect()


def test_a_relay_that_anybody_held_up_measures_nothing(twin: Twin) -> None:
    bench = Bench(twin.station)
    relays = GuardedRelays(bench._line, "fault_box", bench.clock, prompt_seconds=0.0001)
    with pytest.raises(InstrumentFault, match=r"fault_box: relays 7 were confirmed after 0\.0\d+ s, later"):
        relays.set(7)
    bench.close()


def test_an_opened_lid_ends_the_energy(twin: Twin) -> None:
    bench = energised(twin)
    twin.ask(op="lid", closed=False)
    bench.clock.sleep(3.0)
    assert not twin.live
    with pytest.raises(LeaseLost, match="lid was opened"):
        bench.close()


def test_a_second_run_is_refused_and_the_first_goes_on(twin: Twin) -> None:
    bench = energised(twin)
    with pytest.raises(BenchError, match=r"bench twin: in use by a test; wait"):
        Bench(twin.station, "another")
    assert twin.live
    bench.close()


def test_a_killed_guard_is_seen_and_a_new_one_makes_safe(twin: Twin) -> None:
    bench = energised(twin)
    os.kill(bench.guard_pid, signal.SIGKILL)
    with pytest.raises(LeaseLost):
        bench.battery.measure()
    with pytest.raises(LeaseLost, match="guard"):
        bench.make_safe()
    assert bench.safe
    assert not twin.live
    bench.disconnect()


def test_without_guard_and_run_the_watchdog_relay_opens(twin: Twin) -> None:
    bench = energised(twin)
    twin.ask(op="pace", pace=1.0)
    os.kill(bench.guard_pid, signal.SIGKILL)
    assert 0.5 < twin.seconds_until_off(3.0) < 2.2
    with pytest.raises(LeaseLost):
        bench.make_safe()
    bench.disconnect()


@pytest.mark.parametrize("short_seconds", [0.0, 0.6], ids=["good card", "worst card"])
@pytest.mark.parametrize("after_seconds", [0.5, 2.0], ids=["waiting", "in the middle of a look"])
def test_a_guard_that_was_stopped_gives_no_energy_back(
    twin: Twin, frozen: Callable[[int], None], after_seconds: float, short_seconds: float
) -> None:
    """A K8090's timer may end 0.6 s early: who comes back after that, but within its 2 s, gives nothing back either."""
    twin.ask(op="relays", timers_short_seconds=short_seconds)
    bench = energised(twin)
    bench.clock.sleep(after_seconds)  # the first look begins two seconds after the energy
    twin.ask(op="pace", pace=1.0)
    frozen(bench.guard_pid)
    with ThreadPoolExecutor(1) as run:
        asked = run.submit(bench.make_safe)  # it lies there already when the guard goes on
        assert 0.1 < twin.seconds_until_off(3.0) < 2.2
        os.kill(bench.guard_pid, signal.SIGCONT)
        with pytest.raises(LeaseLost, match="held up: the watchdog relay may have opened"):
            asked.result(10.0)
    assert bench.safe
    assert not twin.live
    bench.disconnect()


def test_a_stopped_run_is_switched_off(twin: Twin, frozen: Callable[[int], None], tmp_path: Path) -> None:
    """Beats come from the run's own progress: who stands still has no beat."""
    script = tmp_path / "holder.py"
    station = tmp_path / "station.toml"
    text = Path(twin.addresses["station"]).read_text()
    station.write_text(text.replace("beat_seconds = 20.0", "beat_seconds = 0.5"))
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from rig.bench import Bench\n"
        "from rig.bench.guard import Budget\n"
        "from rig.station import load_station\n"
        "bench = Bench(load_station(Path(sys.argv[1])), 'a holder')\n"
        "bench.battery.set(7.4, 3.0)\n"
        "bench.battery.energise(Budget(3600.0, 60.0))\n"
        "bench.clock.sleep(0.1)\n"
        "print('on', flush=True)\n"
        "sys.stdin.readline()\n"
        "while True:\n"
        "    bench.clock.sleep(0.1)\n"
    )
    import subprocess
    import sys

    with subprocess.Popen(
        [sys.executable, str(script), str(station)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "on\n"
        twin.ask(op="pace", pace=1.0)
        holder.stdin.write("go on\n")
        holder.stdin.flush()
        assert twin.live
        frozen(holder.pid)
        assert 0.1 < twin.seconds_until_off(3.0) < 1.5
        holder.kill()


def test_the_token_is_its_owners_alone(twin: Twin) -> None:
    bench = Bench(twin.station)
    path = contact_file(GuardSettings.of(twin.station).addresses)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    contact = read_contact(path)
    assert contact is not None
    assert len(contact.token) >= 32
    with open("/proc/net/tcp", encoding="ascii") as sockets:
        listening = [line.split()[1] for line in sockets if line.split()[3] == "0A"]
    assert f"0100007F:{contact.port:04X}" in listening  # loopback, and nothing else
    bench.close()


def test_a_place_that_others_can_read_is_refused(twin: Twin, tmp_path: Path) -> None:
    Bench(twin.station).close()
    (place,) = tmp_path.glob("vibrosculpt-guard-*")
    place.chmod(0o755)
    with pytest.raises(ConfigError, match="isn't ours alone"):
        Bench(twin.station)


def test_the_contactor_is_not_for_runs_to_hold(twin: Twin) -> None:
    bench = Bench(twin.station)
    with pytest.raises(InstrumentFault, match="the contactor follows the lease"):
        bench.power_box.set(bench.station.wiring.power_box.contactor)
    bench.close()


def test_the_first_act_is_the_safe_sequence(start_twin: Callable[..., Twin]) -> None:
    """Whatever was left on by whoever was here before goes off, before anything is asked."""
    twin = start_twin("--powered")
    bench = Bench(twin.station)
    assert not twin.live
    bench.close()


def test_a_guard_begun_for_a_run_that_never_came_makes_safe_and_ends(start_twin: Callable[..., Twin]) -> None:
    twin = start_twin("--powered")
    process = GuardProcess()
    process.begin(GuardSettings.of(twin.station))
    process.close()
    assert process.ended
    assert not twin.live
    assert running_guard(GuardSettings.of(twin.station)) is None


def test_an_output_that_cannot_be_confirmed_is_not_safe(twin: Twin) -> None:
    """The battery supply has gone silent: whether it is off nobody can say."""
    bench = energised(twin)
    twin.process.kill()
    with pytest.raises(NotSafe, match="remove power by hand"):
        bench.close()
    assert not bench.safe


def test_the_watchdog_outlives_the_worst_card(twin: Twin) -> None:
    """Timers that end 0.6 s early, a board that needs 9 ms between frames: the contactor holds, no frame is lost."""
    twin.ask(op="relays", timers_short_seconds=0.6, gap_seconds=0.009)
    bench = energised(twin)
    ends = bench.clock.now() + 8.0
    while bench.clock.now() < ends:
        bench.logger.read_many([101, 102, 103, 104, 105, 110])
        bench.power_box.set(6)
        bench.power_box.clear(6)
        bench.fault_box.clear(1, 2, 3)
        assert twin.live
    bench.close()
    assert twin.ask(op="relays")["ignored"] == [0, 0]


@pytest.mark.parametrize("short_seconds", [0.0, 0.6], ids=["good card", "worst card"])
def test_the_watchdog_is_proved_on_both_lines(twin: Twin, short_seconds: float) -> None:
    twin.ask(op="relays", timers_short_seconds=short_seconds)
    with Bench(twin.station) as bench:
        found = bench.prove_watchdog(7.4, 5.0, 5.0)
    assert found.keys() == {"battery", "charger"}
    assert all(1.9 <= seconds + short_seconds <= 2.2 for seconds in found.values()), found
    assert not twin.live


def await_end(pid: int) -> None:
    """Wait for a process that isn't ours."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return
        if state == "Z":
            return
        time.sleep(0.01)  # noqa: TID251 - another process's wall time
    pytest.fail(f"process {pid} goes on; {json.dumps(pid)}")
