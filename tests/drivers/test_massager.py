"""The unit's driver: exact bytes, and all that can go wrong on a real pty."""

import zlib

import pytest

from drivers.debug_port_frame import encode
from drivers.massager import Massager
from drivers.massager_replies import CoastDown, FaultReport, LogRecord
from rig.errors import NoReply, Rebooted, Refused, UnitError, UsageError

READ = (
    "t_ms=1234 state=MASSAGE lvl=3 duty_m=0.56 rpm=-3000 i_m=0.44 duty_h=0 i_h=0 ntc1=nan ntc2=30.1 ntc3=31 "
    "ntc4=25 adc1=4095 adc2=1900 adc3=1800 adc4=2048 vbat=7.4 pad=FLAT fault=F03"
)
STAT = "state=IDLE level=0 heat=OFF prog=OFF pad=FLAT fault=NONE test=0 up_ms={} reset=POWER"


@pytest.fixture
def massager(line_of, clock):
    return Massager(line_of("unit"), clock, "VS1FACTORY", first_sequence=100)


class Script:
    """Requests expected, with the next sequence number, and what the unit says to each."""

    def __init__(self, wire):
        self.wire = wire
        self.sequence = 99

    def __call__(self, command, *says, repeat=False):
        self.sequence += not repeat
        said = b"".join(one if isinstance(one, bytes) else self.reply(one) for one in says)
        self.wire.expect(encode("!", f"{self.sequence} {command}"), said)

    def reply(self, text):
        return encode("@", f"{self.sequence} {text}")


@pytest.fixture
def script(wire):
    return Script(wire)


@pytest.mark.parametrize(
    ("call", "command"),
    [
        (lambda unit: unit.level(3), "LVL 3"),
        (lambda unit: unit.heat("LOW"), "HEAT LOW"),
        (lambda unit: unit.program("NECK"), "PROG NECK"),
        (lambda unit: unit.stop(), "STOP"),
        (lambda unit: unit.telemetry(20), "TELE 20"),
        (lambda unit: unit.clear_fault(), "FAULT CLEAR"),
        (lambda unit: unit.erase_log(), "LOG ERASE"),
        (lambda unit: unit.set_eeprom("cal_rpm", 1.25), "EE cal_rpm 1.25"),
        (lambda unit: unit.commit(), "EE COMMIT"),
        (lambda unit: unit.exit_test(), "TEST EXIT"),
        (lambda unit: unit.test_duty("M", 0.25, 0.02), "TEST DUTY M 0.2500 20"),
        (lambda unit: unit.test_adc("NTC1", 700, 20.0), "TEST ADC NTC1 700 20000"),
        (lambda unit: unit.test_mask("BOTH", 1.5), "TEST MASK BOTH 1500"),
        (lambda unit: unit.timer_factor(600), "TEST TIMERX 600"),
        (lambda unit: unit.tach(on=False), "TEST TACH OFF"),
        (lambda unit: unit.clock_error(-3.5), "TEST CLOCK -3.5"),
        (lambda unit: unit.corrupt("ROM"), "TEST CORRUPT ROM"),
        (lambda unit: unit.press(1, 3.2), "BTN 1 3200"),
        (lambda unit: unit.human(), "HUMAN ON"),
        (lambda unit: unit.reset(), "RESET"),
        (lambda unit: unit.watchdog(), "TEST WDT"),
        (lambda unit: unit.brown(), "TEST BROWN"),
        (lambda unit: unit.sleep(), "SLEEP"),
        (lambda unit: unit.ship(), "SHIP"),
    ],
)
def test_commands(script, massager, call, command):
    script(command, "OK")
    call(massager)


def test_typed_replies(script, massager):
    script("ID?", "OK model=VS-1 sn=VS1-2026-000123 hw=B fw=1.4.2 build=release boot=2")
    identity = massager.identity()
    assert (identity.serial, identity.build, identity.boot_loader) == ("VS1-2026-000123", "release", "2")
    script("STAT?", "OK " + STAT.format(2500))
    status = massager.status()
    assert (status.state, status.level, status.test, status.up_seconds) == ("IDLE", 0, False, 2.5)
    script("READ?", "OK " + READ)
    readings = massager.read()
    assert (readings.rpm, readings.battery_volts, readings.adc_counts) == (
        -3000.0,
        7.4,
        (4095, 1900, 1800, 2048),
    )
    assert readings.ntc_celsius[0] != readings.ntc_celsius[0]
    assert readings.ntc_celsius[1:] == (30.1, 31.0, 25.0)
    script("FAULT?", "OK code=F01 latched=1 count=2 t_ms=900 all=F01,F09")
    assert massager.fault() == FaultReport("F01", True, 2, 0.9, ("F01", "F09"))
    script("FAULT?", "OK code=NONE latched=0 count=0 t_ms=0 all=NONE")
    assert massager.fault().all == ()
    script("TEST COAST?", "OK coast_ms=256 start_rpm=4000")
    assert massager.coast() == CoastDown(0.256, 4000.0)
    script("EE? sn", "OK sn=VS1-2026-000123")
    assert massager.eeprom("sn") == "VS1-2026-000123"


def test_log_record_and_its_own_crc(script, massager):
    record = "n=2 i=0 t_ms=55 code=F16 arg=0"
    crc = encode("@", record)[-6:-2].decode()
    script("LOG? 0", f"OK {record} crc={crc}")
    assert massager.log(0) == LogRecord(2, 0, 0.055, "F16", "0", True)
    script("LOG? 0", f"OK {record.replace('F16', 'F17')} crc={crc}")
    assert not massager.log(0).intact


RESPONSE = f"{zlib.crc32(b'00C0FFEEVS1FACTORY'):08X}"


def test_what_unlocks_test_is_told_to_nobody(script, massager):
    heard: list[str] = []
    massager.follow(heard.append)
    script("TEST?", "OK challenge=00C0FFEE")
    script(f"TEST UNLOCK {RESPONSE}", "OK")
    massager.unlock()
    assert "TEST UNLOCK ********" in heard
    told = b"".join(massager.line.told)
    assert b"TEST UNLOCK ********\r\n" in told, "the check digits tell 16 of the 32 bits"
    assert RESPONSE not in told.decode() + "".join(heard)


@pytest.mark.parametrize("answers", [("ERR 6 LOCKED",), ()])
def test_an_unlock_that_fails_doesn_t_tell_it_either(script, massager, answers):
    script("TEST?", "OK challenge=00C0FFEE")
    script(f"TEST UNLOCK {RESPONSE}", *answers)
    for _ in range(3 * (not answers)):
        script(f"TEST UNLOCK {RESPONSE}", repeat=True)
    with pytest.raises(UnitError, match=r"TEST UNLOCK \*{8}") as caught:
        massager.unlock()
    assert RESPONSE not in str(caught.value)


def test_unlock_is_challenge_and_response(script, massager):
    script("TEST?", "OK challenge=1A2B3C4D")
    script(f"TEST UNLOCK {zlib.crc32(b'1A2B3C4DVS1FACTORY'):08X}", "OK")
    massager.unlock()


@pytest.mark.parametrize(
    "reply",
    ["OK model=VS-1", "OK " + STAT.format("soon"), "OK " + STAT.format(1).replace("test=0", "test=yes")],
)
def test_a_reply_that_breaks_the_interface_document(script, massager, reply):
    script("STAT?", reply)
    with pytest.raises(UnitError, match=r"STAT\? isn't as the interface document says"):
        massager.status()


def test_refusal_carries_number_and_name(script, massager):
    script("LVL 9", "ERR 4 RANGE")
    with pytest.raises(Refused, match=r"LVL 9: ERR 4 RANGE") as caught:
        massager.level(9)
    assert (caught.value.number, caught.value.name) == (4, "RANGE")


def test_what_cannot_be_sent_is_the_callers_mistake(massager):
    with pytest.raises(UsageError, match="can't be sent"):
        massager.set_eeprom("sn", "NÄCK")


def test_silence_is_retried_with_the_same_line_and_bounded(script, massager, clock):
    script("STOP")
    for _ in range(3):
        script("STOP", repeat=True)
    with pytest.raises(NoReply, match="no reply to STOP after 4"):
        massager.stop()
    assert massager.counters.retries == 3
    assert clock.seconds < 1.0


@pytest.mark.parametrize("command", ["reset", "watchdog", "brown", "sleep", "ship"])
def test_what_restarts_the_unit_is_never_sent_twice(script, massager, wire, command):
    words = {"watchdog": "TEST WDT", "brown": "TEST BROWN"}.get(command, command.upper())
    script(words, encode("@", "- ERR 1 BAD_CRC"))
    with pytest.raises(NoReply, match="after 1 attempt"):
        getattr(massager, command)()


def test_slow_commands_get_their_time(script, massager, clock):
    for command, least, most in (("EE COMMIT", 2.0, 2.5), ("STOP", 0.2, 0.6), ("TEST COAST?", 20.0, 20.5)):
        script(command)
        for _ in range(3):
            script(command, repeat=True)
        started = clock.seconds
        with pytest.raises(NoReply):
            massager._port.send(command)
        assert least < clock.seconds - started < most


@pytest.mark.parametrize(
    "damage",
    [b"@100 OK*0000\r\n", encode("@", "- ERR 1 BAD_CRC")],
    ids=["reply damaged", "request damaged"],
)
def test_damage_is_answered_by_asking_again(script, massager, clock, damage):
    script("STOP", damage)
    script("STOP", "OK", repeat=True)
    massager.stop()
    assert clock.seconds == 0.0  # at once, not after the deadline


def test_late_and_duplicated_replies_never_answer_another_request(script, massager):
    script("STOP")
    script("STOP", "OK", "OK", repeat=True)
    massager.stop()
    script("STAT?", encode("@", "100 OK"), "OK " + STAT.format(10))
    assert massager.status().state == "IDLE"
    # the second OK of STOP came with the first, in the same look
    assert massager.counters.stale == 1


def test_garbage_is_tolerated_and_counted(script, massager):
    garbage = b"\xff\xfe\x00 half a line\r\n" + b"x" * 2000 + b"\r\n" + b"#77 STATE fro*1234\r\n"
    script("STOP", garbage, "OK")
    massager.stop()
    assert massager.counters.garbage == 2
    assert massager.counters.wrong_crc == 1


def test_events_between_and_after_replies(script, massager, wire, clock):
    script(
        "HEAT LOW",
        encode("#", "40 STATE from=IDLE to=HEAT"),
        "OK",
        encode("#", "90 FAULT code=F01 latched=1"),
    )
    massager.heat("LOW")
    event = massager.wait_for_event("FAULT", 1.0)
    assert (event.fields["code"], event.unit_seconds) == ("F01", 0.09)
    with pytest.raises(NoReply, match="no FAULT event"):
        massager.wait_for_event("FAULT", 1.0)
    wire.incoming += encode("#", "95 BTN n=2 ms=80")
    assert [event.kind for event in massager.take_events()] == ["STATE", "BTN"]
    assert massager.take_events() == []


def test_boot_in_the_middle_is_raised_at_once(script, massager, clock):
    script("STOP", "OK")
    massager.stop()
    script("LVL 3", encode("#", "3 BOOT reason=WDT fw=1.4.2"))
    with pytest.raises(Rebooted, match="reason=WDT"):
        massager.level(3)
    assert clock.seconds == 0.0
    script("LVL 3", "OK")
    massager.level(3)


def test_uptime_going_back_tells_of_a_lost_boot_event(script, massager):
    script("STAT?", "OK " + STAT.format(5000))
    massager.status()
    script("STAT?", "OK " + STAT.format(400))
    with pytest.raises(Rebooted, match=r"back from 5 to 0\.4 s"):
        massager.status()
    script("STAT?", "OK " + STAT.format(900))
    massager.status()


def test_event_clock_going_back_does_too(script, massager, wire):
    script("STOP", encode("#", "9000 BTN n=1 ms=20"), "OK")
    massager.stop()
    wire.incoming += encode("#", "12 STATE from=BOOT to=IDLE")
    with pytest.raises(Rebooted):
        massager.take_events()


def test_restarts_that_were_asked_for(script, massager, wire):
    script("STAT?", "OK " + STAT.format(5000))
    massager.status()
    script("RESET", "OK")
    massager.reset()
    wire.incoming += encode("#", "2 BOOT reason=RESET fw=1.4.2")
    assert massager.await_boot().fields["reason"] == "RESET"
    script("STAT?", "OK " + STAT.format(100))
    massager.status()
    massager.expect_boot()
    wire.incoming += encode("#", "2 BOOT reason=POWER fw=1.4.2")
    assert massager.await_boot().fields["reason"] == "POWER"
    wire.incoming += encode("#", "2 BOOT reason=BROWN fw=1.4.2")
    with pytest.raises(Rebooted):
        massager.take_events()


def test_a_boot_event_is_an_answer_to_reset(script, massager, clock):
    script("STOP", "OK")
    massager.stop()
    script("RESET", encode("#", "2 BOOT reason=RESET fw=1.4.2"))
    massager.reset()
    assert massager.await_boot().fields["reason"] == "RESET"


def test_no_boot(massager):
    with pytest.raises(NoReply, match="no BOOT event within 2 s"):
        massager.await_boot()


def test_a_unit_in_ship_mode_is_not_asked_to_stop_until_it_may_have_started_again(script, massager, clock):
    script("SHIP", "OK")
    massager.ship()
    started = clock.seconds
    massager.make_safe()
    assert clock.seconds == started
    massager.expect_boot()
    script("STOP", "OK")
    script("HEAT OFF", "OK")
    massager.make_safe()


def test_make_safe_tries_everything(script, massager):
    script("STOP", "ERR 7 BUSY")
    script("HEAT OFF", "OK")
    with pytest.raises(Refused, match="BUSY"):
        massager.make_safe()


def test_closing_stops_the_unit_and_closes_the_port(script, massager):
    script("STOP", "OK")
    script("HEAT OFF", "OK")
    massager.close()
    assert massager.line.closed


def test_sequence_starts_anywhere_and_keeps_its_length(line_of, clock, monkeypatch):
    monkeypatch.setattr("drivers.debug_port.secrets.randbelow", lambda most: most - 1)
    port = Massager(line_of("unit"), clock, "K")._port
    assert [port._next_sequence() for _ in range(2)] == [10000, 10001]
    starts = {Massager(line_of("unit"), clock, "K")._port.sequence for _ in range(3)}
    monkeypatch.undo()
    starts |= {Massager(line_of("unit"), clock, "K")._port.sequence for _ in range(8)}
    assert len(starts) > 5
    assert all(10_000 <= start <= 65_535 for start in starts)


def test_an_old_boot_event_is_not_the_one_awaited(massager, wire):
    wire.incoming += encode("#", "2 BOOT reason=POWER fw=1")
    with pytest.raises(NoReply, match="no STATE"):
        massager.wait_for_event("STATE", 0.0)
    massager.expect_boot()
    with pytest.raises(NoReply, match="no BOOT"):
        massager.await_boot()


def test_a_flood_without_line_end_takes_no_memory_and_its_tail_is_no_line(massager, wire):
    for _ in range(10):
        wire.incoming += b"x" * 1000
        massager.take_events()
        assert len(massager._port._received) <= 512
    wire.incoming += encode("#", "5 FAULT code=F01 latched=1") + encode("#", "6 STATE from=A to=B")
    assert [event.kind for event in massager.take_events()] == ["STATE"]
    assert massager.counters.garbage == 1
