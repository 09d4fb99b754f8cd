"""The line protocol of vs1.md section 5."""

import itertools
import re

import pytest

from rig.twin.unit.eeprom import crc16

BYTE = 10 / 115200


def test_crc_is_ccitt_false():
    assert crc16(b"123456789") == 0x29B1


def test_reply_takes_wire_time_and_little_more(make_host):
    host = make_host().boot()
    start = host.kernel.now_ns
    line = host.framed("STAT?")
    host.send(line)
    host.run(0.1)
    arrived, reply = host.lines[-1]
    wire = (len(line) + 2 + len(reply) + 2) * BYTE
    assert wire < (arrived - start) * 1e-9 < wire + 0.05


def test_every_line_has_a_good_crc(make_host):
    host = make_host().boot()
    host.ok("LVL 1")
    host.ok("TELE 5")
    host.run(1.0)
    assert len(host.lines) > 6
    for _, line in host.lines:
        body, _, crc = line[1:].rpartition("*")
        assert crc == f"{crc16(body.encode()):04X}", line


@pytest.mark.parametrize("line", ["!7 STOP*0000", "!7 STOP", "!7 STOP*", "!7 STOP*CA8"])
def test_bad_crc(make_host, line):
    host = make_host().boot()
    host.send(line)
    host.run(0.05)
    assert host.replies() == ["@- ERR 1 BAD_CRC*B96B"]


def test_lower_case_crc_and_bare_newline_are_accepted(make_host):
    host = make_host().boot()
    host.unit.receive(b"!7 STOP*ca87\n")
    host.run(0.05)
    assert host.replies() == ["@7 OK*9B9F"]


@pytest.mark.parametrize("line", ["hello", "@7 STOP*CA87", "!" + "A" * 260])
def test_foreign_and_overlong_lines_are_dropped(make_host, line):
    host = make_host().boot()
    host.send(line)
    host.run(0.1)
    assert host.replies() == []
    assert host.ask("STOP") == "OK"


def test_longest_line_is_256_bytes_with_its_end(make_host):
    host = make_host().boot()
    for length, heard in ((256, True), (257, False)):
        before = len(host.replies())
        body = "9 " + "X" * (length - 2 - 1 - 5 - 2)
        line = f"!{body}*{crc16(body.encode()):04X}\r\n"
        assert len(line) == length
        host.unit.receive(line.encode())
        host.run(0.1)
        assert (len(host.replies()) > before) is heard


def test_repeated_request_is_answered_again_but_not_acted_upon(make_host):
    host = make_host().boot().unlock()
    host.ok("LVL 2")
    line = host.framed("BTN 2 50")
    host.send(line)
    host.run(0.2)
    first = host.replies()[-1]
    host.send(line)
    host.run(0.2)
    assert host.replies()[-1] == first
    assert host.replies().count(first) == 2
    assert host.ok("STAT?")["level"] == "3"


def test_bad_crc_never_enters_the_retry_memory(make_host):
    host = make_host().boot()
    line = host.framed("STOP")
    host.send(line[:-1] + ("0" if line[-1] != "0" else "1"))
    host.run(0.05)
    host.send(line)
    host.run(0.05)
    assert host.replies()[-1].startswith(f"@{line[1:].split()[0]} OK")


def test_reset_clears_the_retry_memory(make_host):
    host = make_host().boot()
    line = host.framed("RESET")
    for _ in range(2):
        host.send(line)
        host.run(1.6)
    assert [event.split()[2:] for event in host.events("BOOT")] == [
        ["reason=POWER", "fw=1.4.2"],
        ["reason=RESET", "fw=1.4.2"],
        ["reason=RESET", "fw=1.4.2"],
    ]


def test_human_types_without_crc_until_reset(make_host):
    host = make_host().boot()
    host.ok("HUMAN ON")
    host.send("!3 STAT?")
    host.run(0.05)
    assert host.replies()[-1].startswith("@3 OK state=IDLE")
    host.ok("RESET")
    host.run(1.5)
    host.send("!3 STAT?")
    host.run(0.05)
    assert host.replies()[-1].startswith("@- ERR 1")


ERRORS = [
    ("NONSENSE", "ERR 2 UNKNOWN"),
    ("TEST NONSENSE", "ERR 2 UNKNOWN"),
    ("", "ERR 2 UNKNOWN"),
    ("LVL", "ERR 3 ARGS"),
    ("LVL two", "ERR 3 ARGS"),
    ("LVL 1 2", "ERR 3 ARGS"),
    ("LVL 1.5", "ERR 3 ARGS"),
    ("HEAT HOT", "ERR 3 ARGS"),
    ("EE? nothing", "ERR 3 ARGS"),
    ("TEST DUTY X 0.5 100", "ERR 3 ARGS"),
    ("TEST UNLOCK 12", "ERR 3 ARGS"),
    ("TEST DUTY M nan 100", "ERR 3 ARGS"),
    ("LVL 6", "ERR 4 RANGE"),
    ("LVL -1", "ERR 4 RANGE"),
    ("TELE 21", "ERR 4 RANGE"),
    ("LOG? 999", "ERR 4 RANGE"),
    ("TEST DUTY M 1.01 100", "ERR 4 RANGE"),
    ("TEST DUTY M 0.5 20001", "ERR 4 RANGE"),
    ("TEST ADC NTC1 4096 10", "ERR 4 RANGE"),
    ("TEST TIMERX 601", "ERR 4 RANGE"),
    ("EE lock 2", "ERR 4 RANGE"),
    ("EE cal_ntc1 99", "ERR 4 RANGE"),
    ("PROG NECK", "ERR 4 RANGE"),  # FLAT isn't one of its pads
    ("TEST DUTY M 0.5 100", "ERR 6 LOCKED"),
    ("TEST ADC NTC1 1000 10", "ERR 6 LOCKED"),
    ("TEST MASK BOTH 10", "ERR 6 LOCKED"),
    ("TEST TIMERX 60", "ERR 6 LOCKED"),
    ("TEST COAST?", "ERR 6 LOCKED"),
    ("TEST TACH OFF", "ERR 6 LOCKED"),
    ("TEST CLOCK 5", "ERR 6 LOCKED"),
    ("TEST CORRUPT EE", "ERR 6 LOCKED"),
    ("TEST WDT", "ERR 6 LOCKED"),
    ("TEST BROWN", "ERR 6 LOCKED"),
    ("TEST EXIT", "ERR 6 LOCKED"),
    ("TEST UNLOCK 12345678", "ERR 6 LOCKED"),
    ("EE sn VS1-2026-000002", "ERR 6 LOCKED"),
    ("EE COMMIT", "ERR 6 LOCKED"),
    ("LOG ERASE", "ERR 6 LOCKED"),
    ("BTN 1 100", "ERR 6 LOCKED"),
]


@pytest.mark.parametrize(("command", "expected"), ERRORS)
def test_errors_in_idle(make_host, command, expected):
    assert make_host().boot().ask(command) == expected


def test_sequence_that_is_none(make_host):
    host = make_host().boot()
    for body in ("x STOP", "65536 STOP"):
        host.send(f"!{body}*{crc16(body.encode()):04X}")
        host.run(0.05)
        assert host.replies()[-1].startswith("@- ERR 3 ARGS")


def test_precedence_of_errors(make_host):
    host = make_host().boot()
    # RANGE before LOCKED before FAULT before STATE before BUSY
    assert host.ask("TEST DUTY M 2 100") == "ERR 4 RANGE"
    host.unlock()
    host.ok("TEST ADC NTC1 1000 300")
    host.run(0.5)
    assert host.state() == "FAULT"
    assert host.ask("LVL 7") == "ERR 4 RANGE"
    assert host.ask("LVL 1") == "ERR 8 FAULT"
    assert host.ask("HEAT LOW") == "ERR 8 FAULT"
    assert host.ask("TEST DUTY M 0.5 100") == "ERR 8 FAULT"
    host.ok("TEST EXIT")
    assert host.ask("TEST DUTY M 0.5 100") == "ERR 6 LOCKED"
    host.unlock().ok("FAULT CLEAR")
    host.ok("PROG UPPER_BACK")
    assert host.ask("LVL 1") == "ERR 5 STATE"
    assert host.ask("HEAT LOW") == "ERR 5 STATE"
    assert host.ask("HEAT HIGH") == "ERR 4 RANGE"  # above the program's cap, which comes first
    host.ok("STOP")
    host.ok("LVL 5")
    assert host.ask("TEST DUTY M 0.5 100") == "ERR 5 STATE"
    host.run(1.0)
    host.send(host.framed("TEST COAST?"))
    host.run(0.03)
    assert host.ask("LVL 1") == "ERR 7 BUSY"
    host.run(0.5)
    host.ok("TEST ADC NTC1 2000 500")
    assert host.ask("TEST ADC NTC1 2100 500") == "ERR 7 BUSY"
    assert host.ask("TEST ADC NTC2 2000 500") == "OK"
    host.run(0.6)
    assert host.ask("TEST ADC NTC1 2100 100") == "OK"


def test_identity_status_readings(make_host):
    host = make_host().boot()
    assert host.ask("ID?") == "OK model=VS-1 sn=VS1-2026-000001 hw=C fw=1.4.2 build=release boot=1.0.3"
    assert list(host.ok("STAT?")) == ["state", "level", "heat", "prog", "pad", "fault", "test", "up_ms", "reset"]
    reading = host.ok("READ?")
    names = "t_ms state lvl duty_m rpm i_m duty_h i_h ntc1 ntc2 ntc3 ntc4 adc1 adc2 adc3 adc4 vbat pad fault"
    assert list(reading) == names.split()
    assert float(reading["vbat"]) == pytest.approx(7.4, abs=0.01)
    assert float(reading["ntc1"]) == pytest.approx(23.0, abs=0.9)


def test_telemetry_rate_and_size(make_host):
    host = make_host().boot()
    host.ok("LVL 5")
    host.ok("HEAT HIGH")
    host.ok("TELE 20")
    host.run(2.0)
    events = host.events("TELE")
    assert len(events) == pytest.approx(40, abs=2)
    assert 180 < len(events[-1]) + 7 <= 256
    times = [int(event[1:].split()[0]) for event in events]
    assert all(45 <= second - first <= 55 for first, second in itertools.pairwise(times))
    host.ok("TELE 0")
    host.run(0.2)
    before = len(host.lines)
    host.run(1.0)
    assert len(host.lines) == before


def test_boot_event_and_silence_before(make_host):
    host = make_host().power()
    host.run(0.5)
    assert host.ask("STAT?") == ""
    host.run(1.0)
    (event,) = host.events("BOOT")
    assert event.endswith("BOOT reason=POWER fw=1.4.2")
    assert int(event[1:].split()[0]) <= 1500
    assert host.events("STATE")[0].endswith("STATE from=BOOT to=IDLE")


def test_log_ring(make_host):
    host = make_host().boot().unlock()
    for factor in range(1, 71):
        host.ok(f"TEST TIMERX {factor}")
    last = host.ok("LOG? 63")
    assert (last["n"], last["i"], last["code"], last["arg"]) == ("64", "63", "TIMERX", "70")
    reply = host.ask("LOG? 0")
    text, crc = re.fullmatch(r"OK (.*) crc=(\w{4})", reply).groups()
    assert f"{crc16(text.encode()):04X}" == crc
    assert "arg=7" in text
    assert host.ask("LOG? 64") == "ERR 4 RANGE"
    host.ok("LOG ERASE", 0.5)
    assert host.ask("LOG? 0") == "ERR 4 RANGE"


def test_eeprom_keeps_only_what_is_committed(make_host):
    host = make_host().boot().unlock()
    assert host.ok("EE? cal_date") == {"cal_date": "PROVISIONAL"}
    before = float(host.ok("READ?")["ntc1"])
    host.ok("EE cal_ntc1 0.500")
    host.ok("EE cal_date 2026-11-22")
    assert host.ok("EE? cal_ntc1") == {"cal_ntc1": "0.500"}
    host.ok("RESET")
    host.run(1.5)
    assert host.ok("EE? cal_ntc1") == {"cal_ntc1": "0.000"}
    host.unlock().ok("EE cal_ntc1 0.500")
    start = host.seconds
    host.ok("EE COMMIT", 0.5)
    assert 0.05 < host.seconds - start < 0.5
    host.ok("RESET")
    host.run(1.5)
    assert host.ok("EE? cal_ntc1") == {"cal_ntc1": "0.500"}
    assert float(host.ok("READ?")["ntc1"]) - before == pytest.approx(0.5, abs=0.06)


def test_eeprom_is_busy_while_it_writes(make_host):
    host = make_host().boot().unlock()
    host.send(host.framed("EE COMMIT"))
    host.run(0.02)
    assert host.ask("EE cal_ntc1 0.1") == "ERR 7 BUSY"


def test_timerx_is_refused_once_the_lock_is_committed(make_host):
    host = make_host().boot().unlock()
    host.ok("EE lock 1")
    host.ok("TEST TIMERX 10")
    host.ok("EE COMMIT", 0.5)
    assert host.ask("TEST TIMERX 10") == "ERR 6 LOCKED"


def test_test_mode_needs_a_fresh_challenge_and_ends_by_itself(make_host):
    host = make_host().boot()
    challenges = {host.ok("TEST?")["challenge"] for _ in range(3)}
    assert len(challenges) == 3
    host.unlock()
    assert host.ok("STAT?")["test"] == "1"
    host.run(119.0)
    assert host.ok("STAT?")["test"] == "1"
    host.run(121.0)
    assert host.ok("STAT?")["test"] == "0"


def test_test_exit_ends_drives(make_host):
    host = make_host().boot().unlock()
    host.ok("TEST DUTY H 1 5000")
    assert host.amperes() > 0.8
    host.ok("TEST EXIT")
    assert host.amperes() < 0.02


@pytest.mark.parametrize(("command", "reason"), [("TEST WDT", "WDT"), ("TEST BROWN", "BROWN"), ("RESET", "RESET")])
def test_resets_reply_first_and_come_back_idle(make_host, command, reason):
    host = make_host().boot().unlock()
    host.ok("LVL 3")
    host.run(0.5)
    assert host.ask(command) == "OK"
    host.run(1.6)
    assert host.ok("STAT?")["reset"] == reason
    assert host.state() == "IDLE"
    code = {"WDT": "F16", "BROWN": "F17"}.get(reason)
    if code:
        assert host.ok("LOG? 0")["code"] == code


@pytest.mark.parametrize("what", ["ROM", "RAM"])
def test_corrupt_memory_ends_in_a_watchdog_reset(make_host, what):
    host = make_host().boot().unlock()
    host.ok(f"TEST CORRUPT {what}")
    host.run(1.6)
    assert host.ok("STAT?")["reset"] == "WDT"


def test_corrupt_eeprom_disables_heat_until_reset(make_host):
    host = make_host().boot().unlock()
    host.ok("TEST CORRUPT EE")
    assert host.ok("FAULT?")["code"] == "F15"
    assert host.ask("HEAT LOW") == "ERR 8 FAULT"
    host.ok("LVL 1")
    host.ok("RESET")
    host.run(1.5)
    assert host.ok("FAULT?")["code"] == "NONE"
