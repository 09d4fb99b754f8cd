"""The Keithley dialect: what a naive simulator gets wrong."""

import math
import re

import pytest

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


def test_auto_range_shows_its_range_and_a_fixed_range_turns_it_off(meter):
    meter.ask("READ?")
    assert meter.ask("VOLT:RANG?;RANG:AUTO?") == "1;1"
    meter.write("VOLT:RANG:AUTO 0;UPP 7.5")
    assert meter.ask("VOLT:RANG?;:VOLT:RANG:AUTO?;:VOLT:RANG? MAX") == "10;0;1000"


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
