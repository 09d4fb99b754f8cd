"""The unit's driver against a device on a real pseudo-terminal."""

import os
import threading
import time
import tty

import pytest

from drivers.debug_port_frame import body_of, encode
from drivers.massager import Massager
from drivers.serial_line import SerialLine
from rig.clock import WallClock
from rig.errors import ConnectionLost, NoReply, Rebooted


class PtyUnit(threading.Thread):
    """A device on a real pty: `talk(sequence, command, times_seen)` returns the bytes to say."""

    def __init__(self, talk):
        super().__init__(daemon=True)
        self.talk = talk
        self.seen = []
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.url = os.ttyname(self.slave)
        self.start()

    def run(self):
        heard = b""
        try:
            while chunk := os.read(self.master, 4096):
                *lines, heard = (heard + chunk).split(b"\n")
                for line in lines:
                    sequence, _, command = body_of(line, "!")[1:].partition(" ")
                    self.seen.append((sequence, command))
                    for part in self.talk(sequence, command, self.seen.count((sequence, command))):
                        os.write(self.master, part)
        except OSError:
            return

    def stop(self):
        os.close(self.slave)
        os.close(self.master)


@pytest.fixture
def on_pty():
    made = []

    def make(talk):
        unit = PtyUnit(talk)
        clock = WallClock()
        massager = Massager(SerialLine(unit.url, 115200, clock), clock, "K")
        made.append((unit, massager))
        return unit, massager

    yield make
    for unit, massager in made:
        massager.disconnect()
        unit.stop()


def ok(sequence, fields=""):
    return encode("@", f"{sequence} OK{fields}")


def test_dropped_then_duplicated_reply(on_pty):
    unit, massager = on_pty(lambda sequence, command, times: () if times == 1 else (ok(sequence), ok(sequence)))
    massager.telemetry(1)
    massager.telemetry(2)
    assert [command for _, command in unit.seen] == ["TELE 1", "TELE 1", "TELE 2", "TELE 2"]
    assert len(set(unit.seen)) == 2  # a retry is the same line


def test_corrupted_reply_and_garbage_in_pieces(on_pty):
    def talk(sequence, command, times):
        good = ok(sequence, " sn=VS1-2026-000001")
        if times == 1:
            return (b"\x00\xff\xfe\x80garbage", b"\r\n", good[:9], bytes((good[9] ^ 1,)), good[10:])
        return tuple(bytes((byte,)) for byte in good)

    _, massager = on_pty(talk)
    assert massager.eeprom("sn") == "VS1-2026-000001"
    assert massager.counters.wrong_crc == 1
    assert massager.counters.garbage == 1


def test_reboot_in_the_middle(on_pty):
    def talk(sequence, command, times):
        return (encode("#", "1 BOOT reason=BROWN fw=1"),) if command == "LVL 3" else (ok(sequence),)

    _, massager = on_pty(talk)
    massager.stop()
    started = time.monotonic()
    with pytest.raises(Rebooted, match="BROWN"):
        massager.level(3)
    assert time.monotonic() - started < 0.15  # not after the deadline and its retries
    massager.stop()


def test_hung_up(on_pty):
    unit, massager = on_pty(lambda sequence, command, times: (ok(sequence),))
    massager.stop()
    os.close(unit.master)
    unit.master = os.open(os.devnull, os.O_RDONLY)
    with pytest.raises((ConnectionLost, NoReply)):
        massager.stop()
