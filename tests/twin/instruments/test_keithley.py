"""The Keithley dialect: what a naive simulator gets wrong."""

import math
import re

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


def test_identity_and_language(meter, logger):
    assert meter.ask("*IDN?").startswith("KEITHLEY INSTRUMENTS,MODEL DMM6500,04400001,")
    assert logger.ask("*IDN?").startswith("KEITHLEY INSTRUMENTS,MODEL DAQ6510,")
    assert meter.ask("*LANG?") == "SCPI"


def test_function_query_is_unquoted(meter):
    meter.write(':SENS:FUNC "VOLT"')
    assert meter.ask(":SENS:FUNC?") == "VOLT:DC"
    meter.write("FUNC 'CURR:AC'")
    assert meter.ask("FUNC?") == "CURR:AC"
    meter.write('FUNC "WEIGHT"')
    assert meter.errors() == [-224]


def test_readings_are_nr3_without_a_leading_plus(meter, wires):
    reply = meter.ask("READ?")
    assert re.fullmatch(r"[0-9]\.[0-9]+E[+-][0-9]{2}", reply)
    assert float(reply) == pytest.approx(1.0, abs=2e-5)
    wires.volts[None] = Steady(lambda: -0.5)
    assert meter.ask("FETC?") == reply
    assert meter.ask("MEAS:VOLT?").startswith("-")


def test_buffer_elements(meter):
    meter.ask("READ?")
    reading, seconds, unit = meter.ask('READ? "defbuffer1",READ,REL,UNIT').split(",")
    assert float(reading) == pytest.approx(1.0, abs=2e-5)
    assert float(seconds) == pytest.approx(0.041)
    assert unit == "Volt DC"


def test_a_fetch_from_an_empty_buffer_is_stale(meter):
    assert meter.ask_bytes("FETC?") is None
    assert meter.errors() == [-230]


def test_unknown_query_gets_113_with_the_tail_of_this_family_and_no_reply(meter):
    assert meter.ask_bytes(":FREQ:NPLC?") is None
    assert meter.ask("SYST:ERR?") == '-113,"Undefined header;1;2025/01/06 06:00:00.000"'
    assert meter.ask("SYST:ERR?") == '0,"No error;0;0 0"'


@pytest.mark.parametrize(("cycles", "autozero", "seconds"), [(1, 0, 0.02), (1, 1, 0.04), (10, 0, 0.2), (10, 1, 0.4)])
def test_a_reading_takes_its_power_line_cycles_and_autozero_doubles_them(meter, cycles, autozero, seconds):
    meter.write(f"VOLT:NPLC {cycles};AZER {autozero}")
    assert elapsed(meter, "READ?") == pytest.approx(seconds, abs=0.002)
    assert float(meter.ask("VOLT:APER?")) == pytest.approx(cycles / 50)


def test_the_filter_multiplies_the_time_of_a_reading(meter):
    meter.write("VOLT:NPLC 1;AZER 0;AVER:COUN 5;STAT ON")
    assert elapsed(meter, "READ?") == pytest.approx(0.105, abs=0.001)


def test_the_reply_is_owed_until_it_is_sent(meter, kernel):
    meter.write("VOLT:NPLC 10;:READ?")
    assert meter.conversation.owes_reply
    kernel.run_until(SECOND_NS // 10)
    assert meter.received == []
    kernel.run_until(SECOND_NS)
    assert len(meter.received) == 1
    assert not meter.conversation.owes_reply


def test_a_ten_channel_scan_at_ten_cycles_takes_two_seconds(logger):
    logger.write(
        "FUNC 'TEMP',(@101:110);:TEMP:TRAN TC,(@101:110);TC:TYPE T,(@101:110);RJUN:RSEL INT,(@101:110)"
        ";:TEMP:NPLC 10,(@101:110);AZER OFF,(@101:110)"
    )
    logger.write("ROUT:SCAN:CRE (@101:110);COUN:SCAN 1;:INIT")
    assert logger.ask("TRIG:STAT?").startswith("RUNNING;RUNNING;")
    assert logger.conversation.owes_reply is False
    assert elapsed(logger, "*WAI;*OPC?") == pytest.approx(2.06, abs=0.05)
    assert logger.ask("TRIG:STAT?").startswith("IDLE;IDLE;")
    assert logger.ask('TRAC:ACT? "defbuffer1"') == "10"
    assert logger.errors() == []


def test_wai_holds_a_data_query_until_the_scan_is_complete(logger):
    logger.write("FUNC 'TEMP',(@101:103);:TEMP:TC:TYPE T,(@101:103);RJUN:RSEL INT,(@101:103)")
    logger.write("ROUT:SCAN:CRE (@101:103);:ROUT:SCAN:COUN:SCAN 2;:ROUT:SCAN:INT 5")
    reply = logger.ask('INIT;*WAI;:TRAC:DATA? 1,6,"defbuffer1",CHAN,REL')
    channels, seconds = reply.split(",")[::2], [float(text) for text in reply.split(",")[1::2]]
    assert channels == ["101", "102", "103"] * 2
    assert seconds[3] - seconds[0] == pytest.approx(5.0)


def test_scan_can_be_polled_with_opc_and_aborted(logger, kernel):
    logger.write("ROUT:SCAN:CRE (@101:110);COUN:SCAN 0;:INIT;*OPC")
    kernel.run_until(10 * SECOND_NS)
    assert int(logger.ask("*ESR?")) & 1 == 0
    assert logger.ask_bytes("INIT") is None
    assert logger.errors() == [-213]
    logger.write("ABOR")
    assert logger.ask("TRIG:STAT?").startswith("ABORTED")
    assert int(logger.ask("*ESR?")) & 1 == 1
    taken = logger.ask("TRAC:ACT?")
    kernel.run_until(20 * SECOND_NS)
    assert logger.ask("TRAC:ACT?") == taken


def test_scan_list_query_and_empty_list(logger):
    logger.write("ROUT:SCAN:CRE (@101:103,110)")
    assert logger.ask("ROUT:SCAN:CRE?") == "(@101,102,103,110)"
    logger.write("ROUT:SCAN:CRE (@)")
    assert logger.ask("ROUT:SCAN:CRE?;:TRIG:STAT?") == "(@);EMPTY;EMPTY;0"
    logger.write("ROUT:SCAN:CRE (@101:310)")
    assert logger.errors() == [-222]


def test_open_thermocouple_is_overflow_and_without_detection_a_plausible_lie(logger):
    logger.write("FUNC 'TEMP',(@101,107);:TEMP:TC:TYPE T,(@101,107);RJUN:RSEL INT,(@101,107)")
    assert float(logger.ask("ROUT:CLOS (@101);:READ?")) == pytest.approx(43.0, abs=0.1)
    assert float(logger.ask("ROUT:CLOS (@107);:READ?")) == 9.9e37
    logger.write("TEMP:ODET OFF,(@107)")
    assert float(logger.ask("READ?")) == pytest.approx(25.0, abs=1.0)


def test_wrong_thermocouple_type_or_reference_junction_reads_wrong(logger):
    logger.write("FUNC 'TEMP',(@101);:TEMP:TC:TYPE K,(@101);RJUN:RSEL INT,(@101)")
    assert abs(float(logger.ask("ROUT:CHAN:CLOS (@101);:READ?")) - 43.0) > 0.3
    logger.write("TEMP:TC:TYPE T,(@101);RJUN:RSEL SIM,(@101)")
    assert float(logger.ask("READ?")) == pytest.approx(41.0, abs=0.1)


def test_temperature_units(logger):
    logger.write("FUNC 'TEMP',(@101);:TEMP:TC:TYPE T,(@101);RJUN:RSEL INT,(@101);:TEMP:UNIT FAHR,(@101)")
    assert float(logger.ask("ROUT:CLOS (@101);:READ?")) == pytest.approx(109.4, abs=0.2)


def test_settings_with_a_channel_list_are_the_channels_own(logger):
    logger.write("VOLT:NPLC 5,(@101:103);:VOLT:NPLC 2")
    assert logger.ask("VOLT:NPLC? (@102);NPLC?;NPLC? (@101,104)") == "5;2;5,1"


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


def test_auto_range_shows_its_range_and_a_fixed_range_turns_it_off(meter):
    meter.ask("READ?")
    assert meter.ask("VOLT:RANG?;RANG:AUTO?") == "1;1"
    meter.write("VOLT:RANG:AUTO 0;UPP 7.5")
    assert meter.ask("VOLT:RANG?;:VOLT:RANG:AUTO?;:VOLT:RANG? MAX") == "10;0;1000"


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


def test_scanner_leads_one_channel_to_the_meter(meter, wires):
    wires.volts |= {1: Steady(lambda: 0.1), 2: Steady(lambda: 0.2)}
    assert float(meter.ask("ROUT:CLOS (@1);:READ?")) == pytest.approx(0.1, abs=1e-4)
    assert float(meter.ask("ROUT:CHAN:CLOS (@2);:READ?")) == pytest.approx(0.2, abs=1e-4)
    assert meter.ask("ROUT:CLOS?;:ROUT:STAT? (@1,2);:ROUT:TERM?") == "(@2);0,1;REAR"
    assert float(meter.ask("ROUT:OPEN (@2);:READ?")) == pytest.approx(1.0, abs=1e-4)
    meter.write("ROUT:CLOS (@11)")
    assert meter.errors() == [-222]


def test_relays_settle_before_the_next_reading(meter):
    meter.write("VOLT:NPLC 1;AZER 0")
    assert elapsed(meter, "ROUT:CLOS (@1);:READ?") == pytest.approx(0.026, abs=0.0005)


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


def test_relative_offset(meter):
    meter.ask("READ?")
    meter.write("VOLT:REL:ACQ")
    assert float(meter.ask("VOLT:REL?")) == pytest.approx(1.0, abs=1e-4)
    assert float(meter.ask("READ?")) == pytest.approx(0.0, abs=1e-4)
    meter.write("VOLT:REL:STAT OFF")
    assert float(meter.ask("READ?")) == pytest.approx(1.0, abs=1e-4)


def test_ac_and_frequency(meter, wires, sine):
    wires.volts[None] = sine(0.5, 120.0, offset=2.0)
    assert float(meter.ask("MEAS:VOLT:AC?")) == pytest.approx(0.5 / math.sqrt(2), rel=0.005)
    assert float(meter.ask("MEAS:FREQ?")) == pytest.approx(120.0, rel=0.005)


def test_reset_restores_defaults_and_keeps_the_event_queue(meter):
    meter.write('FUNC "CURR";:CURR:NPLC 5;:ROUT:CLOS (@2);:FORM SRE;:FOO')
    meter.write("*RST")
    assert meter.ask("FUNC?;:CURR:NPLC?;:ROUT:CLOS?;:FORM?") == "VOLT:DC;1;(@);ASC"
    assert meter.errors() == [-113]


def test_reset_stops_what_is_under_way(meter, kernel):
    meter.write("ROUT:SCAN:CRE (@1:10);COUN:SCAN 5;:INIT;*RST")
    assert meter.ask("TRIG:STAT?;*OPC?") == "EMPTY;EMPTY;0;1"
    kernel.run_until(60 * SECOND_NS)
    assert meter.ask("TRAC:ACT?") == "0"
