"""Bench time over the real clock protocol, against a real twin process."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from drivers.k8090 import BAUD, RelayBoard
from drivers.scpi import ScpiSession
from drivers.serial_line import SerialLine
from rig.bench_clock import BenchClock
from rig.errors import ConnectionLost
from tests.doors import asked


@pytest.fixture
def twin() -> Iterator[dict[str, str]]:
    """A twin as fast as it can be computed, with nobody taking part yet."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rig.twin", "--pace", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def test_time_stands_while_the_participant_runs(twin: dict[str, str]) -> None:
    clock = BenchClock(twin["clock"], twin["token"])
    before = clock.now()
    time.sleep(0.05)  # noqa: TID251 - wall time, to see that bench time doesn't follow it
    clock.instrument_answered()
    assert clock.now() == before
    clock.close()


def test_sleep_moves_exactly_that_far_and_at_once(twin: dict[str, str]) -> None:
    clock = BenchClock(twin["clock"], twin["token"])
    before, wall = clock.now(), time.monotonic()
    clock.sleep(100.0)
    assert clock.now() - before == pytest.approx(100.0, abs=1e-9)
    assert time.monotonic() - wall < 20.0
    clock.close()


def test_two_participants_share_time(twin: dict[str, str]) -> None:
    """Time waits for the slower one: neither sees the other's future."""
    first, second = (
        BenchClock(twin["clock"], twin["token"], "first"),
        BenchClock(twin["clock"], twin["token"], "second"),
    )
    done: list[float] = []

    def sleeper() -> None:
        first.sleep(5.0)
        done.append(first.now())
        first.close()  # who has been woken runs, and time stands until it waits or leaves

    thread = threading.Thread(target=sleeper)
    thread.start()
    time.sleep(0.1)  # noqa: TID251 - wall time for the other to get going
    assert not done
    second.sleep(2.0)
    assert second.now() == pytest.approx(2.0)
    assert not done
    second.sleep(4.0)
    thread.join(10)
    assert done == [pytest.approx(5.0)]
    second.close()


def test_a_serial_exchange_costs_its_wire_time(twin: dict[str, str]) -> None:
    """Three frames out and two back at 19200 baud are more than 18 ms of bench time, never nothing."""
    clock = BenchClock(twin["clock"], twin["token"])
    board = RelayBoard(SerialLine(twin["power_box"], BAUD, clock, role="power_box"), clock)
    before = clock.now()
    board.set(7)
    assert 0.015 < clock.now() - before < 0.1
    board.close()
    clock.close()


def test_an_instrument_that_takes_time_takes_bench_time(twin: dict[str, str]) -> None:
    """READ? at ten power line cycles is a wait of the participant whose session it is."""
    clock = BenchClock(twin["clock"], twin["token"])
    meter = ScpiSession(twin["current"], clock, role="current", model="DMM6500")
    meter.write(':SENS:FUNC "CURR"', ":SENS:CURR:RANG 1", ":SENS:CURR:NPLC 10")
    before = clock.now()
    meter.ask_number(":READ?", again=":FETC?")
    assert 0.2 <= clock.now() - before < 0.5
    meter.close()
    clock.close()


def test_a_lost_reply_costs_bench_time_only(twin: dict[str, str]) -> None:
    clock = BenchClock(twin["clock"], twin["token"])
    wall = time.monotonic()
    assert clock.wait_until(lambda: False, 30.0) is False
    assert clock.now() == pytest.approx(30.0, abs=1e-6)
    assert time.monotonic() - wall < 10.0
    clock.close()


@pytest.mark.parametrize(
    "request_", [b"nonsense", b"{}", b'{"op":"wait"}', b'{"op":"attach","line":"/nowhere"}', b"[1]"]
)
def test_what_it_does_not_understand_is_said(twin: dict[str, str], request_: bytes) -> None:
    assert "error" in asked(twin, request_, "clock")


def test_no_clock_is_one_clear_line() -> None:
    with pytest.raises(ConnectionLost, match="is the twin running"):
        BenchClock("127.0.0.1:1", "a token")


def test_the_control_channel_refuses_what_it_does_not_know(twin: dict[str, str]) -> None:
    assert asked(twin, b'{"op":"environment","contact_newtons":12.5}') == {"ok": True}
    answer = asked(twin, b'{"op":"environment","gravity":1}')
    assert answer["ok"] is False
    assert "gravity" in str(answer["error"])


def test_it_ends_with_its_input() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "rig.twin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert "clock" in json.loads(process.stdout.readline())
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--defect", "no_such"], "unknown defect"),
        (["--defect", "magnet_weak=3"], "severity"),
        (["--pace", "-1"], "pace"),
        (["--pace", "nan"], "pace"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_64(arguments: list[str], told: str) -> None:
    ended = subprocess.run([sys.executable, "-m", "rig.twin", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 64
    assert told in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_what_was_served_before_the_knock_is_not_waited_for(twin: dict[str, str]) -> None:
    """A request and its knock come over two connections: the first may be served before the second arrives."""
    server = BenchClock(twin["clock"], twin["token"], "guard", 0)
    client = BenchClock(twin["clock"], twin["token"])
    thread = threading.Thread(target=server.attend, args=(None, (), lambda _: False, ("a ticket",), 3.0))
    thread.start()
    time.sleep(0.2)  # noqa: TID251 - wall time for the other to attend
    began = time.monotonic()
    client.hand_over("guard", "a ticket")
    assert time.monotonic() - began < 1.0
    client.close()
    thread.join(10)
    server.close()


def test_that_a_wait_goes_on_is_no_answer_however_it_is_spaced() -> None:
    """Written anew by a proxy, with a blank, it was taken for the answer, and so on with every answer after it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as asked_for:
                for answer in ({"now_ns": 0}, {"now_ns": 5}, {"now_ns": 9, "delivered": {}}):
                    still = b"" if answer == {"now_ns": 0} else b'{"still": true}\n{"still":true}\n'
                    asked_for.readline()
                    connection.sendall(still + json.dumps(answer).encode() + b"\n")

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = listener.getsockname()
        clock = BenchClock(f"{host}:{port}", "token")
        clock.sleep(1.0)
        assert clock._twins_ns() == 9
        thread.join()
        clock._socket.close()
