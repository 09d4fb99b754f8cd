"""What public drivers of these models send, and must be answered: exchanges in our own words."""

import math
import re

import pytest

from rig.twin.signals import Steady

SECOND_NS = 10**9


def run(client, seconds: float) -> None:
    client.kernel.run_until(client.kernel.now_ns + round(seconds * SECOND_NS))


# ---- DMM6500


@pytest.mark.parametrize("function", ["VOLT:AC", "CURR:AC"])
def test_an_rms_value_is_never_negative(meter, wires, function):
    """A logger plots AC volts on an open input in decibels."""
    wires.volts[None] = Steady(lambda: 0.0)
    meter.write(f'FUNC "{function}";:{function}:DET:BAND 300')
    readings = [float(meter.ask("READ?")) for _ in range(40)]
    assert min(readings) >= 0.0
    assert max(readings) > 0.0, "noise is left"
    assert meter.errors() == []


def test_an_rms_value_is_right(meter, wires, sine):
    wires.volts[None] = sine(math.sqrt(2.0), 50.0, offset=3.0)
    assert float(meter.ask("MEAS:VOLT:AC?")) == pytest.approx(1.0, rel=1e-3)


def test_a_reading_has_seven_digits(meter):
    assert re.fullmatch(r"[0-9]\.[0-9]{6}E[+-][0-9]{2}", meter.ask(":READ?"))
    meter.write(":FORM:ASC:PREC 10")
    assert re.fullmatch(r"[0-9]\.[0-9]{9}E[+-][0-9]{2}", meter.ask(":READ?"))


def test_the_clock(meter):
    assert meter.ask(":SYST:TIME? 1") == "Mon Jan  6 06:00:00 2025"
    assert meter.ask(":SYST:TIME?") == "1736143200"
    meter.write(":SYST:TIME 2023, 9, 21, 9, 6, 41")
    assert meter.ask(":SYST:TIME? 1") == "Thu Sep 21 09:06:41 2023"
    run(meter, 60.0)
    assert meter.ask(":SYST:TIME? 1") == "Thu Sep 21 09:07:41 2023"
    meter.write(":SYST:TIME 23, 5, 9")
    assert meter.ask(":SYST:TIME? 1") == "Thu Sep 21 23:05:09 2023"
    meter.write(":SYST:TIME 2023, 2, 31, 0, 0, 0")
    assert meter.errors() == [-222]


def test_a_trigger_timer_paces_readings(meter):
    meter.write(
        ':TRIG:LOAD "Empty";:TRIG:BLOC:BUFF:CLE 1;:TRIG:BLOC:WAIT 2, TIM1;:TRIG:BLOC:MDIG 3, "defbuffer1", 1'
        ";:TRIG:BLOC:BRAN:COUN 4, 5, 2"
    )
    meter.write(":VOLT:NPLC 0.1;:TRIG:TIM1:DEL 0.5;COUN 5;STAR:STIM COMM")
    assert meter.ask(":TRIG:TIM1:DEL?;STAR:STIM?;:TRIG:TIM1:COUN?;STAT?") == "0.5;COMM;5;0"
    meter.write("TRIG:TIM1:STAT ON;:INIT")
    run(meter, 3.0)
    assert meter.ask("TRIG:STAT?") == "WAITING;WAITING;2", "nothing has started the timer"
    meter.write("*TRG")
    assert meter.ask("*OPC?") == "1"
    times = [float(text) for text in meter.ask('TRAC:DATA? 1,5,"defbuffer1",REL').split(",")]
    assert times == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0], abs=1e-3)
    meter.write("TRIG:TIM5:DEL 1")
    assert meter.errors() == [-222]


def test_a_timer_without_a_stimulus_starts_when_it_is_enabled(meter, current_meter, cable):
    pulses = []
    cable.listen(lambda: pulses.append(meter.kernel.now_ns))
    meter.write("TRIG:TIM2:DEL 0.25;COUN 2;STAR:GEN ON;:TRIG:EXT:OUT:STIM TIM2;:TRIG:TIM2:STAT ON")
    run(meter, 2.0)
    assert pulses == [0, SECOND_NS // 4, SECOND_NS // 2]
    meter.write("*RST")
    assert meter.ask("TRIG:TIM2:STAT?;DEL?") == "0;1e-05"


# ---- DAQ6510 with a 7700


def test_ampere_channels(logger):
    logger.write('FUNC "CURR",(@121,122);:CURR:RANG 0.1,(@121)')
    assert (
        logger.ask("CURR:RANG? (@121);:SYST:CARD1:ACH:STAR?;:SYST:CARD1:ACH:END?;:SYST:CARD1:VCH:END?")
        == "0.1;121;122;120"
    )
    logger.write("ROUT:CLOS (@122)")
    assert abs(float(logger.ask("READ?"))) < 1e-3
    assert logger.errors() == []
    logger.write('FUNC "CURR",(@101)')
    logger.write('FUNC "VOLT",(@121)')
    logger.write("ROUT:CLOS (@123)")
    assert logger.errors() == [-221, -221, -222]


def test_labels_delays_watched_channels_and_the_scans_monitor(logger):
    logger.write('ROUT:CHAN:LAB "Pad; face",(@101);:ROUT:CHAN:LAB "Plate",(@102)')
    assert logger.ask("ROUT:CHAN:LAB? (@101,102,103)") == "Pad; face,Plate,"
    logger.write("DISP:WATC:CHAN (@101:103)")
    assert logger.ask("DISP:WATC:CHAN?") == "(@101,102,103)"
    logger.write(
        "ROUT:SCAN:MON:CHAN (@101);:ROUT:SCAN:MON:LIM:UPP 30;:ROUT:SCAN:MON:LIM:LOW 25;:ROUT:SCAN:MON:MODE UPP"
    )
    assert logger.ask("ROUT:SCAN:MON:CHAN?;MODE?;LIM:UPP?;LOW?") == "(@101);UPP;30;25"
    logger.write("ROUT:SCAN:REST ON")
    assert logger.ask("ROUT:SCAN:REST?") == "1"
    assert logger.errors() == []


def test_a_channels_delay_takes_its_time(logger):
    logger.write("FUNC 'VOLT',(@101:102);:ROUT:CHAN:DEL 1.5,(@102);:ROUT:SCAN:CRE (@101:102)")
    started_ns = logger.kernel.now_ns
    logger.write("INIT")
    assert logger.ask("*OPC?") == "1"
    assert (logger.kernel.now_ns - started_ns) * 1e-9 == pytest.approx(1.5 + 2 * 0.046, abs=0.02)


def test_limit_tests(logger):
    """`wires` hold 43 C on channel 101 and 25 C on 102."""
    logger.write("FUNC 'TEMP',(@101:102);:TEMP:TRAN TC,(@101:102);:TEMP:TC:TYPE T,(@101:102)")
    logger.write(
        "TEMP:TC:RJUN:RSEL INT,(@101:102);:CALC2:TEMP:LIM1:UPP 40,(@101:102);LOW 30,(@101:102);STAT ON,(@101:102)"
    )
    assert logger.ask("CALC2:TEMP:LIM1:UPP? (@101);FAIL? (@101,102)") == "40;NONE,NONE"
    logger.write("ROUT:SCAN:CRE (@101:102);:INIT")
    assert logger.ask("*OPC?;:CALC2:TEMP:LIM1:FAIL? (@101,102)") == "1;HIGH,LOW"
    logger.write("CALC2:TEMP:LIM1:UPP 50,(@101);:INIT")
    assert logger.ask("*OPC?;:CALC2:TEMP:LIM1:FAIL? (@101,102)") == "1;NONE,LOW"
    assert logger.errors() == []


# ---- 2281S


def test_2281s_queries_of_a_battery_simulator(battery, circuit):
    battery.write(
        ":ENTR:FUNC SIM;:BATT:SIM:VOC:FULL 4.2;:BATT:SIM:VOC:EMPT 3.0;:BATT:SIM:RES:OFFS 0.05;:BATT:SIM:VOC 3.6"
    )
    assert float(battery.ask(":BATT:SIM:RES?")) == pytest.approx(0.05)
    battery.write(":BATT:SIM:TVOL:PROT 4.5;:BATT:SIM:CURR:PROT 2;:BATT:SIM:SAMP:INT 0.5;:BATT:SIM:CURR:LIM 6")
    assert battery.ask(":BATT:SIM:TVOL:PROT?;:BATT:SIM:CURR:PROT?;:BATT:SIM:SAMP:INT?") == "4.5;2;0.5"
    battery.write(":BATT:MOD:RCL 4;:INIT:CONT ON")
    assert battery.ask(":BATT:MOD:RCL?;:INIT:CONT?;:BATT:STAT?") == "4;1;DISCHARGE"
    battery.write(":BATT:TRAC:CLE;:BATT:OUTP ON")
    run(battery, 2.05)
    first, second = (battery.ask(f':BATT:TRAC:DATA:SEL? {n},{n},"VOLT,CURR,SOC,RES,REL"').split(",") for n in (2, 3))
    assert float(second[4]) - float(first[4]) == pytest.approx(0.5), "the sample interval"
    assert float(first[0]) == pytest.approx(3.6, abs=0.1)
    assert battery.ask_bytes(':BATT:TRAC:DATA:SEL? 90,91,"VOLT"') is None
    assert battery.errors() == [-222]
    circuit.push_amperes = 1.0  # somebody charges it
    assert battery.ask(":BATT:STAT?") == "CHARGE"


def test_2281s_over_current_protection_switches_off(battery, circuit):
    battery.write(":ENTR:FUNC SIM;:BATT:SIM:VOC 3.6;:BATT:SIM:CURR:LIM 6;:BATT:SIM:CURR:PROT 2;:BATT:OUTP ON")
    run(battery, 1.0)
    assert battery.ask(":BATT:OUTP?") == "1"
    circuit.load_ohm = 1.0
    run(battery, 0.05)
    assert battery.ask(":BATT:OUTP?") == "0"
    assert circuit.state[0] is False


def test_2281s_source_1(battery):
    battery.write("SOUR1:VOLT 3.3")
    assert battery.ask("SOUR1:VOLT?;:SOUR:VOLT?;:VOLT?") == "3.3;3.3;3.3"


# ---- E36312A


def test_e36312a_names_of_channels(charger):
    charger.write("APPL CH2, 3, 0.5;:OUTP ON,(@2)")
    run(charger, 0.1)
    assert charger.ask("APPL? CH2") == "+3.00000000E+00,+5.00000000E-01"
    assert float(charger.ask("MEAS:VOLT? CH2")) == pytest.approx(3.0, abs=0.01)
    assert float(charger.ask("MEAS:VOLT? CH1;:MEAS:CURR? P6V").split(";")[0]) == pytest.approx(0.0, abs=0.01)
    charger.write("INST CH2")
    assert charger.ask("APPL?") == "+3.00000000E+00,+5.00000000E-01"
    assert charger.errors() == []


def test_e36312a_a_voltage_slews(charger, circuit):
    charger.write("VOLT:SLEW 10,(@1);:VOLT 5,(@1);:CURR 2,(@1);:OUTP ON,(@1)")
    assert charger.ask("VOLT:SLEW? (@1,2)") == "+1.00000000E+01,+9.90000000E+37"
    run(charger, 0.252)
    assert circuit.state[1] == pytest.approx(2.5, abs=0.05)
    run(charger, 0.26)
    assert circuit.state[1] == 5.0
    charger.write("VOLT:SLEW:FALL 20,(@1);:VOLT 1,(@1)")
    assert charger.ask("VOLT:SLEW:RIS? (@1);:VOLT:SLEW:FALL? (@1)") == "+1.00000000E+01;+2.00000000E+01"
    run(charger, 0.102)
    assert circuit.state[1] == pytest.approx(3.0, abs=0.05)
    charger.write("OUTP OFF,(@1)")
    run(charger, 0.01)
    assert circuit.state[0] is False
    charger.write("VOLT:SLEW INF,(@1);:OUTP ON,(@1)")
    run(charger, 0.01)
    assert circuit.state[:2] == (True, 1.0)


def test_e36312a_an_output_waits_for_its_delay(charger, circuit):
    charger.write("VOLT 5,(@1);:CURR 2,(@1);:OUTP:DEL:RISE 0.2,(@1);:OUTP:DEL:FALL 0.1,(@1)")
    assert charger.ask("OUTP:DEL:RISE? (@1);:OUTP:DEL:FALL? (@1)") == "+2.00000000E-01;+1.00000000E-01"
    charger.write("OUTP ON,(@1)")
    run(charger, 0.19)
    assert circuit.state[0] is False
    run(charger, 0.02)
    assert circuit.state[:2] == (True, 5.0)
    charger.write("OUTP OFF,(@1)")
    run(charger, 0.09)
    assert circuit.state[0] is True
    run(charger, 0.02)
    assert circuit.state[0] is False
    charger.write("OUTP ON,(@1);*RST")
    run(charger, 1.0)
    assert circuit.state[0] is False


def test_e36312a_sense_and_pairing(charger):
    charger.write("VOLT:SENS EXT,(@1);:OUTP:PAIR OFF")
    assert charger.ask("VOLT:SENS? (@1,2);:VOLT:SENS:SOUR? (@1);:OUTP:PAIR?") == "EXT,INT;EXT;OFF"
    charger.write("OUTP:PAIR PAR")
    assert charger.errors() == [-221]
