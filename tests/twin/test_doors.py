"""The twin's clock and control ports serve those alone who show the token; nobody else can end or move the twin."""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from drivers.serial_line import SerialLine
from rig.bench_clock import BenchClock
from rig.doorstep import BEGINNING, GREETING_SECONDS, MOST_STRANGERS, enter
from tests.doors import asked
from tests.hostile import HOSTILE

PORTS = ("clock", "control")


@pytest.fixture(scope="module")
def twin() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "rig.twin", "--pace", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(10) == 0


def knocking(twin: dict[str, str], port: str) -> socket.socket:
    host, _, number = twin[port].rpartition(":")
    return socket.create_connection((host, int(number)), timeout=10)


def hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
def test_a_stranger_is_hung_up_on_without_a_word(twin: dict[str, str], port: str, said: bytes) -> None:
    with knocking(twin, port) as stranger:
        try:
            stranger.sendall(said)
            stranger.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it hung up in the middle of it
        assert hung_up(stranger)
    assert asked(twin, {"op": "ping"}) == {"ok": True}


@pytest.mark.parametrize("port", PORTS)
def test_a_request_before_the_token_does_nothing(twin: dict[str, str], port: str) -> None:
    before = asked(twin, {"op": "state"})
    with knocking(twin, port) as stranger:
        stranger.sendall(b'{"op":"join","name":"run"}\n{"op":"pace","pace":1.0}\n')
        assert hung_up(stranger)
    assert asked(twin, {"op": "state"}) == before


@pytest.mark.parametrize("port", PORTS)
def test_a_crowd_keeps_nobody_out_for_long_who_has_the_token(twin: dict[str, str], port: str) -> None:
    crowd = [knocking(twin, port) for _ in range(4 * MOST_STRANGERS)]
    began = time.monotonic()
    host, _, number = twin[port].rpartition(":")
    connection, answer = enter(host, int(number), twin["token"], 10.0)
    assert time.monotonic() - began < 4.0
    assert json.loads(answer)
    connection.close()
    for stranger in crowd:
        stranger.close()


@pytest.mark.parametrize("port", PORTS)
def test_who_speaks_slowly_is_not_waited_for(twin: dict[str, str], port: str) -> None:
    """A byte now and then of what would be right."""
    began = time.monotonic()
    with knocking(twin, port) as stranger:
        for byte in BEGINNING:
            stranger.send(bytes((byte,)))
            if select.select([stranger], [], [], 0.3)[0]:
                break
        assert hung_up(stranger)
    assert GREETING_SECONDS - 0.1 < time.monotonic() - began < GREETING_SECONDS + 1.0


def test_blanks_in_the_greeting_are_the_writers_own_business(twin: dict[str, str]) -> None:
    with knocking(twin, "control") as friend:
        friend.sendall(json.dumps({"op": "hello", "token": twin["token"]}).encode() + b'\r\n{"op":"ping"}\n')
        answers = friend.makefile()
        assert [json.loads(answers.readline()) for _ in range(2)] == [{"ok": True}] * 2


@pytest.mark.parametrize("said", [b"[" * 100_000, b"1" * 5000, b'{"op":"join","name":"x","priority":1e999}', b"\xff"])
@pytest.mark.parametrize("port", PORTS)
def test_the_fault_of_a_known_client_ends_nobody_else(twin: dict[str, str], port: str, said: bytes) -> None:
    answer = asked(twin, said, port)
    assert "error" in answer
    assert asked(twin, {"op": "ping"}) == {"ok": True}


def test_a_serial_cable_in_use_is_nobody_elses_until_its_client_has_gone() -> None:
    command = [sys.executable, "-m", "rig.twin", "--pace", "0", "--links", "socket"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        twin = json.loads(process.stdout.readline())
        clock = BenchClock(twin["clock"], twin["token"])
        for _ in range(2):  # and who has gone gives it back, noticed or not
            line = SerialLine(twin["scale"], 9600, clock, role="scale")
            host, number = twin["scale"].removeprefix("socket://").split(":")
            with socket.create_connection((host, int(number)), timeout=10) as stranger:
                assert hung_up(stranger)
            line.write(b"I4\r\n")
            assert clock.wait_until(lambda line=line: line.received_bytes > 0, 5.0)
            line.close()
        clock.close()
        process.stdin.close()
        assert process.wait(10) == 0
