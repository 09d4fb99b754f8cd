"""A session over HiSLIP (IVI-6.1), against a server of the few messages that a query needs."""

import re
import socket
import struct
import threading

import pytest

from drivers.scpi import ScpiSession
from rig.errors import ConnectionLost
from tests.drivers.conftest import InstantClock

HEADER = struct.Struct("!2sBBIQ")
INITIALIZE, INITIALIZED, DATA, DATA_END, SIZE, SIZED, ASYNC, ASYNCED = 0, 1, 6, 7, 15, 16, 17, 18
ANSWERS = {"*IDN?": "KEITHLEY INSTRUMENTS,MODEL DMM6500,1,1.7", ":SYST:ERR?": '0,"No error"', "READ?": "1.25"}


def exactly(peer, count):
    found = b""
    while len(found) < count:
        chunk = peer.recv(count - len(found))
        if not chunk:
            raise EOFError
        found += chunk
    return found


def answer(line):
    tagged = re.fullmatch(r"\*ESE (\d+);\*ESE\?;(.*)", line)
    if tagged is None:
        return ";".join(ANSWERS[query] for query in re.split("[;\n]", line))
    return ";".join([tagged[1], *(ANSWERS[query] for query in tagged[2].split(";"))])


def serve(peer):
    message = b""
    try:
        while True:
            _, kind, _, parameter, size = HEADER.unpack(exactly(peer, HEADER.size))
            payload = exactly(peer, size)
            if kind == INITIALIZE:
                peer.sendall(HEADER.pack(b"HS", INITIALIZED, 0, 0x0100_0001, 0))
            elif kind == ASYNC:
                peer.sendall(HEADER.pack(b"HS", ASYNCED, 0, 0, 0))
            elif kind == SIZE:
                peer.sendall(HEADER.pack(b"HS", SIZED, 0, 0, 8) + struct.pack("!Q", 1 << 20))
            elif kind in (DATA, DATA_END):
                message += payload
                if kind == DATA_END:
                    reply = answer(message.decode().strip()).encode() + b"\n"
                    message = b""
                    peer.sendall(HEADER.pack(b"HS", DATA_END, 0, parameter, len(reply)) + reply)
    except (EOFError, OSError):
        peer.close()


@pytest.fixture
def address():
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"TCPIP0::127.0.0.1::hislip0,{server.getsockname()[1]}::INSTR"
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_a_session_over_hislip(address):
    clock = InstantClock()
    session = ScpiSession(address, clock, role="vibration", model="DMM6500", serial_number="1")
    assert session.identity.startswith("KEITHLEY")
    assert session.ask_number("READ?") == 1.25
    assert len(clock.ports) == 2  # both of its sockets are without Nagle's delay
    session.close()
    with pytest.raises(ConnectionLost, match="closed"):
        session.ask("READ?")
