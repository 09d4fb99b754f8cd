"""The serial line over a real pty, a real socket and pyserial's loop."""

import os
import socket
import threading
import time
import tty
from contextlib import suppress

import pytest

from drivers.serial_line import SerialLine
from rig.clock import WallClock
from rig.errors import ConnectionLost


@pytest.fixture
def pty_pair():
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for descriptor in (master, slave):
        with suppress(OSError):  # the test may have hung up by itself
            os.close(descriptor)


def open_line(url):
    return SerialLine(url, 115200, WallClock(), role="unit")


def received(line, count):
    assert line.clock.wait_until(lambda: line.received_bytes >= count, 2.0)
    return line.take()


def test_bytes_both_ways_are_counted_and_kept(pty_pair):
    master, url = pty_pair
    line = open_line(url)
    line.write(b"hello\n")
    assert os.read(master, 100) == b"hello\n"
    os.write(master, b"\x00\xff\n\r")
    assert received(line, 4) == b"\x00\xff\n\r"
    assert line.take() == b""
    assert (line.sent_bytes, line.received_bytes) == (6, 4)
    assert line.await_received(4, 0.1)
    assert not line.await_received(5, 0.01)
    assert [(one.direction, one.data) for one in line.transcript] == [
        ("sent", b"hello\n"),
        ("received", b"\x00\xff\n\r"),
    ]
    assert abs(line.transcript[0].wall_seconds - time.time()) < 60
    line.close()


def test_more_than_a_pty_holds(pty_pair):
    master, url = pty_pair
    line = open_line(url)
    data = bytes(range(256)) * 400
    writer = threading.Thread(target=lambda: [os.write(master, data[i : i + 1024]) for i in range(0, len(data), 1024)])
    writer.start()
    assert received(line, len(data)) == data
    writer.join()
    line.close()


def test_port_in_use_is_one_clear_line(pty_pair):
    _, url = pty_pair
    line = open_line(url)
    with pytest.raises(ConnectionLost, match="in use by another program") as caught:
        open_line(url)
    assert "\n" not in str(caught.value)
    assert url in str(caught.value)
    line.close()
    open_line(url).close()


def test_missing_port():
    with pytest.raises(ConnectionLost, match="/dev/no-such-port"):
        open_line("/dev/no-such-port")


def test_close_is_prompt_and_may_be_repeated(pty_pair):
    _, url = pty_pair
    line = open_line(url)
    started = time.monotonic()
    line.close()
    line.close()
    assert time.monotonic() - started < 0.5
    assert not line._reader.is_alive()
    with pytest.raises(ConnectionLost, match="closed"):
        line.write(b"x")


def test_cable_pulled(pty_pair):
    master, url = pty_pair
    line = open_line(url)
    os.write(master, b"last words")
    assert received(line, 10) == b"last words"
    os.close(master)
    assert line.clock.wait_until(lambda: line.lost is not None, 2.0)
    with pytest.raises(ConnectionLost, match="unit port"):
        line.take()
    with pytest.raises(ConnectionLost, match="unit port"):
        line.write(b"x")
    line.close()


class AttachClock(WallClock):
    def __init__(self):
        super().__init__()
        self.calls = []

    def attach(self, line):
        self.calls.append(("attach", line.endpoint, line.received_bytes, hasattr(line, "_reader")))

    def detach(self, line):
        self.calls.append(("detach", line.endpoint))


def test_clock_is_told_before_the_reader_starts(pty_pair):
    _, url = pty_pair
    clock = AttachClock()
    line = SerialLine(url, 115200, clock)
    line.close()
    assert clock.calls == [("attach", url, 0, False), ("detach", url)]


def test_socket_url_and_reopening_with_back_off():
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    line = open_line(f"socket://127.0.0.1:{port}")
    peer, _ = server.accept()
    peer.sendall(b"abc\n")
    assert received(line, 4) == b"abc\n"
    line.write(b"def\n")
    assert peer.recv(10) == b"def\n"
    peer.close()
    assert line.clock.wait_until(lambda: line.lost is not None, 2.0)
    server.close()
    with pytest.raises(ConnectionLost):
        line.reopen(attempts=2)
    server = socket.create_server(("127.0.0.1", port))
    line.reopen()
    peer, _ = server.accept()
    peer.sendall(b"again")
    assert received(line, 5) == b"again"
    assert line.lost is None
    line.close()
    peer.close()
    server.close()


def test_what_a_serial_server_says_at_once_is_heard():
    """pyserial empties the input of a port that it opens: a greeting that was quicker got lost, four times of five."""
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    peers = []

    def greet():
        for _ in range(6):
            peer, _ = server.accept()
            peer.sendall(b"#100 BOOT reason=POWER\n")
            peers.append(peer)

    greeter = threading.Thread(target=greet, daemon=True)
    greeter.start()
    line = open_line(f"socket://127.0.0.1:{port}")
    for number in range(6):
        if number:
            line.reopen()
        assert received(line, 23) == b"#100 BOOT reason=POWER\n"
    line.close()
    greeter.join(2.0)
    for one in (server, *peers):
        one.close()


def test_loop_url_without_file_descriptor():
    line = open_line("loop://")
    line.write(b"echo")
    assert received(line, 4) == b"echo"
    line.close()
