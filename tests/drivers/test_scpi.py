"""The SCPI session: real TCP sockets through pyvisa-py, and exact bytes through a fake end."""

import re
import socket
import struct
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

from drivers.scpi import ScpiSession
from rig.errors import BenchError, ConnectionLost, InstrumentFault


class Instrument(threading.Thread):
    """A TCP server that answers lines from a table; None stays silent, bytes are sent as they are."""

    def __init__(self, answers):
        super().__init__(daemon=True)
        self.answers = {
            "*IDN?": "KEITHLEY INSTRUMENTS,MODEL DMM6500,1,1.7",
            ":SYST:ERR?": '0,"No error"',
        } | answers
        self.lines = []
        self.peers = []
        self.late = None
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"TCPIP0::127.0.0.1::{self.server.getsockname()[1]}::SOCKET"
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            for line in peer.makefile("r"):
                self.answer(peer, line.strip())
        except OSError:
            return

    def answer(self, peer, line):
        self.lines.append(line)
        tagged = re.fullmatch(r"\*ESE (\d+);\*ESE\?;(.*)", line)
        if tagged is None:
            answer = self.answers.get(line)
        else:
            found = [self.answers.get(query) for query in tagged[2].split(";")]
            special = [one for one in found if one is None or one == "HANG UP"]
            if found == [None, None] and "NONSENSE?" in line:
                answer = tagged[1]  # nobody knows the query: the tag alone comes back
            else:
                answer = special[0] if special else ";".join([tagged[1], *found])
        if answer == "HANG UP":
            peer.shutdown(socket.SHUT_RDWR)
        elif answer is not None:
            peer.sendall(answer if isinstance(answer, bytes) else answer.encode() + b"\n")

    def stop(self):
        self.server.close()
        for peer in self.peers:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()


@pytest.fixture
def instrument_of():
    made = []

    def make(**answers):
        made.append(Instrument(answers.pop("answers", answers)))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def open_session(clock):
    opened = []

    def make(instrument, **options):
        address = instrument if isinstance(instrument, str) else instrument.address
        opened.append(ScpiSession(address, clock, role="vibration", model="DMM6500", **options))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
        one.close()


def test_no_delay_and_the_clock_knows_the_port(instrument_of, open_session, clock):
    instrument = instrument_of()
    session = open_session(instrument)
    assert session.identity.startswith("KEITHLEY")
    assert session._link._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    assert clock.ports == [session._link._socket.getsockname()[1]]
    assert instrument.peers[0].getpeername()[1] == clock.ports[0]


def test_write_and_its_error_check_are_one_segment(instrument_of, open_session):
    instrument = instrument_of()
    session = open_session(instrument)
    sent = []
    original = session._link._resource.write
    session._link._resource.write = lambda message: (sent.append(message), original(message))[1]
    session.write(":A 1", ":B 2")
    assert sent == [":A 1;:B 2\n*ESE 1;*ESE?;:SYST:ERR?"]
    assert instrument.lines[2:] == [":A 1;:B 2", "*ESE 1;*ESE?;:SYST:ERR?"]


def test_many_round_trips_are_quick(instrument_of, open_session):
    session = open_session(instrument_of())
    started = time.perf_counter()
    for _ in range(20):
        session.write(":A 1")
    # with Nagle's algorithm each would take 40 ms
    assert time.perf_counter() - started < 0.4


def test_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(ConnectionLost, match=rf"vibration \(DMM6500 at .*{port}.*\): no answer to \*IDN\?"):
        ScpiSession(f"TCPIP0::127.0.0.1::{port}::SOCKET", None, role="vibration", model="DMM6500")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("address", ["nonsense", "TCPIP0::127.0.0.1::1::SOCKET", "USB0::1::2::INSTR"])
def test_addresses_that_cannot_work(address):
    with pytest.raises(ConnectionLost) as caught:
        ScpiSession(address, None, role="vibration", model="DMM6500")
    assert "\n" not in str(caught.value)
    assert address in str(caught.value)


def test_another_instrument_at_the_address(instrument_of, open_session):
    instrument = instrument_of(answers={"*IDN?": "KEITHLEY INSTRUMENTS,MODEL DAQ6510,1,1.7"})
    with pytest.raises(BenchError, match=r"vibration .*DAQ6510.* expected a DMM6500") as caught:
        open_session(instrument)
    assert not isinstance(caught.value, ConnectionLost)


def test_an_error_names_the_command(instrument_of, open_session):
    instrument = instrument_of(answers={":SYST:ERR?": '-222,"Data out of range"'})
    session = open_session(instrument)
    with pytest.raises(InstrumentFault, match=r"vibration.*refused ':VOLT 99': -222"):
        session.write(":VOLT 99")


def test_all_queued_errors_are_shown_and_cleared(wire, session_of):
    session = session_of("DMM6500")
    wire.settings(":A", error='-113,"Undefined header"')
    wire.tagged(":SYST:ERR?", '-222,"Data out of range"')
    wire.tagged(":SYST:ERR?", '+0,"No error"')
    with pytest.raises(InstrumentFault, match=r"-113,.* \| -222,"):
        session.write(":A")


def test_a_late_reply_never_answers_the_next_query(instrument_of, open_session):
    instrument = instrument_of(answers={"FAST?": "2"})
    session = open_session(instrument, timeout_seconds=0.15)
    with pytest.raises(ConnectionLost, match=r"no reply to 'SLOW\?' \(silent for 0.15 s\); reconnected"):
        session.ask("SLOW?")
    with suppress(OSError):  # the old connection is closed: that's the cure
        instrument.peers[0].sendall(b"1\n")
    assert session.ask("FAST?") == "2"
    assert len(instrument.peers) == 2


def test_missing_reply_is_explained_by_the_error_queue(instrument_of, open_session):
    instrument = instrument_of(answers={":SYST:ERR?": '-113,"Undefined header"'})
    session = open_session(instrument, timeout_seconds=0.15)
    with pytest.raises(InstrumentFault, match="-113"):
        session.ask("NONSENSE?")


def test_peer_that_hangs_up_is_noticed_at_once(instrument_of, open_session):
    instrument = instrument_of(answers={"DIE?": "HANG UP"})
    session = open_session(instrument)
    started = time.monotonic()
    with pytest.raises(ConnectionLost, match="closed the connection"):
        session.ask("DIE?")
    instrument.stop()
    with pytest.raises(ConnectionLost):
        session.ask("*IDN?")
    assert time.monotonic() - started < 5


def test_a_silent_instrument_is_waited_for_once(instrument_of, open_session):
    """Whoever asks next may want to switch off: 8.7 s went by, at a charger, before anything else was tried."""
    instrument = instrument_of()
    session = open_session(instrument, timeout_seconds=1.5)
    instrument.answers = dict.fromkeys(instrument.answers)
    with pytest.raises(ConnectionLost, match=r"silent for 1\.5 s"):
        session.ask("*IDN?")
    started = time.monotonic()
    with pytest.raises(ConnectionLost):
        session.ask("*IDN?")
    assert time.monotonic() - started < 1.4


def test_large_indefinite_block(instrument_of, open_session):
    samples = np.random.default_rng(1).standard_normal(100_000).astype("<f4")
    assert b"\n" in samples.tobytes()
    instrument = instrument_of(answers={"DATA?": b"#0" + samples.tobytes() + b"\n", "NEXT?": "7"})
    session = open_session(instrument)
    got = session.ask_block("DATA?", 100_000)
    assert np.array_equal(got, samples)
    assert session.ask_number("NEXT?") == 7.0


def test_definite_block(wire, session_of):
    session = session_of("DMM6500")
    for _ in range(2):
        wire.expect("DATA?\n", b"#18" + struct.pack(">2f", 1.5, -2.0) + b"\n")
    assert session.ask_block("DATA?", 2, dtype=">f4").tolist() == [1.5, -2.0]


@pytest.mark.parametrize(
    "reply",
    [b"#14" + b"abcd\n", b"#1x" + b"abcdefgh\n", b"1.5\n", b"#0" + b"x" * 8 + b"yyyy\n", b"#H1F\n", b"#10\n"],
    ids=["announces too little", "announces no number", "text", "too long", "hexadecimal", "announces nothing"],
)
def test_wrong_block_is_never_data(wire, session_of, reply):
    session = session_of("DMM6500")
    wire.expect("DATA?\n", reply)
    wire.tagged(":SYST:ERR?", '0,"No error"')
    with pytest.raises(InstrumentFault, match=r"'DATA\?' "):
        session.ask_block("DATA?", 2)
    assert session.connections == 2  # what was left of it is gone


@pytest.mark.parametrize("reply", [b"#0abcd\n", b"#0\n"], ids=["short", "empty"])
def test_short_indefinite_block(instrument_of, open_session, reply):
    instrument = instrument_of(answers={"DATA?": reply})
    session = open_session(instrument, timeout_seconds=0.15)
    with pytest.raises(InstrumentFault, match=r"'DATA\?' answered fewer than 8 bytes"):
        session.ask_block("DATA?", 2)
    assert session.ask("*IDN?").startswith("KEITHLEY")


def test_closed_session(instrument_of, open_session):
    session = open_session(instrument_of())
    session.close()
    with pytest.raises(ConnectionLost, match="closed"):
        session.ask("*IDN?")
