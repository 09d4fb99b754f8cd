"""The common core: message exchange, status, event queue, waiting."""

import pytest

from rig.twin.instruments.exchange import Later
from rig.twin.instruments.ieee488 import Ieee488Instrument
from rig.twin.instruments.parameters import Boolean, Channels, Choice, Integer, Number, Text
from rig.twin.instruments.scpi import command
from rig.twin.kernel import Kernel

SECOND_NS = 10**9


class Bench(Ieee488Instrument):
    """An instrument with one command of each kind."""

    identity = "MAKER,MODEL,1,2"
    queue_capacity = 4

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.volts = 0.0
        self.seen: list[object] = []

    @command("[SOURce[1]]:VOLTage[:LEVel]", Number(0.0, 10.0, 5.0, "V"), Channels(lambda: (101, 102, 110)))
    def _set(self, volts: float, channels: tuple[int, ...] | None) -> None:
        self.volts = volts
        self.seen.append(channels)

    @command("[SOURce[1]]:VOLTage[:LEVel]?")
    def _get(self) -> str:
        return f"{self.volts:g}"

    @command("SOURce:CURRent", Number(0.0, 3.0, unit="A"))
    def _current(self, amperes: float) -> None:
        self.seen.append(amperes)

    @command("OUTPut<n>:STATe", Boolean())
    def _output(self, number: int, on: bool) -> None:
        self.seen.append((number, on))

    @command("NAME", Text(), Choice("LOUD", "SOFTly", optional=True), Integer(1, 9, optional=True))
    def _name(self, *values: object) -> None:
        self.seen.append(values)

    @command("SLOW?", Number(0.0, 100.0, 1.0, "S"))
    def _slow(self, seconds: float) -> Later:
        later = Later()
        self.kernel.after(round(seconds * SECOND_NS), lambda: later.finish("slow"))
        return later

    @command("INITiate", Number(0.0, 100.0, 1.0, "S"))
    def _initiate(self, seconds: float) -> None:
        operation = self.begin_operation()
        self.kernel.after(round(seconds * SECOND_NS), lambda: self.end_operation(operation))


@pytest.fixture
def bench(kernel: Kernel) -> Bench:
    return Bench(kernel)


@pytest.fixture
def client(bench: Bench, connect):
    return connect(bench)


def test_short_long_and_optional_forms_reach_the_same_command(client, bench):
    for header in ("VOLT", "SOUR:VOLT", "SOURCE1:VOLTAGE:LEVEL", ":sour:volt:lev", "Voltage"):
        bench.volts = 0.0
        client.write(f"{header} 7")
        assert bench.volts == 7.0, header
    assert client.errors() == []


@pytest.mark.parametrize(
    "header", ["VOLTA 1", "SOUR2:VOLT 1", "LEV 1", "VOLT:FOO 1", "SOUR:SOUR:VOLT 1", "OUTP:STAT1 ON"]
)
def test_wrong_forms_are_undefined_headers(client, header):
    client.write(header)
    assert client.errors() == [-113]


def test_unknown_query_queues_113_and_owes_no_reply(client):
    assert client.ask_bytes("FOO?") is None
    assert not client.conversation.owes_reply
    assert client.errors() == [-113]


def test_header_after_semicolon_continues_the_path_and_a_colon_resets_it(client, bench):
    client.write("SOUR:VOLT 1;CURR 2;*ESE 4;CURR 3;:VOLT 6;VOLT?")
    assert bench.seen == [None, 2.0, 3.0, None]
    assert client.received == [b"6\n"]
    client.write(":SOUR:VOLT 1;SOUR:CURR 1")
    assert client.errors() == [-113]


def test_replies_of_one_message_come_together_joined_by_semicolons(client):
    assert client.ask("*IDN?;VOLT 3;VOLT?;*ESE?") == "MAKER,MODEL,1,2;3;0"


def test_the_rest_of_a_message_is_executed_after_an_error(client):
    assert client.ask("VOLT 99;:SYST:ERR?").startswith("-222,")
    assert client.ask("FOO 1;:SYST:ERR?").startswith("-113,")


@pytest.mark.parametrize(
    ("text", "volts"),
    [("5", 5.0), ("5 V", 5.0), ("500 MV", 0.5), ("500mV", 0.5), ("0.005KV", 5.0), ("+.5E1", 5.0), ("MAX", 10.0),
     ("MINimum", 0.0), ("DEF", 5.0), ("#H0A", 10.0), ("#B101", 5.0)],
)  # fmt: skip
def test_numbers(client, bench, text, volts):
    client.write(f"VOLT {text}")
    assert bench.volts == pytest.approx(volts)
    assert client.errors() == []


@pytest.mark.parametrize(
    ("text", "error"),
    [("VOLT 10.1", -222), ("VOLT -1", -222), ("VOLT 1e999", -222), ("VOLT nan", -104), ("VOLT", -109),
     ("VOLT 1,2", -108), ("VOLT 5 A", -131), ('VOLT "5"', -104), ("NAME LOUD", -104), ('NAME "x",QUIET', -224),
     ("OUTP1:STAT MAYBE", -224), ("VOLT 1,(@103)", -222), ("VOLT 1,(@101:99999)", -222), ("VOLT 1,(@x)", -102),
     ("VOLT! 1", -102), ("V\xe4LT 1", -101), ('NAME "open', -151)],
)  # fmt: skip
def test_refused_parameters_leave_the_instrument_as_it_was(client, bench, text, error):
    client.write(text)
    assert client.errors() == [error]
    assert bench.seen == []


def test_channel_lists(client, bench):
    client.write("VOLT 1, (@101:110)")
    client.write("VOLT 1,(@110,101)")
    client.write("VOLT 1, (@)")
    assert bench.seen == [(101, 102, 110), (110, 101), ()]


def test_numeric_suffix_is_handed_over_and_is_one_by_default(client, bench):
    client.write("OUTP3:STAT ON;:OUTP:STAT OFF;:OUTPUT2:STATE 1")
    assert bench.seen == [(3, True), (1, False), (2, True)]


def test_quoted_strings_may_hold_separators(client, bench):
    client.write('NAME \'a;b,c "d"\',SOFTLY;NAME "say ""x""",LOUD,3')
    assert bench.seen == [('a;b,c "d"', "SOFT", None), ('say "x"', "LOUD", 3)]
    assert client.errors() == []


def test_a_slow_query_holds_the_parser_for_every_client(client, bench, kernel, connect):
    other = connect(bench)
    client.write("SLOW? 2")
    other.write("VOLT 4;VOLT?")
    other.write("FOO?")
    assert client.conversation.owes_reply
    assert other.conversation.owes_reply, "its query waits behind a busy parser"
    kernel.run_until(2 * SECOND_NS - 1)
    assert (client.received, other.received) == ([], [])
    kernel.run_until(2 * SECOND_NS)
    assert client.received == [b"slow\n"]
    assert other.received == [b"4\n"]
    assert not client.conversation.owes_reply
    assert not other.conversation.owes_reply


def test_a_command_or_unknown_query_behind_a_busy_parser_owes_nothing(client, bench, connect):
    other = connect(bench)
    client.write("SLOW? 2")
    other.write("VOLT 4")
    other.write("FOO?")
    assert not other.conversation.owes_reply
    assert bench.volts == 0.0


def test_a_client_that_leaves_frees_the_parser(client, bench, connect, kernel):
    other = connect(bench)
    client.write("INIT 50;*WAI;VOLT 9")
    other.write("VOLT 4;VOLT?")
    client.conversation.close()
    assert other.received == [b"4\n"]
    kernel.run_until(60 * SECOND_NS)
    assert bench.volts == 4.0
    assert client.received == []


def test_wai_holds_the_parser_until_the_operation_ends(client, kernel):
    client.write("INIT 2;*WAI;VOLT 3;VOLT?")
    assert client.conversation.owes_reply
    kernel.run_until(2 * SECOND_NS - 1)
    assert client.received == []
    kernel.run_until(2 * SECOND_NS)
    assert client.received == [b"3\n"]


def test_opc_query_waits_and_opc_sets_bit_0_when_the_operation_ends(client, kernel):
    assert client.ask("INIT 2;*OPC?") == "1"
    assert kernel.now_ns == 2 * SECOND_NS
    client.write("*CLS;INIT 1;*OPC")
    assert int(client.ask("*ESR?")) & 1 == 0
    kernel.run_until(3 * SECOND_NS)
    assert int(client.ask("*ESR?")) & 1 == 1
    assert int(client.ask("*ESR?")) == 0, "reading clears"


def test_opc_without_operations_is_complete_at_once(client, kernel):
    assert client.ask("*OPC?") == "1"
    assert kernel.now_ns == 0


def test_power_on_bit_then_error_classes_in_the_event_status_register(client):
    assert int(client.ask("*ESR?")) == 0x80
    client.write("FOO 1")
    assert int(client.ask("*ESR?")) == 0x20
    client.write("VOLT 99")
    assert int(client.ask("*ESR?")) == 0x10


def test_status_byte_summarises_queue_events_output_and_enables(client):
    assert int(client.ask("*CLS;*STB?")) == 0
    client.write("VOLT 99")
    assert int(client.ask("*STB?")) == 0x04
    assert int(client.ask("*ESE 16;*STB?")) == 0x24
    assert int(client.ask("*SRE 32;*STB?")) == 0x64
    assert client.ask("VOLT?;*STB?") == "0;116", "a reply of this message waits: message available"
    assert int(client.ask("*CLS;*STB?")) == 0


def test_cls_empties_the_queue_and_rst_does_not(client):
    client.write("FOO 1;*RST")
    assert client.ask("SYST:ERR:COUN?") == "1"
    client.write("*CLS")
    assert client.errors() == []


def test_a_full_queue_ends_with_350(client):
    for _ in range(9):
        client.write("VOLT 99")
    assert client.errors() == [-222, -222, -222, -350]


def test_message_based_links_interrupted_and_unterminated(bench):
    session = bench.connect(lambda _: None, message_based=True)
    assert session.read() is None
    session.receive(b"*IDN?\n")
    session.receive(b"VOLT?\n")
    assert session.read() == b"0\n", "the unread reply is discarded"
    session.receive(b"SYST:ERR?;ERR?\n")
    assert session.read() == b'-420,"Query UNTERMINATED";-410,"Query INTERRUPTED"\n'


def test_a_message_without_end_is_dropped_with_363(client):
    client.conversation.receive(b"x" * 70_000)
    assert client.errors() == [-363]


def test_messages_may_arrive_in_any_pieces_and_end_with_cr_lf(client):
    for byte in b"*IDN?\r\n\n ;; \n":
        client.conversation.receive(bytes((byte,)))
    assert client.received == [b"MAKER,MODEL,1,2\n"]
    assert client.errors() == []


def test_status_registers_latch_enable_and_clear(client, bench):
    bench.questionable.set(0b101)
    bench.questionable.set(0b001)
    assert client.ask("STAT:QUES:COND?;:STAT:QUES:ENAB 4;:STAT:QUES:ENAB?") == "1;4"
    assert int(client.ask("*STB?")) & 0x08
    assert client.ask("STAT:QUES?") == "5"
    assert client.ask("STAT:QUES:EVEN?") == "0"


def test_power_cycle_forgets_everything(client, bench):
    client.write("FOO 1;*ESE 255;SLOW? 5")
    bench.reset_power()
    assert not client.conversation.owes_reply
    assert client.ask("*ESE?;*ESR?") == "0;128"
    assert client.errors() == []
