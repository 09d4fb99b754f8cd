"""The scale: stable and dynamic weights, zero and tare, errors, wire time."""

from dataclasses import dataclass, field

import pytest

from rig.twin.instruments.mt_sics import MtSics
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

SECOND_NS = 10**9


@dataclass
class Platform:
    kernel: Kernel
    grams: float = 0.0
    vibrating: bool = False
    received: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        scale = MtSics(self.kernel, Noise(1, "scale"), grams=lambda: self.grams, vibrating=lambda: self.vibrating)
        self.port = scale.connect(self.received.append)

    def ask(self, command: str, seconds: float = 5.0) -> str:
        self.received.clear()
        self.port.receive(command.encode() + b"\r\n")
        self.kernel.run_until(self.kernel.now_ns + round(seconds * SECOND_NS))
        return b"".join(self.received).decode()


@pytest.fixture
def platform(kernel) -> Platform:
    return Platform(kernel)


def test_stable_weight_has_its_place_and_unit(platform):
    platform.grams = 312.45
    reply = platform.ask("S")
    assert len(reply) == len("S S     312.45 g\r\n")
    assert reply.startswith("S S     312.4")
    assert reply.endswith(" g\r\n")
    assert float(reply.split()[2]) == pytest.approx(312.45, abs=0.05)


def test_a_vibrating_unit_gives_dynamic_weights_at_once_and_no_stable_one(platform):
    platform.grams, platform.vibrating = 500.0, True
    assert platform.ask("SI").startswith("S D ")
    assert platform.ask("S") == "S I\r\n"


def test_s_answers_when_the_unit_comes_to_rest(platform):
    platform.grams, platform.vibrating = 500.0, True
    assert platform.ask("S", seconds=1.0) == ""
    platform.vibrating = False
    platform.received.clear()
    platform.kernel.run_until(platform.kernel.now_ns + SECOND_NS // 2)
    assert platform.received[0].startswith(b"S S ")


def test_another_command_drops_a_waiting_s(platform):
    platform.vibrating = True
    platform.ask("S", seconds=1.0)
    assert platform.ask("@") == 'I4 A "B021 002593"\r\n'


def test_zero_and_tare(platform):
    platform.grams = 20.0
    assert platform.ask("Z") == "Z A\r\n"
    assert abs(float(platform.ask("SI").split()[2])) < 0.05
    platform.grams = 120.0
    assert platform.ask("T").split()[:2] == ["T", "S"]
    assert platform.ask("TA").split()[:2] == ["TA", "A"]
    platform.grams = 170.0
    assert float(platform.ask("S").split()[2]) == pytest.approx(50.0, abs=0.1)
    assert platform.ask("TAC") == "TAC A\r\n"
    assert float(platform.ask("S").split()[2]) == pytest.approx(150.0, abs=0.1)
    assert platform.ask("Z") == "Z A\r\n" if platform.grams < 164 else "Z +\r\n"


def test_overload_and_underload(platform):
    platform.grams = 9000.0
    assert platform.ask("S") == "S +\r\n"
    assert platform.ask("Z") == "Z +\r\n"
    platform.grams = -500.0
    assert platform.ask("SI") == "S -\r\n"


@pytest.mark.parametrize(
    ("command", "reply"), [("FOO", "ES"), ("s", "ES"), ("SI 5", "EL"), ("S\x00", "ES"), ("x" * 300, "ES")]
)
def test_errors(platform, command, reply):
    assert platform.ask(command).splitlines()[0] == reply


def test_line_without_end_is_a_transmission_error(platform):
    platform.port.receive(b"S" * 300)
    platform.kernel.run_until(SECOND_NS)
    assert platform.received == [b"ET\r\n"]


def test_reply_takes_wire_time(platform):
    platform.grams = 1.0
    platform.port.receive(b"I4\r\n")
    while not platform.received:
        platform.kernel.step()
    assert platform.kernel.now_ns * 1e-9 == pytest.approx(0.1 + 0.02 + len(platform.received[0]) * 10 / 9600, abs=1e-6)
    assert not platform.port.owes_reply


def test_sir_repeats_until_another_command(platform):
    platform.grams = 10.0
    assert platform.ask("SIR", seconds=2.1).count("S S") > 5
    platform.ask("SI")
    platform.received.clear()
    platform.kernel.run_until(platform.kernel.now_ns + 5 * SECOND_NS)
    assert platform.received == []


def test_command_list(platform):
    lines = platform.ask("I0").splitlines()
    assert lines[0] == 'I0 B 0 "I0"'
    assert lines[-1].startswith("I0 A ")


def test_the_tare_in_the_memory(platform):
    assert platform.ask("TA").split() == ["TA", "A", "0.00", "g"]
    assert platform.ask("TA 12.50 g").split() == ["TA", "A", "12.50", "g"]
    assert float(platform.ask("SI").split()[2]) == pytest.approx(-12.5, abs=0.05)
    assert platform.ask("TA 0.1 kg").split() == ["TA", "A", "100.00", "g"]
    assert platform.ask("TA 9 lb") == "TA L\r\n"
    assert platform.ask("TA 9000 g") == "TA L\r\n"
    assert platform.ask("TA").split() == ["TA", "A", "100.00", "g"]


@pytest.mark.parametrize("vibrating", [False, True])
def test_an_empty_platform_tares_to_zero_whatever_the_noises_sign(platform, vibrating):
    platform.vibrating = vibrating
    for _ in range(30):
        words = platform.ask("TI", seconds=0.5).split()
        assert words[:2] == ["TI", "D" if vibrating else "S"]
        assert 0.0 <= float(words[2]) < 20.0
    platform.grams = -100.0
    assert platform.ask("TI") == "TI -\r\n"
