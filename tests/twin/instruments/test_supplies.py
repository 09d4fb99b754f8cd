"""Battery simulator and triple supply: set, limit, protect, measure."""

import pytest

from rig.twin.signals import Steady

SECOND_NS = 10**9


def run(client, seconds: float) -> None:
    client.kernel.run_until(client.kernel.now_ns + round(seconds * SECOND_NS))


# ---- E36312A


def test_channel_lists_and_selected_instrument_are_two_ways_to_the_same(charger):
    charger.write("VOLT 3.7, (@1)")
    charger.write("VOLTage:LEVel:IMMediate:AMPLitude 12, (@2,3)")
    assert charger.ask("VOLT? (@1)") == "+3.70000000E+00"
    assert charger.ask("VOLT? (@1,2)") == "+3.70000000E+00,+1.20000000E+01"
    charger.write("INST:NSEL 2;:CURR 0.5")
    assert charger.ask("INST:NSEL?;:INST:SEL?;:CURR?;VOLT?") == "2;CH2;+5.00000000E-01;+1.20000000E+01"
    charger.write("INST CH1;:APPL 5.0, 1.0")
    assert charger.ask("VOLT?;CURR?;CURR? (@2)") == "+5.00000000E+00;+1.00000000E+00;+5.00000000E-01"
    assert charger.errors() == []


def test_limits_depend_on_the_channel_and_max_names_them(charger):
    charger.write("VOLT 6.19, (@1)")
    charger.write("VOLT 6.18, (@1)")
    charger.write("VOLT 25, (@1:3)")
    assert charger.errors() == [-222, -222]
    assert (
        charger.ask("VOLT? (@1,2);VOLT? MAX, (@1,2)")
        == "+6.18000000E+00,+0.00000000E+00;+6.18000000E+00,+2.57500000E+01"
    )
    charger.write("VOLT MIN,(@1);VOLT 1,(@4)")
    assert charger.errors() == [-222]


def test_output_reaches_its_setpoint_after_settling(charger, circuit):
    charger.write("VOLT 5,(@1);CURR 2,(@1);OUTP ON,(@1)")
    assert circuit.state[0] is False
    run(charger, 0.005)
    assert circuit.state == (True, 5.0, 2.0, 0.0)
    assert charger.ask("OUTP? (@1);OUTP? (@1:3)") == "1;1,0,0"
    volts, amperes = charger.ask("MEAS:VOLT? (@1);CURR? (@1)").split(";")
    assert volts[0] == "+"
    assert float(volts) == pytest.approx(5.0, abs=2e-3)
    assert float(amperes) == pytest.approx(0.5, abs=2e-3)


def test_condition_tells_constant_voltage_from_constant_current(charger):
    charger.write("VOLT 5,(@1);CURR 2,(@1)")
    assert charger.ask("STAT:QUES:INST:ISUM1:COND?") == "0"
    charger.write("OUTP ON,(@1)")
    run(charger, 0.01)
    assert charger.ask("STAT:QUES:INST:ISUM1:COND?") == "2"
    charger.write("CURR 0.1,(@1)")
    run(charger, 0.01)
    assert charger.ask("STAT:QUES:INST:ISUM1:COND?") == "1"


def test_over_voltage_latches_until_cleared_and_stays_off_then(charger, circuit):
    charger.write("VOLT:PROT 5.5,(@1);:VOLT 5,(@1);:OUTP ON,(@1)")
    run(charger, 0.1)
    charger.write("VOLT 5.6,(@1)")
    run(charger, 0.1)
    assert circuit.state[0] is False
    assert charger.ask("VOLT:PROT:TRIP? (@1);:OUTP? (@1);:STAT:QUES:INST:ISUM1:COND?") == "1;0;512"
    circuit.calls.clear()
    charger.write("VOLT 5,(@1);:OUTP ON,(@1)")
    assert charger.ask("OUTP? (@1)") == "0"
    run(charger, 0.1)
    assert not any(on for _, on, *_ in circuit.calls)
    charger.write("OUTP:PROT:CLE (@1)")
    assert charger.ask("VOLT:PROT:TRIP? (@1);:OUTP? (@1)") == "0;0"
    charger.write("OUTP ON,(@1)")
    run(charger, 0.1)
    assert circuit.state[0] is True


def test_over_current_trips_after_its_delay_only_where_enabled(charger, circuit):
    charger.write("VOLT 5,(@1);CURR 1,(@1);OUTP ON,(@1)")
    run(charger, 0.1)
    circuit.load_ohm = 1.0
    run(charger, 1.0)
    assert charger.ask("OUTP? (@1)") == "1"
    circuit.load_ohm = 10.0
    run(charger, 0.1)
    charger.write("CURR:PROT:STAT ON,(@1)")
    run(charger, 0.5)
    circuit.load_ohm = 1.0
    run(charger, 0.03)
    assert charger.ask("OUTP? (@1)") == "1", "the delay is 50 ms"
    run(charger, 0.1)
    assert charger.ask("OUTP? (@1);:CURR:PROT:TRIP? (@1);:STAT:QUES:INST:ISUM1:COND?") == "0;1;1024"
    assert circuit.state[0] is False


def test_reset_and_power_cycle_switch_off(charger, circuit):
    for off in (lambda: charger.write("*RST"), charger.conversation._instrument.reset_power):
        charger.write("VOLT 5,(@1);:OUTP ON,(@1)")
        run(charger, 0.1)
        assert circuit.state[0] is True
        off()
        run(charger, 0.1)
        assert circuit.state[0] is False
        assert charger.ask("VOLT? (@1)") == "+0.00000000E+00"


def test_keysight_error_text(charger):
    assert charger.ask("SYST:ERR?") == '+0,"No error"'
    charger.write("VOLT 7,(@1)")
    assert charger.ask("SYST:ERR?") == '-222,"Data out of range"'


# ---- 2281S


def test_entry_functions_have_their_own_output_commands(battery, circuit):
    assert battery.ask(":ENTR:FUNC?") == "POWER"
    battery.write(":BATT:OUTP ON")
    battery.write(":ENTR:FUNC SIMULATOR;:OUTP:STAT ON")
    assert battery.errors() == [-221, -221]
    battery.write(":BATT:SIM:VOC 4;:BATT:OUTP ON")
    run(battery, 0.1)
    assert circuit.state[0] is True
    battery.write(":ENTR:FUNC TEST")
    run(battery, 0.1)
    assert circuit.state[0] is False, "changing the function switches off"
    assert battery.ask(":ENTR:FUNC?;:OUTP:STAT?;:BATT:OUTP?") == "TEST;0;0"


def test_power_function_sets_limits_and_measures(battery, circuit):
    battery.write(":VOLT:LIM 5")
    battery.write(":VOLT 5.1")
    assert battery.errors() == [-222]
    battery.write(":VOLT 4.2;:CURR 3;:OUTP:STAT ON")
    run(battery, 0.01)
    assert circuit.state == (True, 4.2, 3.0, 0.0)
    amperes, volts, seconds = map(float, battery.ask(':MEAS? "READ,SOUR,REL"').split(","))
    assert (amperes, volts) == (pytest.approx(0.42, abs=1e-3), pytest.approx(4.2, abs=1e-3))
    assert seconds == 0.0
    assert int(battery.ask("STAT:QUES:INST:ISUM:COND?")) == 1 << 3
    battery.write(":CURR 0.1")
    run(battery, 0.01)
    assert int(battery.ask("STAT:QUES:INST:ISUM:COND?")) == 1 << 2


def test_readings_gather_while_the_output_is_on(battery):
    assert battery.ask("STAT:MEAS:INST:ISUM:COND?;:STAT:OPER:INST:ISUM:COND?") == "0;1024"
    assert battery.ask_bytes(':DATA:DATA? "READ,SOUR,REL"') is None
    assert battery.errors() == [-230]
    battery.write(":VOLT 4;:CURR 1;:OUTP:STAT ON")
    run(battery, 1.05)
    assert battery.ask("STAT:MEAS:INST:ISUM:COND?;:STAT:OPER:INST:ISUM:COND?") == "64;16"
    values = [float(text) for text in battery.ask(':DATA:DATA? "READ,SOUR,REL"').split(",")]
    assert len(values) == 3 * 10
    assert values[2::3] == pytest.approx([0.1 * place for place in range(10)])
    assert values[-3] == pytest.approx(0.4, abs=1e-3)
    battery.write(":TRAC:CLE")
    assert battery.ask("STAT:MEAS:INST:ISUM:COND?") == "0"
    run(battery, 1000.0)
    assert len(battery.ask(':DATA:DATA? "READ"').split(",")) == 100, "the buffer keeps the newest"


def test_over_voltage_protection_of_the_battery_latches(battery, circuit):
    battery.write(":VOLT:PROT 4.5;:VOLT 5;:CURR 1;:OUTP ON")
    run(battery, 0.1)
    assert circuit.state[0] is False
    assert int(battery.ask("STAT:QUES:INST:ISUM:COND?;:OUTP?").split(";")[0]) & 0b10


def test_static_simulator_is_a_voltage_behind_a_resistance(battery, circuit):
    battery.write(":ENTR:FUNC SIMULATOR;:BATT:SIM:METH STAT;VOC 3.7;SOC?")
    battery.write(":BATT:SIM:VOC:FULL 4.2;EMPT 3.0;:BATT:SIM:VOC 3.6;CURR:LIM 5;:BATT:SIM:RES:OFFS 0.15;:BATT:OUTP ON")
    run(battery, 100.0)
    assert circuit.state == (True, pytest.approx(3.6), 5.0, 0.15)
    assert float(battery.ask(":BATT:SIM:SOC?")) == pytest.approx(50.0)
    volts, amperes, soc, ohm, _ = map(
        float, battery.ask(':BATT:DATA:DATA? "VOLT, CURR, SOC, RES, REL"').split(",")[-5:]
    )
    assert amperes == pytest.approx(3.6 / 10.15, abs=1e-3)
    assert volts == pytest.approx(amperes * 10.0, abs=5e-3)
    assert (soc, ohm) == (pytest.approx(50.0), 0.15)
    battery.write(":BATT:SIM:VOC 4.3")
    assert battery.errors() == [-222]


def test_dynamic_simulator_discharges_and_charges(battery, circuit):
    battery.write(
        ":ENTR:FUNC SIMULATOR;:BATT:SIM:METH DYN;CAP:LIM 0.1"
        ";:BATT:SIM:VOC:FULL 4.2;EMPT 3.2;:BATT:SIM:SOC 50;CURR:LIM 6"
    )
    circuit.load_ohm = 37.0
    battery.write(":BATT:OUTP ON")
    run(battery, 360.0)
    assert float(battery.ask(":BATT:SIM:SOC?")) == pytest.approx(40.2, abs=0.3)
    assert circuit.state[1] == pytest.approx(3.602, abs=0.005)
    circuit.push_amperes = 1.0
    before = float(battery.ask(":BATT:SIM:CAP?"))
    run(battery, 36.0)
    assert float(battery.ask(":BATT:SIM:CAP?")) == pytest.approx(before + 0.009, abs=0.0005)
    assert float(battery.ask(":MEAS:CURR?")) == pytest.approx(-0.9, abs=0.01), "it sinks the charging current"
    battery.write(":BATT:SIM:CAP:LIM 0.2")
    assert battery.errors() == [-221]


def test_battery_test_ends_at_its_end_current(battery, circuit):
    battery.write(":ENTR:FUNC TEST;:BATT:TEST:VOLT 4.2;SENS:AH:ILIM 1;:BATT:TEST:CURR:END 0.05;:BATT:OUTP ON")
    run(battery, 10.0)
    assert int(battery.ask("STAT:OPER:INST:ISUM:COND?")) & 1 << 4
    circuit.load_ohm = 1000.0
    run(battery, 5.0)
    assert battery.ask("STAT:OPER:INST:ISUM:COND?;:BATT:OUTP?") == "1024;0"


def test_unknown_elements_are_refused(battery):
    assert battery.ask_bytes(':MEAS:CURR? "WATT"') is None
    assert battery.errors() == [-224]


def test_settings_answer_plain_numbers(battery):
    battery.write(":VOLT 3.7;:CURR 1.5;:SENS:CONC:NPLC 2")
    assert battery.ask(":VOLT?;:CURR?;:SENS:CONC:NPLC?;:SYST:LFR?;:VOLT? MAX") == "3.7;1.5;2;50;20"


def test_noise_is_small_and_not_zero(battery, circuit):
    circuit.load_ohm = 1e9
    battery.write(":VOLT 4;:OUTP ON")
    run(battery, 0.1)
    readings = {float(battery.ask(":MEAS:CURR?")) for _ in range(5)}
    assert len(readings) == 5
    assert max(map(abs, readings)) < 200e-6
    assert isinstance(circuit.amperes, Steady)


# ---- both: who could see nothing isn't looking


def planned(client) -> int:
    """Count what was planned in the next ten seconds."""
    before = client.kernel._order
    run(client, 10.0)
    return client.kernel._order - before


def test_an_output_without_a_protection_that_could_trip_costs_nothing(charger, battery):
    charger.write("VOLT 5,(@1);:OUTP ON,(@1)")
    battery.write(":ENTR:FUNC SIMULATOR;:BATT:SIM:METH STAT;:BATT:OUTP ON")
    assert planned(charger) < 15
    charger.write("CURR:PROT:STAT ON,(@1)")
    assert planned(charger) > 1000


def test_a_protection_switched_on_late_looks_when_it_would_have_looked(charger, circuit):
    charger.write("VOLT 5,(@1);CURR 0.1,(@1);:CURR:PROT:DEL 0,(@1);:OUTP ON,(@1)")
    on_ns = charger.kernel.now_ns
    run(charger, 0.4567)
    charger.write("CURR:PROT:STAT ON,(@1)")
    while circuit.state[0]:
        charger.kernel.step()
    assert (charger.kernel.now_ns - on_ns) * 1e-9 == pytest.approx(0.462, abs=1e-6), "the next 10 ms, then 2 ms"


@pytest.mark.parametrize("seconds", [7.0, 45.0])
def test_charge_is_booked_whole_however_rarely(battery, circuit, seconds):
    battery.write(":ENTR:FUNC POWER;:VOLT 4;:CURR 1;:OUTP ON")
    run(battery, seconds)
    charge = float(battery.ask(':DATA:DATA? "AH"').split(",")[-1]) * 3600.0
    assert charge == pytest.approx(4.0 / circuit.load_ohm * seconds, rel=1e-3)
