"""Digitizing, binary formats and buffers of the Keithley dialect; what the converter adds to a signal."""

import math

import numpy as np
import pytest

from rig.twin.instruments.dmm6500 import DMM6500
from rig.twin.noise import Noise
from rig.twin.signals import Steady

SECOND_NS = 10**9


def elapsed(client, message: str) -> float:
    start_ns = client.kernel.now_ns
    client.ask_bytes(message)
    return (client.kernel.now_ns - start_ns) * 1e-9


def test_digitizing_takes_count_over_rate(meter, wires, sine):
    wires.volts[3] = sine(0.5, 100.0)
    meter.write("ROUT:CHAN:CLOS (@3)")
    meter.write(':DIG:FUNC "VOLT";:DIG:VOLT:RANG 1;SRATE 10000;APER AUTO;:DIG:COUN 5000;:FORM SREAL')
    assert elapsed(meter, 'TRAC:TRIG:DIG "defbuffer1";:TRAC:ACT?') == pytest.approx(0.505, abs=0.001)
    block = meter.ask_bytes('TRAC:DATA? 1,5000,"defbuffer1",READ')
    assert block is not None
    assert block.startswith(b"#0")
    assert block.endswith(b"\n")
    samples = np.frombuffer(block[2:-1], "<f4")
    assert len(samples) == 5000
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.5 / math.sqrt(2), rel=1e-3)


def test_border_is_swapped_by_default_and_normal_is_big_endian(meter):
    value = float(meter.ask("READ?"))
    little = meter.ask_bytes("FORM REAL;:TRAC:DATA? 1,1")
    assert meter.ask("FORM:BORD?;DATA?") == "SWAP;REAL"
    big = meter.ask_bytes("FORM:BORD NORM;:FETC?")
    assert little is not None
    assert big is not None
    assert np.frombuffer(little[2:-1], "<f8")[0] == pytest.approx(value, rel=1e-9)
    assert np.frombuffer(big[2:-1], ">f8")[0] == pytest.approx(value, rel=1e-9)


def test_binary_format_refuses_elements_that_are_no_numbers(meter):
    meter.ask("READ?")
    assert meter.ask_bytes('FORM SRE;:TRAC:DATA? 1,1,"defbuffer1",READ,UNIT') is None
    assert meter.errors() == [1133]
    block = meter.ask_bytes('TRAC:DATA? 1,1,"defbuffer1",READ,REL')
    assert block is not None
    assert len(block) == 2 + 8 + 1
    assert meter.ask_bytes('READ? "defbuffer1",TST') is None
    assert meter.errors() == [1133]


def test_digitize_defaults_and_limits(meter):
    assert meter.ask("DIG:VOLT:SRATE?;APER?") == "100000;1e-05"
    meter.write("DIG:VOLT:SRATE 999")
    meter.write("DIG:VOLT:SRATE 1000001")
    assert meter.errors() == [-222, -222]


def test_aperture_auto_follows_the_sample_rate_set_before_it(meter):
    meter.write("DIG:VOLT:SRATE 5000;APER AUTO")
    assert meter.ask("DIG:VOLT:APER?") == "0.0002"
    meter.write("DIG:VOLT:SRATE 50000")
    assert meter.errors() == [-221]
    assert meter.ask("DIG:VOLT:SRATE?") == "5000"
    meter.write("DIG:VOLT:APER 1E-3")
    assert meter.errors() == [-222]


def test_measure_and_digitize_functions_exclude_each_other(meter):
    meter.write('DIG:FUNC "CURR"')
    assert meter.ask("SENS:FUNC?;:DIG:FUNC?") == "NONE;CURR"
    assert meter.ask_bytes("READ?") is None
    meter.write('FUNC "VOLT"')
    assert meter.ask("DIG:FUNC?") == "NONE"
    assert meter.ask_bytes("TRAC:TRIG:DIG") is None
    assert meter.errors() == [-221, -221]


@pytest.mark.parametrize(
    ("volts", "span", "overflow"), [(1.19, 1, False), (1.21, 1, True), (-1.3, 1, True), (1005.0, 1000, False)]
)
def test_overload_is_9_9e37(meter, wires, volts, span, overflow):
    wires.volts[None] = Steady(lambda: volts)
    meter.write(f"VOLT:RANG {span}")
    reading = float(meter.ask("READ?"))
    assert (reading == 9.9e37) is overflow
    if not overflow:
        assert reading == pytest.approx(volts, rel=1e-4)


def test_digitizer_overload_marks_single_samples(meter, wires, sine):
    wires.volts[None] = sine(2.0, 1000.0)
    meter.write('DIG:FUNC "VOLT";:DIG:VOLT:RANG 1;SRATE 100000;:DIG:COUN 100;:FORM SRE')
    block = meter.ask_bytes("TRAC:TRIG:DIG;:TRAC:DATA? 1,100")
    assert block is not None
    samples = np.frombuffer(block[2:-1], "<f4")
    over = samples > 9e37
    assert 0 < over.sum() < 100
    assert np.abs(samples[~over]).max() <= 1.2001


def test_wrong_gain_shows_in_readings_and_records(kernel):
    instrument = DMM6500(
        kernel, Noise(1, "x"), model_serial="1", volts=lambda channel: Steady(lambda: 1.0),
        amperes=Steady(lambda: 1.0), trigger_in=None, trigger_out=None, gain_error=0.04,
    )  # fmt: skip
    received: list[bytes] = []
    session = instrument.connect(received.append)
    session.receive(b'MEAS:CURR?;:DIG:FUNC "CURR";:DIG:CURR:RANG 3;:READ:DIG?\n')
    kernel.run_until(SECOND_NS)
    reading, sample = (float(text) for text in received[0].split(b";"))
    assert reading == pytest.approx(1.04, rel=1e-3)
    assert sample == pytest.approx(1.04, rel=1e-3)


def test_longer_integration_is_quieter(meter):
    spreads: list[float] = []
    for cycles in (0.01, 1, 10):
        meter.write(f"TRAC:CLE;:VOLT:RANG 10;NPLC {cycles};AZER 0;:COUN 40")
        meter.ask("READ?")
        spreads.append(float(meter.ask("TRAC:STAT:STDD?")))
    assert spreads[0] > 5 * spreads[1]
    assert spreads[1] > 2 * spreads[2]
    assert 1e-6 < spreads[1] < 1e-5, "a few microvolts on the 10 V range at one cycle"


def test_same_seed_same_readings(kernel, wires):
    def reading() -> bytes:
        instrument = DMM6500(
            kernel, Noise(7, "x"), model_serial="1", volts=lambda channel: wires.volts[None],
            amperes=wires.amperes, trigger_in=None, trigger_out=None,
        )  # fmt: skip
        received: list[bytes] = []
        instrument.connect(received.append).receive(b"READ?;READ?\n")
        kernel.run_until(kernel.now_ns + SECOND_NS)
        return received[0]

    assert reading() == reading()


def test_buffers(meter):
    meter.write('TRAC:MAKE "wave", 20;:TRAC:FILL:MODE ONCE, "wave";:COUN 30;:VOLT:NPLC 0.1')
    meter.ask('READ? "wave"')
    assert meter.ask('TRAC:ACT? "wave";POIN? "wave";ACT:STAR? "wave";END? "wave"') == "20;20;1;20"
    meter.ask("TRAC:POIN 10;:READ?")
    assert meter.ask("TRAC:ACT?") == "10", "a continuous buffer keeps the newest"
    meter.write('TRAC:CLE;:TRAC:DEL "wave"')
    assert meter.ask("TRAC:ACT?") == "0"
    assert meter.ask_bytes('TRAC:ACT? "wave"') is None
    meter.write("TRAC:POIN 5")
    assert meter.ask_bytes("TRAC:DATA? 1,2") is None
    assert meter.errors() == [-224, -222, -222]
