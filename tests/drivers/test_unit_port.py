"""One command and the console on a debug port, over a real pty."""

import os
import socket
import threading
import time
import tty

import pytest

from drivers import unit_port
from drivers.debug_port_frame import body_of, encode
from rig.errors import ConnectionLost, NoReply, UsageError


class TalkingUnit(threading.Thread):
    """Knows ID? and LVL, is silent on STOP, restarts on BOOM; answers a while after each request."""

    def __init__(self):
        super().__init__(daemon=True)
        self.answers_after = 0.0
        self.done = []
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
                    self.done.append(command)
                    time.sleep(self.answers_after)  # noqa: TID251 - a slow adapter
                    if command == "HEAT LOW":
                        self.say("@", f"{sequence} OK")
                    elif command == "ID?":
                        self.say("@", f"{sequence} OK model=VS-1 vbat=7.4")
                    elif command.startswith("LVL"):
                        self.say("@", f"{sequence} ERR 4 RANGE")
                    elif command == "BOOM":
                        self.say("#", "5 BOOT reason=WDT fw=1")
        except OSError:
            return

    def say(self, mark, body):
        os.write(self.master, encode(mark, body))


@pytest.fixture
def unit():
    unit = TalkingUnit()
    yield unit
    os.close(unit.slave)
    os.close(unit.master)


def test_reply(unit):
    answer = unit_port.send(unit.url, ["ID?"])
    assert answer == {"seq": answer["seq"], "ok": True, "late": False, "reply": {"model": "VS-1", "vbat": "7.4"}}
    assert 0 <= answer["seq"] <= 65535
    assert unit_port.spelled(answer) == "OK model=VS-1 vbat=7.4 V"


def test_refusal_is_an_answer(unit):
    answer = unit_port.send(unit.url, ["LVL", "9"])
    assert (answer["ok"], answer["error"], answer["number"], answer["name"]) == (
        False,
        "ERR 4 RANGE",
        4,
        "RANGE",
    )
    assert unit_port.spelled(answer) == "ERR 4 RANGE"


def test_trouble_is_raised_and_the_port_given_back(unit):
    with pytest.raises(NoReply):
        unit_port.send(unit.url, ["STOP"])
    with pytest.raises(UsageError):
        unit_port.send(unit.url, ["LVL\n3"])
    with pytest.raises(ConnectionLost):
        unit_port.send("/dev/no-such-port", ["STOP"])
    assert unit_port.send(unit.url, ["ID?"])["ok"]


@pytest.mark.parametrize("seconds", [0.12, 0.9])
def test_a_command_that_was_carried_out_is_never_said_to_have_failed(unit, seconds):
    """A late acknowledgement spoils a measurement; a person only wants to know that the heater is on."""
    unit.answers_after = seconds
    answer = unit_port.send(unit.url, ["HEAT", "LOW"])
    assert (answer["ok"], answer["late"], answer["reply"]) == (True, True, {})
    assert unit_port.spelled(answer) == "OK (the reply came late: check cable and adapter)"
    assert unit.done[0] == "HEAT LOW"


def test_a_late_refusal_is_a_refusal(unit):
    unit.answers_after = 0.12
    answer = unit_port.send(unit.url, ["LVL", "9"])
    assert (answer["ok"], answer["late"], answer["error"]) == (False, True, "ERR 4 RANGE")


def test_silence_says_that_the_command_may_have_been_carried_out(unit):
    with pytest.raises(NoReply, match=r"it isn't known whether the unit carried it out: ask STAT\?"):
        unit_port.send(unit.url, ["STOP"])


class Person:
    """Types prepared lines; a callable is done instead of typing; an exception is raised."""

    def __init__(self, *inputs):
        self.inputs = list(inputs)
        self.shown = []

    def ask(self, prompt):
        while True:
            what = self.inputs.pop(0)
            if isinstance(what, BaseException):
                raise what
            if isinstance(what, str):
                return what
            what(self)

    def show(self, text, style):
        self.shown.append(text)

    def sees(self, text):
        deadline = time.monotonic() + 3
        while not any(text in line for line in self.shown):
            assert time.monotonic() < deadline, f"{text!r} isn't in {self.shown}"
            threading.Event().wait(0.005)


@pytest.mark.parametrize("leave", [EOFError(), KeyboardInterrupt(), "quit"], ids=["Ctrl-D", "Ctrl-C", "quit"])
def test_console(unit, leave):
    person = Person(
        "ID?",
        "",
        "LVL 9",
        lambda person: unit.say("#", "4321 FAULT code=F01 latched=1"),
        lambda person: person.sees("FAULT code=F01 latched=1 (at 4.321 s)"),
        "BOOM",
        lambda person: person.sees("restarted unasked (reason=WDT fw=1)"),
        "ID?",
        leave,
    )
    assert unit_port.console(unit.url, person.ask, person.show) == 0
    replies = [line[15:] for line in person.shown if " < " in line]
    assert replies == ["OK model=VS-1 vbat=7.4 V", "ERR 4 RANGE", "OK model=VS-1 vbat=7.4 V"]
    assert all(line[2] == ":" and line[8] == "." for line in person.shown if " < " in line)
    assert unit_port.send(unit.url, ["ID?"])["ok"]  # the port was given back


def test_console_on_a_port_that_is_not_there():
    with pytest.raises(ConnectionLost):
        unit_port.console("/dev/no-such-port", Person().ask, Person().show)


@pytest.mark.parametrize(
    ("news", "told"),
    [
        (b"", "opened again; events may have been missed; the unit has been running for 1.5 s"),
        (encode("#", "7 BOOT reason=WDT fw=1"), "it restarted unasked (reason=WDT fw=1)"),
    ],
    ids=["nothing said", "restarted, and said so at once"],
)
def test_a_console_that_opens_its_port_again_says_what_it_may_have_missed(news, told):
    """A serial server goes away in the middle of a line, and comes back."""
    server = socket.create_server(("127.0.0.1", 0))
    url = f"socket://127.0.0.1:{server.getsockname()[1]}"
    peers = []

    def serve():
        peers.append(server.accept()[0])
        peers[0].sendall(encode("#", "100 BOOT reason=POWER fw=1") + b"#200 HAL")
        peers[0].shutdown(socket.SHUT_WR)  # in the middle of a line
        peers.append(server.accept()[0])
        peers[1].sendall(news)
        heard = peers[1].recv(4096)
        sequence, _, command = body_of(heard.strip(), "!")[1:].partition(" ")
        assert command == "STAT?"
        peers[1].sendall(encode("@", f"{sequence} OK state=IDLE up_ms=1500"))

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    person = Person(
        lambda person: person.sees("BOOT reason=POWER"),
        lambda person: time.sleep(0.3),  # noqa: TID251 - until the port is seen to be lost
        "ID?",
        EOFError(),
    )
    assert unit_port.console(url, person.ask, person.show) == 0
    assert any("opened again" in said and told in said for said in person.shown), person.shown
    serving.join(2.0)
    for one in (server, *peers):
        one.close()
