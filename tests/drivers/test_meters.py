"""Exact bytes of the meter, the logger and the two supplies."""

import math

import numpy as np
import pytest

from drivers.battery_2281s import Battery2281S
from drivers.charger_e36312a import ChargerE36312A
from drivers.daq6510 import Daq6510
from drivers.dmm6500 import Dmm6500
from rig.errors import InstrumentFault, NotSafe
from rig.station.certified import AS_READ, Correction


@pytest.fixture
def meter(wire, session_of, clock):
    wire.settings("*RST", "*CLS")
    wire.set((":FORM:BORD SWAP", ":FORM:BORD?", "SWAP"))
    return Dmm6500(session_of("DMM6500"), clock)


def test_meter_reading(wire, meter):
    wire.set(
        (':SENS:FUNC "CURR"', ":SENS:FUNC?", "CURR:DC"),
        (":SENS:CURR:RANG 0.01", ":SENS:CURR:RANG?", "1.000000E-02"),
        (":SENS:CURR:NPLC 1", ":SENS:CURR:NPLC?", "1"),
    )
    wire.twice(":FORM:DATA ASC;:READ?", "1.8E-05", ":FETC?")
    meter.configure_amperes(0.01)
    assert meter.read() == 1.8e-5


def test_meter_channels(wire, meter):
    wire.set((":ROUT:CHAN:CLOS (@6)", ":ROUT:CHAN:CLOS?", "(@6)"))
    wire.settings(":ROUT:CHAN:OPEN:ALL")
    wire.set(
        (':SENS:FUNC "VOLT"', ":SENS:FUNC?", "VOLT:DC"),
        (":SENS:VOLT:RANG 100", ":SENS:VOLT:RANG?", "100"),
        (":SENS:VOLT:NPLC 0.1", ":SENS:VOLT:NPLC?", "0.1"),
    )
    meter.close_channel(6)
    meter.open_channels()
    meter.configure_volts(100.0, 0.1)


@pytest.mark.parametrize("reply", ["9.9E37", "-9.9E+37", "9.91E37", "nan", "inf", "1_0", "OVERFLOW"])
def test_no_reading_is_never_a_number(wire, meter, reply):
    wire.twice(":FORM:DATA ASC;:READ?", reply, ":FETC?")
    with pytest.raises(InstrumentFault, match=r"role \(DMM6500 at"):
        meter.read()


def expect_record(wire, samples, count=None):
    count = len(samples) if count is None else count
    wire.tagged(":TRIG:STAT?", "RUNNING;RUNNING;3")
    wire.tagged(":TRIG:STAT?", "IDLE;IDLE;3")
    wire.twice(':TRAC:ACT? "defbuffer1"', f"{count}")
    if count == len(samples):
        data = b"#0" + np.array(samples, "<f4").tobytes() + b"\n"
        wire.expect(f':FORM:DATA SREAL;:TRAC:DATA? 1, {count}, "defbuffer1", READ\n', data)
        wire.expect(f':TRAC:DATA? 1, {count}, "defbuffer1", READ\n', data)


def test_digitized_volts(wire, meter):
    wire.settings(':DIG:FUNC "VOLT"', ":DIG:VOLT:APER 1E-6", ':TRAC:POIN 10, "defbuffer1"')
    wire.set(
        (':DIG:FUNC "VOLT"', ":DIG:FUNC?", "VOLT"),
        (":DIG:VOLT:RANG 10", ":DIG:VOLT:RANG?", "10"),
        (":DIG:VOLT:SRAT 50000", ":DIG:VOLT:SRAT?", "50000"),
    )
    wire.settings(":DIG:VOLT:APER AUTO")
    wire.settings(
        ":ABOR",
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
    wire.settings(':DIG:FUNC "CURR"', ":DIG:CURR:APER 1E-6", ':TRAC:POIN 100000, "defbuffer1"')
    wire.set(
        (':DIG:FUNC "CURR"', ":DIG:FUNC?", "CURR"),
        (":DIG:CURR:RANG 3", ":DIG:CURR:RANG?", "3"),
        (":DIG:CURR:SRAT 1e+06", ":DIG:CURR:SRAT?", "1e+06"),
    )
    wire.settings(":DIG:CURR:APER AUTO")
    wire.settings(
        ":ABOR",
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
    wire.tagged(":TRIG:STAT?", "WAITING;WAITING;2")
    wire.tagged(":TRIG:STAT?", "WAITING;WAITING;2")
    wire.settings(":ABOR")
    with pytest.raises(InstrumentFault, match="check the trigger cable"):
        meter.digitized(1000, 1000)
    assert clock.seconds == 6.0  # the record's second and the five it may take longer


@pytest.fixture
def logger(wire, session_of):
    wire.settings("*RST", "*CLS")
    wire.set((":FORM:DATA ASC", ":FORM:DATA?", "ASC"))
    return Daq6510(session_of("DAQ6510"))


def each(command, query, answer, *channels):
    """A setting of several channels: one command, asked back channel by channel."""
    where = ",".join(map(str, channels))
    queries = ";".join(f"{query} (@{channel})" for channel in channels)
    return (f"{command}, (@{where})", queries, ";".join([answer] * len(channels)))


def expect_scan(wire, reply):
    wire.settings(':TRAC:CLE "defbuffer1"', ":ROUT:SCAN:CRE (@101,102)", ":ROUT:SCAN:COUN:SCAN 1", ":INIT")
    data = ':TRAC:DATA? 1, 2, "defbuffer1", READ, CHAN'
    wire.twice(f"*WAI;{data}", reply, data)


def test_logger(wire, logger):
    wire.set(
        each(':SENS:FUNC "TEMP"', ":SENS:FUNC?", "TEMP", 101, 102),
        each(":SENS:TEMP:TRAN TC", ":SENS:TEMP:TRAN?", "TC", 101, 102),
        each(":SENS:TEMP:TC:TYPE T", ":SENS:TEMP:TC:TYPE?", "T", 101, 102),
        each(":SENS:TEMP:TC:RJUN:RSEL INT", ":SENS:TEMP:TC:RJUN:RSEL?", "INT", 101, 102),
        each(":SENS:TEMP:ODET ON", ":SENS:TEMP:ODET?", "1", 101, 102),
        each(":SENS:TEMP:UNIT CELS", ":SENS:TEMP:UNIT?", "CELS", 101, 102),
    )
    wire.set(
        each(':SENS:FUNC "VOLT"', ":SENS:FUNC?", "VOLT:DC", 110),
        each(":SENS:VOLT:RANG 10", ":SENS:VOLT:RANG?", "10", 110),
    )
    wire.set(each(":SENS:TEMP:NPLC 1", ":SENS:TEMP:NPLC?", "1", 101, 102))
    wire.set((":ROUT:CHAN:CLOS (@110)", ":ROUT:CHAN:CLOS?", "(@110)"))
    wire.twice(":READ?", "4.987", ":FETC?")
    expect_scan(wire, "38.1,101,37.9,102")
    logger.configure_thermocouples((101, 102))
    logger.configure_volts((110,), 10.0)
    logger.power_line_cycles((101, 102), "TEMP", 1.0)
    assert logger.read(110) == 4.987
    assert logger.read_many((101, 102)) == {101: 38.1, 102: 37.9}


@pytest.mark.parametrize(
    "reply", ["38.1,101", "38.1,101,37.9,102,36.0,103", "38.1,101,9.9E37,102", "38.1,101,37.9,103", "38.1,102,37.9,101"]
)
def test_logger_with_an_open_wire_too_few_readings_or_other_channels(wire, logger, reply):
    expect_scan(wire, reply)
    with pytest.raises(InstrumentFault):
        logger.read_many((101, 102))


def disobeyed(wire, setting):
    """A setting that is asked back as something else, at every attempt; after each the session is a new one."""
    for _ in range(3):
        wire.set(setting)
        wire.tagged(":SYST:ERR?", '0,"No error"')


def expect_off(wire, output):
    wire.set((f"{output} OFF", f"{output}?", "0"))


@pytest.fixture
def battery(wire, session_of, clock):
    wire.tagged(":ENTR:FUNC?", "POWER")
    expect_off(wire, ":OUTP:STAT")
    wire.set((":ENTR:FUNC POWER", ":ENTR:FUNC?", "POWER"))
    wire.settings(":INIT:CONT ON")
    expect_off(wire, ":OUTP:STAT")
    return Battery2281S(session_of("2281S"), clock)


def test_battery_as_power_supply(wire, battery):
    limits = (
        (":VOLT:LIM 8.6", ":VOLT:LIM?", "8.600"),
        (":CURR:LIM 6", ":CURR:LIM?", "6"),
        (":VOLT:PROT 9", ":VOLT:PROT?", "9"),
    )
    wire.set((":VOLT 0", ":VOLT?", "0"), *limits)
    wire.set((":VOLT 1", ":VOLT?", "1.0000"), (":CURR 0.1", ":CURR?", "0.1"))
    wire.set((":OUTP:STAT ON", ":OUTP:STAT?", "1"))
    wire.settings(":TRAC:CLE")
    wire.tagged(":STAT:MEAS:INST:ISUM:COND?", "0")
    wire.tagged(":STAT:MEAS:INST:ISUM:COND?", "576")
    wire.twice(':DATA:DATA? "READ,SOUR"', "+1.0E-02A,+9.0E-01V,+1.25E-02A,+1.001E+00V")
    battery.set_limits(8.6, 6.0, 9.0)
    battery.set(1.0, 0.1)
    battery.energise()
    assert battery.measure() == (1.001, 0.0125)


@pytest.mark.parametrize("function", ["SIMULATOR", "TEST"])
def test_battery_is_taken_over_as_it_was_left(wire, session_of, clock, function):
    wire.tagged(":ENTR:FUNC?", function)
    expect_off(wire, ":BATT:OUTP")  # in these functions it refuses :OUTP:STAT
    wire.set((":ENTR:FUNC POWER", ":ENTR:FUNC?", "POWER"))
    wire.settings(":INIT:CONT ON")
    expect_off(wire, ":OUTP:STAT")
    Battery2281S(session_of("2281S"), clock)


def test_battery_as_simulator(wire, battery):
    expect_off(wire, ":OUTP:STAT")
    wire.set((":ENTR:FUNC SIMULATOR", ":ENTR:FUNC?", "SIM"), (":BATT:SIM:METH STAT", ":BATT:SIM:METH?", "STATIC"))
    wire.settings(":INIT:CONT ON")
    wire.set(
        (":BATT:SIM:VOC:FULL 20", ":BATT:SIM:VOC:FULL?", "20"), (":BATT:SIM:VOC:EMPT 0", ":BATT:SIM:VOC:EMPT?", "0")
    )
    expect_off(wire, ":BATT:OUTP")
    wire.set((":BATT:SIM:VOC 7.4", ":BATT:SIM:VOC?", "7.4"), (":BATT:SIM:CURR:LIM 5", ":BATT:SIM:CURR:LIM?", "5"))
    wire.set((":BATT:SIM:RES:OFFS 0.04", ":BATT:SIM:RES:OFFS?", "0.04"))
    wire.set((":BATT:OUTP ON", ":BATT:OUTP?", "ON"))
    wire.settings(":TRAC:CLE")
    wire.tagged(":STAT:MEAS:INST:ISUM:COND?", "64")
    wire.twice(':BATT:DATA:DATA? "VOLT, CURR"', "7.39,0.46")
    wire.tagged(":STAT:MEAS:INST:ISUM:COND?", "64")
    wire.twice(':BATT:DATA:DATA? "VOLT"', "7.39V,0.12,7.40")
    wire.tagged(":STAT:MEAS:INST:ISUM:COND?", "0")
    expect_off(wire, ":BATT:OUTP")
    battery.simulator_mode()
    battery.set(7.4, 5.0)
    battery.set_internal_resistance(0.04)
    battery.energise()
    assert battery.measure() == (7.39, 0.46)
    assert battery.recent_volts() == [7.39, 0.12, 7.4]
    assert battery.recent_volts() == []
    battery.close()


def test_battery_that_stays_on_is_not_safe(wire, battery):
    disobeyed(wire, (":OUTP:STAT OFF", ":OUTP:STAT?", "1"))
    with pytest.raises(NotSafe, match="by hand"):
        battery.make_safe()


def test_battery_without_fresh_reading(wire, battery, monkeypatch):
    monkeypatch.setattr("drivers.battery_2281s.POLL_SECONDS", 10.0)
    wire.settings(":TRAC:CLE")
    wire.tagged(":STAT:MEAS:INST:ISUM:COND?", "0")
    wire.tagged(":STAT:MEAS:INST:ISUM:COND?", "0")
    with pytest.raises(InstrumentFault, match="no reading within"):
        battery.measure()


@pytest.fixture
def charger(wire, session_of):
    wire.set((":OUTP OFF, (@1)", ":OUTP? (@1)", "0"))
    return ChargerE36312A(session_of("E36312A"))


def test_charger(wire, charger):
    wire.set((":VOLT 5, (@1)", ":VOLT? (@1)", "+5.00000000E+00"), (":CURR 1.5, (@1)", ":CURR? (@1)", "+1.5E+00"))
    wire.settings(":OUTP:PROT:CLE (@1)")
    wire.set((":OUTP ON, (@1)", ":OUTP? (@1)", "1"))
    wire.tagged(":MEAS:CURR? (@1);:MEAS:CURR? (@1)", "+9.97000000E-01;+9.99000000E-01")
    wire.tagged(":MEAS:VOLT? (@1);:MEAS:VOLT? (@1)", "+4.99000000E+00;+4.99000000E+00")
    charger.set(5.0, 1.5)
    charger.clear_protection()
    charger.energise()
    assert charger.measured_amperes() == pytest.approx(0.998, rel=1e-12)
    assert charger.measured_volts() == 4.99


def test_charger_that_disobeys(wire, charger):
    disobeyed(wire, (":OUTP ON, (@1)", ":OUTP? (@1)", "0"))
    with pytest.raises(InstrumentFault, match="stayed off"):
        charger.energise()
    disobeyed(wire, (":OUTP OFF, (@1)", ":OUTP? (@1)", "1"))
    with pytest.raises(NotSafe, match="stayed on"):
        charger.make_safe()


def test_closing_makes_safe_and_gives_the_port_back_even_if_that_fails(wire, charger):
    disobeyed(wire, (":OUTP OFF, (@1)", ":OUTP? (@1)", "1"))
    with pytest.raises(NotSafe):
        charger.close()
    assert charger._session._closed


TENTH_MORE = Correction(gain=1.1, offset=0.5)


def test_meter_applies_the_correction_of_the_quantity_it_measures(wire, session_of, clock):
    wire.settings("*RST", "*CLS")
    wire.set((":FORM:BORD SWAP", ":FORM:BORD?", "SWAP"))
    meter = Dmm6500(session_of("DMM6500"), clock, AS_READ, TENTH_MORE)
    for quantity, expected in (("VOLT", 2.0), ("CURR", 2.7)):
        wire.set(
            (f':SENS:FUNC "{quantity}"', ":SENS:FUNC?", quantity),
            (f":SENS:{quantity}:RANG 10", f":SENS:{quantity}:RANG?", "10"),
            (f":SENS:{quantity}:NPLC 1", f":SENS:{quantity}:NPLC?", "1"),
        )
        wire.twice(":FORM:DATA ASC;:READ?", "2.0", ":FETC?")
        meter.configure_volts(10.0) if quantity == "VOLT" else meter.configure_amperes(10.0)
        assert meter.read() == pytest.approx(expected)


def test_logger_corrects_each_channel(wire, session_of):
    wire.settings("*RST", "*CLS")
    wire.set((":FORM:DATA ASC", ":FORM:DATA?", "ASC"))
    logger = Daq6510(session_of("DAQ6510"), {101: TENTH_MORE})
    wire.set((":ROUT:CHAN:CLOS (@102)", ":ROUT:CHAN:CLOS?", "(@102)"))
    wire.twice(":READ?", "2.0", ":FETC?")
    assert logger.read(102) == 2.0
    wire.set((":ROUT:CHAN:CLOS (@101)", ":ROUT:CHAN:CLOS?", "(@101)"))
    wire.twice(":READ?", "2.0", ":FETC?")
    assert logger.read(101) == pytest.approx(2.7)
    expect_scan(wire, "2.0,101,2.0,102")
    assert logger.read_many((101, 102)) == pytest.approx({101: 2.7, 102: 2.0})
