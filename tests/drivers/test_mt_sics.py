"""Exact bytes of the scale."""

import pytest

from drivers.mt_sics import Scale
from rig.errors import BenchError, ConnectionLost, InstrumentFault


@pytest.fixture
def scale(wire, line_of, clock):
    # a first line may be broken: the scale was talking when we opened the port
    wire.expect(b"@\r\n", b'2 g\r\nI4 A "B021 002593"\r\n')
    wire.expect(b"I4\r\n", b'I4 A "B021 002593"\r\n')
    scale = Scale(line_of("scale"), clock)
    assert scale.serial == "B021 002593"
    return scale


def weigh(wire, command, first, second, fence):
    wire.expect(f"{command}\r\n", f"{first}\r\n")
    wire.expect(f"{command}\r\n", f"{second}\r\n")
    wire.expect(f"{fence}\r\n", f'{fence} A "whatever"\r\n')


def test_a_wrong_digit_is_not_a_force(wire, scale):
    weigh(wire, "SI", "S S 512.45 g", "S S 312.45 g", "I1")
    weigh(wire, "SI", "S S 312.45 g", "S S 312.47 g", "I2")
    assert scale.force_newtons() == pytest.approx(3.0642, abs=1e-4)


def test_forces_that_never_agree(wire, scale):
    for fence in ("I1", "I2", "I3"):
        weigh(wire, "SI", "S S 512.45 g", "S S 312.45 g", fence)
    with pytest.raises(InstrumentFault, match=r"5\.03 N and 3\.06 N"):
        scale.force_newtons()


def test_a_late_weight_is_not_the_next_one(wire, scale):
    wire.expect(b"SI\r\n")
    with pytest.raises(ConnectionLost):
        scale.force_newtons()
    # the old weight comes behind the next question: everything is one answer late, so there is one too many
    weigh(wire, "SI", "S S 100.00 g\r\nS S 312.45 g", "S S 312.45 g", "I1")
    weigh(wire, "SI", "S S 312.45 g", "S S 312.45 g", "I2")
    assert scale.force_newtons() == pytest.approx(3.0641, abs=1e-4)


@pytest.mark.parametrize(
    ("reply", "newtons"),
    [
        ("S S     312.45 g", 3.06409),
        ("S D    -100.00 g", -0.980665),
        ("S S       1.5000 kg", 14.709975),
    ],
)
def test_force(wire, scale, reply, newtons):
    weigh(wire, "SI", reply, reply, "I1")
    assert scale.force_newtons() == pytest.approx(newtons, rel=1e-5)


def test_stable_zero_tare(wire, scale):
    wire.expect(b"Z\r\n", "Z A\r\n")
    wire.expect(b"T\r\n", "T S     10.00 g\r\n")
    weigh(wire, "S", "S S      0.00 g", "S S      0.00 g", "I1")
    scale.zero()
    scale.tare()
    assert scale.stable_force_newtons() == 0.0


@pytest.mark.parametrize(
    "reply", ["ES", "ET", "EL", "S I", "S +", "S -", "S S 1.0 lb", "S S x g", "S S", "S S 1_0 g", "S S nan g"]
)
def test_no_weight_is_never_a_number(wire, scale, reply):
    wire.expect(b"SI\r\n", reply + "\r\n")
    with pytest.raises(InstrumentFault, match="scale"):
        scale.force_newtons()


def test_zero_refused_while_vibrating(wire, scale):
    wire.expect(b"Z\r\n", "Z I\r\n")
    with pytest.raises(InstrumentFault, match="rest"):
        scale.zero()


def test_silent_scale(wire, scale):
    wire.expect(b"SI\r\n", b"")
    with pytest.raises(ConnectionLost, match="no reply to SI"):
        scale.force_newtons()


@pytest.mark.parametrize("expected", ["B021 002593", None])
def test_a_serial_number_is_all_between_its_quotes(wire, line_of, clock, expected):
    wire.expect(b"@\r\n", 'I4 A "B021 002593"\r\n')
    wire.expect(b"I4\r\n", 'I4 A "B021 002593"\r\n')
    assert Scale(line_of("scale"), clock, serial_number=expected).identity == "MT-SICS scale B021 002593"


def test_another_scale_whose_number_ends_alike_is_another_one(wire, line_of, clock):
    wire.expect(b"@\r\n", 'I4 A "B117 002593"\r\n')
    wire.expect(b"I4\r\n", 'I4 A "B117 002593"\r\n')
    with pytest.raises(BenchError, match="found serial number 'B117 002593' there, expected 'B021 002593'"):
        Scale(line_of("scale"), clock, serial_number="B021 002593")


@pytest.mark.parametrize("reply", ['I4 A ""', "I4 A", 'I4 A "B021', "I4 A B021 002593"])
def test_no_serial_number_is_no_identity(wire, line_of, clock, reply):
    wire.expect(b"@\r\n", f"{reply}\r\n")
    with pytest.raises(InstrumentFault, match="no serial number"):
        Scale(line_of("scale"), clock)
