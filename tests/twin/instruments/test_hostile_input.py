"""Whatever bytes come in, an instrument neither raises nor gets stuck, and still answers the next client."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rig.twin.instruments.k8090 import K8090, frame
from rig.twin.instruments.mt_sics import MtSics
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

SECOND_NS = 10**9
EXAMPLES = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

WORDS = [
    "SENS", "SENSE1", "VOLT", "DC", "NPLC", "RANG", "TEMP", "DIG", "COUN", "FUNC", "ROUT", "SCAN", "CRE", "CLOS",
    "INIT", "ABOR", "TRIG", "BLOC", "MDIG", "WAIT", "BRAN",
    "ALW", "LOAD", "STAT", "QUES", "ENAB", "TRAC", "DATA", "MAKE",
    "POIN", "FORM", "BORD", "READ", "FETC", "MEAS", "SYST", "ERR", "OUTP", "CURR", "PROT", "CLE", "INST", "NSEL",
    "BATT", "SIM", "VOC", "SOC", "CAP", "LIM", "ENTR", "APPL", "*RST", "*CLS", "*OPC", "*WAI", "*ESE", "*IDN", "FOO",
]  # fmt: skip
ARGUMENTS = [
    "1", "-1", "0", "1e999", "-.5E-3", "10 MV", "MAX", "DEF", "ON", "OFF", '"defbuffer1"', "'VOLT'", '"', "(@1)",
    "(@101:110)", "(@9:1)",
    "(@", "NaN", "INF", "#H1F", "#B", "SREAL", "READ", "EXT", "SIMULATOR", "\xff", "1,2,3,4,5,6,7,8",
]  # fmt: skip

header = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(":".join)
unit = st.builds(
    lambda colon, head, mark, parts: f"{colon}{head}{mark} {','.join(parts)}",
    st.sampled_from(["", ":"]),
    header,
    st.sampled_from(["", "?"]),
    st.lists(st.sampled_from(ARGUMENTS), max_size=4),
)
message = st.lists(unit, min_size=1, max_size=6).map(";".join).map(lambda text: text.encode("latin-1") + b"\n")
noise_bytes = st.binary(max_size=200)


@pytest.mark.parametrize("name", ["meter", "logger", "battery", "charger"])
@EXAMPLES
@given(chunks=st.lists(st.one_of(message, noise_bytes), max_size=6))
def test_scpi_instruments_survive(name, chunks, request, kernel):
    client = request.getfixturevalue(name)
    instrument = client.conversation._instrument
    session = instrument.connect(lambda data: None)
    for chunk in chunks:
        session.receive(chunk)
        kernel.run_until(kernel.now_ns + SECOND_NS // 100)
    session.close()
    assert not session.owes_reply
    client.write("\n")
    for _ in itertools.takewhile(lambda _: client.conversation.owes_reply, range(100)):
        kernel.run_until(kernel.now_ns + SECOND_NS)
    client.write("ABOR")
    client.write("*RST;*CLS")
    assert client.ask("*IDN?").count(",") == 3
    instrument.reset_power()
    kernel.run_until(kernel.now_ns + 20 * SECOND_NS)
    assert kernel.next_ns() is None, "nothing goes on after power-on"


@EXAMPLES
@given(chunks=st.lists(noise_bytes, max_size=5))
def test_the_relay_board_finds_the_next_frame(chunks):
    kernel, moved = Kernel(), list[int]()
    port = K8090(kernel, changed=lambda relay, closed: moved.append(relay)).connect(lambda data: None)
    for chunk in chunks:
        port.receive(chunk)
    port.receive(bytes(7) + frame(0x11, 0x80))
    kernel.run_until(SECOND_NS)
    assert moved[-1:] == [8]


@EXAMPLES
@given(chunks=st.lists(noise_bytes, max_size=5))
def test_the_scale_answers_the_next_line(chunks):
    kernel, received = Kernel(), list[bytes]()
    scale = MtSics(kernel, Noise(1, "scale"), grams=lambda: 1.0, vibrating=lambda: False)
    port = scale.connect(received.append)
    for chunk in chunks:
        port.receive(chunk)
    port.receive(b"\r\nI4\r\n")
    kernel.run_until(20 * SECOND_NS)
    assert received[-1].startswith(b'I4 A "')
