"""The trigger model: blocks, states, and two meters on one trigger cable."""

import numpy as np
import pytest

SECOND_NS = 10**9


def test_two_meters_share_the_start_of_their_records(meter, current_meter, wires, sine, kernel):
    """A step on one line is seen by both at the same sample: the cut-off measurement stands on this."""
    wires.volts[4] = sine(1.0, 50.0)
    meter.write('ROUT:CHAN:CLOS (@4);:DIG:FUNC "VOLT";:DIG:VOLT:RANG 10;SRATE 10000')
    meter.write(
        'TRIG:LOAD "Empty";:TRIG:BLOC:BUFF:CLE 1, "defbuffer1";:TRIG:BLOC:NOT 2, 1'
        ';:TRIG:BLOC:MDIG 3, "defbuffer1", 1000;:TRIG:EXT:OUT:STIM NOT1'
    )
    current_meter.write('DIG:FUNC "CURR";:DIG:CURR:RANG 1;SRATE 10000;:TRIG:EXT:IN:EDGE FALL')
    current_meter.write(
        'TRIG:LOAD "Empty";:TRIG:BLOC:BUFF:CLE 1;:TRIG:BLOC:WAIT 2, EXT, ENT, OR;:TRIG:BLOC:MDIG 3, "defbuffer1", 1000'
    )
    current_meter.write("INIT")
    kernel.run_until(SECOND_NS)
    assert current_meter.ask("TRIG:STAT?") == "WAITING;WAITING;2"
    meter.write("INIT")
    started_ns = kernel.now_ns
    assert meter.ask("*OPC?") == "1"
    assert current_meter.ask("*OPC?") == "1"
    assert kernel.now_ns - started_ns == pytest.approx(0.1 * SECOND_NS, abs=10_000_000)
    times = [client.ask('TRAC:DATA? 1,1,"defbuffer1",TST') for client in (meter, current_meter)]
    assert times[0] == times[1]
    assert current_meter.ask("TRAC:ACT?;:TRIG:STAT?") == "1000;IDLE;IDLE;3"
    assert meter.errors() + current_meter.errors() == []


def test_without_a_trigger_the_model_waits_and_the_client_keeps_waiting(current_meter, kernel):
    current_meter.write("TRIG:LOAD 'Empty';:TRIG:BLOC:WAIT 1, EXT;:TRIG:BLOC:MDIG 2;:INIT")
    current_meter.write("*OPC?")
    kernel.run_until(100 * SECOND_NS)
    assert current_meter.conversation.owes_reply
    assert current_meter.received == []


def test_an_early_edge_counts_unless_the_wait_block_clears_it(current_meter, cable, kernel):
    for clear, state in (("NEV", "RUNNING"), ("ENT", "WAITING")):
        current_meter.write(
            f"ABOR;:TRIG:LOAD 'Empty';:TRIG:BLOC:WAIT 1, EXT, {clear};:TRIG:BLOC:DEL:CONS 2, 10;:TRIG:EXT:IN:CLE"
        )
        cable.pulse()
        current_meter.write("INIT")
        kernel.run_until(kernel.now_ns + SECOND_NS)
        assert current_meter.ask("TRIG:STAT?").startswith(state)


def test_counted_loop_and_delay(meter):
    meter.write('VOLT:NPLC 1;AZER 0;:TRIG:LOAD "Empty";:TRIG:BLOC:BUFF:CLEAR 1;:TRIG:BLOC:DEL:CONS 2, 0.1')
    meter.write("TRIG:BLOC:MDIG 3;:TRIG:BLOC:BRAN:COUN 4, 5, 2")
    assert meter.ask("TRIG:STAT?").startswith("BUILDING")
    start_ns = meter.kernel.now_ns
    assert meter.ask("INIT;*OPC?;:TRAC:ACT?") == "1;5"
    assert (meter.kernel.now_ns - start_ns) * 1e-9 == pytest.approx(5 * 0.121, abs=0.002)


def test_simple_loop_template(meter):
    assert meter.ask('TRIG:LOAD "SimpleLoop", 4, 0.01;:INIT;*OPC?;:TRAC:ACT?') == "1;4"


def test_bus_trigger_and_software_events(meter, kernel):
    meter.write("TRIG:LOAD 'EMPTY';:TRIG:BLOC:WAIT 1, COMM;:TRIG:BLOC:MDIG 2;:INIT")
    kernel.run_until(SECOND_NS)
    assert meter.ask("TRAC:ACT?") == "0"
    meter.write("*TRG")
    assert meter.ask("*OPC?;:TRAC:ACT?") == "1;1"


def test_a_model_that_never_ends_still_lets_time_move(meter, kernel):
    meter.write("TRIG:LOAD 'Empty';:TRIG:BLOC:NOP 1;:TRIG:BLOC:BRAN:ALW 2, 1;:INIT")
    kernel.run_until(SECOND_NS // 100)
    assert meter.ask("TRIG:STAT?").startswith("RUNNING")
    meter.write("ABOR")
    assert kernel.next_ns() is None


@pytest.mark.parametrize(
    ("blocks", "error"),
    [("", -221), ("TRIG:BLOC:MDIG 2", -221), ("TRIG:BLOC:BRAN:ALW 1, 7", -221), ("TRIG:BLOC:MDIG 64", -222),
     ("TRIG:BLOC:WAIT 1, NOISE", -224), ('TRIG:BLOC:MDIG 1, "nobuffer"', -224), ('TRIG:LOAD "Magic"', -224)],
)  # fmt: skip
def test_bad_models_are_refused(meter, blocks, error):
    meter.write("TRIG:LOAD 'Empty'")
    meter.write(blocks)
    meter.write("INIT")
    assert meter.errors()[0] == error


def test_init_is_ignored_while_running_and_blocks_are_locked(meter):
    meter.write("TRIG:LOAD 'Empty';:TRIG:BLOC:DEL:CONS 1, 5;:INIT")
    meter.write("INIT")
    meter.write("TRIG:BLOC:NOP 1")
    assert meter.ask_bytes("READ?") is None
    assert meter.errors() == [-213, -221, -213]


def test_record_matches_the_signal_at_its_time(meter, wires, sine, kernel):
    wires.volts[None] = sine(1.0, 10.0)
    meter.write('DIG:FUNC "VOLT";:DIG:VOLT:RANG 1;SRATE 1000;:FORM REAL')
    kernel.run_until(123_456_000)
    meter.write('TRIG:LOAD "Empty";:TRIG:BLOC:MDIG 1, "defbuffer1", 200;:INIT')
    start_ns = kernel.now_ns
    block = meter.ask_bytes('*WAI;:TRAC:DATA? 1, 200, "defbuffer1", READ')
    assert block is not None
    samples = np.frombuffer(block[2:-1], "<f8")
    expected = np.sin(2 * np.pi * 10.0 * (start_ns * 1e-9 + np.arange(200) / 1000))
    assert np.abs(samples - expected).max() < 1e-3
