"""Exact bytes of the meter, the logger and the two supplies."""

import math

import numpy as np
import pytest

from drivers.battery_2281s import Battery2281S
from drivers.charger_e36312a import ChargerE36312A
from drivers.daq6510 import Daq6510
from drivers.dmm6500 import Dmm6500
from rig.errors import InstrumentFault, NotSafe


@pytest.fixture
def meter(wire, session_of, clock):
    wire.settings("*RST", "*CLS", ":FORM:BORD SWAP")
    return Dmm6500(session_of("DMM6500"), clock)


def test_meter_reading(wire, meter):
    wire.settings(':SENS:FUNC "CURR"', ":SENS:CURR:RANG 0.01", ":SENS:CURR:NPLC 1")
    wire.expect(":FORM:DATA ASC;:READ?\n", "1.8E-05\n")
    meter.configure_amperes(0.01)
    assert meter.read() == 1.8e-5


def test_meter_channels(wire, meter):
    wire.settings(":ROUT:CHAN:CLOS (@6)")
    wire.settings(":ROUT:CHAN:OPEN:ALL")
    wire.settings(':SENS:FUNC "VOLT"', ":SENS:VOLT:RANG 100", ":SENS:VOLT:NPLC 0.1")
    meter.close_channel(6)
    meter.open_channels()
    meter.configure_volts(100.0, 0.1)


@pytest.mark.parametrize("reply", ["9.9E37", "-9.9E+37", "9.91E37", "nan", "inf", "", "OVERFLOW"])
def test_no_reading_is_never_a_number(wire, meter, reply):
    wire.expect(":FORM:DATA ASC;:READ?\n", reply + "\n")
    with pytest.raises(InstrumentFault, match=r"role \(DMM6500 at"):
        meter.read()


def expect_record(wire, samples, count=None):
    count = len(samples) if count is None else count
    wire.expect(":TRIG:STAT?\n", "RUNNING;RUNNING;3\n")
    wire.expect(":TRIG:STAT?\n", "IDLE;IDLE;3\n")
    wire.expect(':TRAC:ACT? "defbuffer1"\n', f"{count}\n")
    if count == len(samples):
        data = b"#0" + np.array(samples, "<f4").tobytes() + b"\n"
        wire.expect(f':FORM:DATA SREAL;:TRAC:DATA? 1, {count}, "defbuffer1", READ\n', data)


def test_digitized_volts(wire, meter):
    wire.settings(
        ':DIG:FUNC "VOLT"',
        ":DIG:VOLT:RANG 10",
        ":DIG:VOLT:APER 1E-6",
        ":DIG:VOLT:SRAT 50000",
        ":DIG:VOLT:APER AUTO",
        ':TRAC:POIN 10, "defbuffer1"',
    )
    wire.settings(
        ':TRIG:LOAD "Empty"',
        ':TRIG:BLOC:BUFF:CLEAR 1, "defbuffer1"',
        ":TRIG:EXT:OUT:STIM NOT1",
        ":TRIG:BLOC:NOT 2, 1",
        ':TRIG:BLOC:MDIG 3, "defbuffer1", 3',
        ":INIT",
    )
    # 0x0A in the data must not end the block
    samples = [float(np.frombuffer(b"\n\n\n\n", "<f4")[0]), -1.5, 0.25]
    expect_record(wire, samples)
    meter.digitize_volts(10.0, 50_000, 3)
    meter.start_digitize_and_notify(3)
    got = meter.digitized(3, 50_000)
    assert got.dtype == np.float32
    assert got.tolist() == samples


def test_digitized_amperes_on_trigger(wire, meter):
    wire.settings(
        ':DIG:FUNC "CURR"',
        ":DIG:CURR:RANG 3",
        ":DIG:CURR:APER 1E-6",
        ":DIG:CURR:SRAT 1e+06",
        ":DIG:CURR:APER AUTO",
        ':TRAC:POIN 100000, "defbuffer1"',
    )
    wire.settings(
        ':TRIG:LOAD "Empty"',
        ':TRIG:BLOC:BUFF:CLEAR 1, "defbuffer1"',
        ":TRIG:EXT:IN:CLE",
        ":TRIG:EXT:IN:EDGE FALL",
        ":TRIG:BLOC:WAIT 2, EXT",
        ':TRIG:BLOC:MDIG 3, "defbuffer1", 100000',
        ":INIT",
    )
    meter.digitize_amperes(3.0, 1e6, 100_000)
    meter.arm_digitize_on_external_trigger(100_000)


@pytest.mark.parametrize("bad", [9.9e37, -9.9e37, math.nan, math.inf])
def test_overload_within_a_record(wire, meter, bad):
    expect_record(wire, [1.0, bad, 2.0])
    with pytest.raises(InstrumentFault, match="1 of 3 samples are overloads, the first is number 1"):
        meter.digitized(3, 1000)
    expect_record(wire, [1.0, bad, 2.0])
    got = meter.digitized(3, 1000, allow_overload=True)
    assert np.isnan(got[1])
    assert got[[0, 2]].tolist() == [1.0, 2.0]


def test_short_record(wire, meter):
    expect_record(wire, [1.0, 2.0, 3.0], count=2)
    with pytest.raises(InstrumentFault, match="stored 2 samples, not 3"):
        meter.digitized(3, 1000)


def test_record_without_trigger(wire, meter, clock, monkeypatch):
    monkeypatch.setattr("drivers.dmm6500.POLL_SECONDS", 10.0)
    wire.expect(":TRIG:STAT?\n", "WAITING;WAITING;2\n")
    wire.expect(":TRIG:STAT?\n", "WAITING;WAITING;2\n")
    wire.settings(":ABOR")
    with pytest.raises(InstrumentFault, match="check the trigger cable"):
        meter.digitized(1000, 1000)
    assert clock.seconds == 6.0  # the record's second and the five it may take longer


@pytest.fixture
def logger(wire, session_of):
    wire.settings("*RST", "*CLS", ":FORM:DATA ASC")
    return Daq6510(session_of("DAQ6510"))


def test_logger(wire, logger):
    wire.settings(
        ':SENS:FUNC "TEMP", (@101,102)',
        ":SENS:TEMP:TRAN TC, (@101,102)",
        ":SENS:TEMP:TC:TYPE T, (@101,102)",
        ":SENS:TEMP:TC:RJUN:RSEL INT, (@101,102)",
        ":SENS:TEMP:ODET ON, (@101,102)",
        ":SENS:TEMP:UNIT CELS, (@101,102)",
    )
    wire.settings(':SENS:FUNC "VOLT", (@110)', ":SENS:VOLT:RANG 10, (@110)")
    wire.settings(":SENS:TEMP:NPLC 1, (@101,102)")
    wire.settings(":ROUT:CHAN:CLOS (@110)")
    wire.expect(":READ?\n", "4.987\n")
    wire.settings(':TRAC:CLE "defbuffer1"', ":ROUT:SCAN:CRE (@101,102)", ":ROUT:SCAN:COUN:SCAN 1", ":INIT")
    wire.expect('*WAI;:TRAC:DATA? 1, 2, "defbuffer1", READ\n', "38.1,37.9\n")
    logger.configure_thermocouples((101, 102))
    logger.configure_volts((110,), 10.0)
    logger.power_line_cycles((101, 102), "TEMP", 1.0)
    assert logger.read(110) == 4.987
    assert logger.read_many((101, 102)) == {101: 38.1, 102: 37.9}


@pytest.mark.parametrize("reply", ["38.1", "38.1,37.9,36.0", "38.1,9.9E37"])
def test_logger_with_an_open_wire_or_too_few_readings(wire, logger, reply):
    wire.settings(':TRAC:CLE "defbuffer1"', ":ROUT:SCAN:CRE (@101,102)", ":ROUT:SCAN:COUN:SCAN 1", ":INIT")
    wire.expect('*WAI;:TRAC:DATA? 1, 2, "defbuffer1", READ\n', reply + "\n")
    with pytest.raises(InstrumentFault):
        logger.read_many((101, 102))


def expect_off(wire, output):
    wire.settings(f"{output} OFF")
    wire.expect(f"{output}?\n", "0\n")


@pytest.fixture
def battery(wire, session_of, clock):
    expect_off(wire, ":OUTP:STAT")
    wire.settings(":ENTR:FUNC POWER", ":INIT:CONT ON")
    expect_off(wire, ":OUTP:STAT")
    return Battery2281S(session_of("2281S"), clock)


def test_battery_as_power_supply(wire, battery):
    wire.settings(":VOLT:LIM 8.6")
    wire.settings(":VOLT 1", ":CURR 0.1")
    wire.settings(":OUTP:STAT ON")
    wire.expect(":OUTP:STAT?\n", "1\n")
    wire.settings(":TRAC:CLE")
    wire.expect(":STAT:MEAS:INST:ISUM:COND?\n", "0\n")
    wire.expect(":STAT:MEAS:INST:ISUM:COND?\n", "576\n")
    wire.expect(':DATA:DATA? "READ,SOUR"\n', "+1.0E-02A,+9.0E-01V,+1.25E-02A,+1.001E+00V\n")
    battery.set_voltage_limit(8.6)
    battery.set(1.0, 0.1)
    battery.energise()
    assert battery.measure() == (1.001, 0.0125)


def test_battery_as_simulator(wire, battery):
    expect_off(wire, ":OUTP:STAT")
    wire.settings(":ENTR:FUNC SIMULATOR", ":BATT:SIM:METH STAT", ":INIT:CONT ON")
    wire.settings(":BATT:SIM:VOC:EMPT 0", ":BATT:SIM:VOC:FULL 20")
    expect_off(wire, ":BATT:OUTP")
    wire.settings(":BATT:SIM:VOC 7.4", ":BATT:SIM:CURR:LIM 5")
    wire.settings(":BATT:SIM:RES:OFFS 0.04")
    wire.settings(":BATT:OUTP ON")
    wire.expect(":BATT:OUTP?\n", "ON\n")
    wire.settings(":TRAC:CLE")
    wire.expect(":STAT:MEAS:INST:ISUM:COND?\n", "64\n")
    wire.expect(':BATT:DATA:DATA? "VOLT, CURR"\n', "7.39,0.46\n")
    expect_off(wire, ":BATT:OUTP")
    battery.simulator_mode()
    battery.set(7.4, 5.0)
    battery.set_internal_resistance(0.04)
    battery.energise()
    assert battery.measure() == (7.39, 0.46)
    battery.close()


def test_battery_that_stays_on_is_not_safe(wire, battery):
    wire.settings(":OUTP:STAT OFF")
    wire.expect(":OUTP:STAT?\n", "1\n")
    with pytest.raises(NotSafe, match="by hand"):
        battery.make_safe()


def test_battery_without_fresh_reading(wire, battery, monkeypatch):
    monkeypatch.setattr("drivers.battery_2281s.POLL_SECONDS", 10.0)
    wire.settings(":TRAC:CLE")
    wire.expect(":STAT:MEAS:INST:ISUM:COND?\n", "0\n")
    wire.expect(":STAT:MEAS:INST:ISUM:COND?\n", "0\n")
    with pytest.raises(InstrumentFault, match="no reading within"):
        battery.measure()


@pytest.fixture
def charger(wire, session_of):
    wire.settings(":OUTP OFF, (@1)")
    wire.expect(":OUTP? (@1)\n", "0\n")
    return ChargerE36312A(session_of("E36312A"))


def test_charger(wire, charger):
    wire.settings(":VOLT 5, (@1)", ":CURR 1.5, (@1)")
    wire.settings(":OUTP:PROT:CLE (@1)")
    wire.settings(":OUTP ON, (@1)")
    wire.expect(":OUTP? (@1)\n", "1\n")
    wire.expect(":MEAS:CURR? (@1)\n", "+9.98000000E-01\n")
    wire.expect(":MEAS:VOLT? (@1)\n", "+4.99000000E+00\n")
    charger.set(5.0, 1.5)
    charger.clear_protection()
    charger.energise()
    assert charger.measured_amperes() == 0.998
    assert charger.measured_volts() == 4.99


def test_charger_that_disobeys(wire, charger):
    wire.settings(":OUTP ON, (@1)")
    wire.expect(":OUTP? (@1)\n", "0\n")
    with pytest.raises(InstrumentFault, match="stayed off"):
        charger.energise()
    wire.settings(":OUTP OFF, (@1)")
    wire.expect(":OUTP? (@1)\n", "1\n")
    with pytest.raises(NotSafe, match="stayed on"):
        charger.make_safe()


def test_closing_makes_safe_and_gives_the_port_back_even_if_that_fails(wire, charger):
    wire.settings(":OUTP OFF, (@1)")
    wire.expect(":OUTP? (@1)\n", "1\n")
    with pytest.raises(NotSafe):
        charger.close()
    assert charger._session._closed
