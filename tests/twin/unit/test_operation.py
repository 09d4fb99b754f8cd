"""States, programs, timers and keys (vs1.md sections 2, 3 and 5)."""

import math

import pytest


def states(host):
    return [event.rsplit("to=", 1)[1] for event in host.events("STATE")]


def test_heat_ends_in_a_cooldown(make_host):
    host = make_host().boot()
    host.ok("HEAT LOW")
    host.run(1.0)
    host.ok("LVL 3")
    host.run(1.0)
    host.ok("LVL 0")
    host.ok("HEAT OFF")
    assert host.state() == "COOLDOWN"
    host.run(2.0)
    assert float(host.ok("READ?")["rpm"]) == pytest.approx(2000, abs=10)
    assert host.amperes() < 0.2
    host.run(8.0)
    assert states(host) == ["IDLE", "HEAT", "MASSAGE_HEAT", "HEAT", "COOLDOWN", "IDLE"]


def test_stop_and_test_skip_the_cooldown(make_host):
    host = make_host().boot()
    host.ok("HEAT LOW")
    host.ok("STOP")
    assert host.state() == "IDLE"
    host.unlock()
    host.ok("HEAT LOW")
    host.ok("HEAT OFF")
    assert host.state() == "IDLE"


def test_auto_off_isnt_extended_by_keys(make_host):
    host = make_host().boot().unlock()
    host.ok("TEST TIMERX 60")
    host.ok("LVL 2")
    start = host.seconds
    host.run(10.0)
    host.unit.press(2, True)
    host.run(0.2)
    host.unit.press(2, False)
    host.run(0.1)
    assert host.ok("STAT?")["level"] == "3"
    while host.state() == "MASSAGE":
        host.run(0.01)
    assert (host.seconds - start) * 60.0 == pytest.approx(900.0, rel=0.01)


def test_factor_changed_on_the_way(make_nominal):
    host = make_nominal().boot().unlock()
    host.ok("LVL 1")
    start = host.seconds
    host.run(90.0)
    host.ok("TEST TIMERX 100")
    while host.state() == "MASSAGE":
        host.run(0.01)
    assert host.seconds - start == pytest.approx(90.0 + 8.1, abs=0.1)


def test_motor_pulse_and_heat_drive_run_together(make_host):
    host = make_host().boot().unlock()
    host.ok("TEST DUTY H 1 8000")
    host.ok("TEST DUTY M 0.5 500")
    assert host.state() == "MASSAGE_HEAT"
    host.run(0.6)
    host.ok("LVL 3")
    assert host.state() == "MASSAGE_HEAT"
    assert host.ask("HEAT LOW") == "ERR 5 STATE"
    host.run(1.0)
    assert host.ok("READ?")["duty_h"] == "1.000"


@pytest.mark.parametrize("pad", ["BALL", "FINGER"])
def test_pads_without_heater(make_host, pad):
    host = make_host(pad=pad).boot().unlock()
    assert host.ok("STAT?")["pad"] == pad
    assert host.ask("HEAT LOW") == "ERR 4 RANGE"
    assert host.ask("TEST DUTY H 1 100") == "ERR 4 RANGE"
    assert host.ask("LVL 5") == "OK"


def test_no_pad_caps_the_level_and_locks_heat(make_host):
    host = make_host(pad="NONE").boot()
    assert host.ok("STAT?")["pad"] == "NONE"
    assert host.ok("FAULT?")["code"] == "NONE"
    assert host.ask("LVL 3") == "ERR 4 RANGE"
    assert host.ask("LVL 2") == "OK"
    assert host.ask("HEAT LOW") == "ERR 4 RANGE"


def test_another_pad_while_idle(make_host):
    host = make_host().boot()
    host.unit.fit_pad("LARGE")
    host.run(1.0)
    status = host.ok("STAT?")
    assert (status["pad"], status["fault"]) == ("LARGE", "NONE")


def test_pad_mass_changes_the_strength(make_host):
    strength = {}
    for pad in ("BALL", "LARGE"):
        host = make_host(pad=pad).boot()
        host.ok("LVL 3")
        host.run(1.5)
        record = host.unit.acceleration("x").samples(host.kernel.now_ns - 1_000_000_000, 5e3, 5000)
        strength[pad] = record.std()
    assert strength["LARGE"] / strength["BALL"] == pytest.approx(0.605 / 0.665, rel=0.03)


def speeds(host, seconds):
    found = []
    for _ in range(int(seconds * 10)):
        host.run(0.1)
        found.append(host.unit._board.motor.omega * 60 / math.tau)
    return found


@pytest.mark.parametrize(
    ("pad", "program", "low", "high"),
    [
        ("WAVE", "NECK", 2000, 2500),
        ("FLAT", "SHOULDERS", 2000, 3500),
        ("FLAT", "LOWER_BACK", 0, 4000),
        ("FINGER", "LEGS", 2500, 2500),
    ],
)
def test_program_profiles(make_nominal, pad, program, low, high):
    host = make_nominal(pad=pad).boot()
    host.ok(f"PROG {program}")
    host.run(1.0)
    seen = speeds(host, 20.0)
    assert min(seen) == pytest.approx(low, abs=60)
    assert max(seen) == pytest.approx(high, abs=60)
    assert host.ok("STAT?")["prog"] == program
    host.ok("PROG OFF")
    assert host.ok("STAT?")["prog"] == "OFF"


def test_program_heats_to_its_cap_and_ends_by_its_time(make_host):
    host = make_host(pad="WAVE").boot().unlock()
    host.ok("TEST TIMERX 10")
    host.ok("PROG NECK")
    assert host.ok("STAT?")["heat"] == "LOW"
    host.run(29.5)
    assert host.state() == "MASSAGE_HEAT"
    host.run(1.0)
    assert host.state() == "IDLE"
    assert any("PROGRAM_END" in event for event in host.events("LOG"))


def test_program_refuses_a_foreign_pad(make_host):
    assert make_host(pad="LARGE").boot().ask("PROG SHOULDERS") == "ERR 4 RANGE"
    assert make_host(pad="LARGE").boot().ask("PROG MANUAL") == "OK"


def test_keys_step_level_and_heat(make_host):
    host = make_host().boot().unlock()
    for level in (1, 2, 3, 4, 5, 0):
        host.ok("BTN 2 80")
        host.run(0.2)
        assert host.ok("STAT?")["level"] == str(level)
    for heat in ("LOW", "MED", "HIGH", "OFF"):
        host.ok("BTN 3 80")
        host.run(0.2)
        assert host.ok("STAT?")["heat"] == heat
    assert len(host.events("BTN")) == 10
    assert host.events("BTN")[0].endswith("BTN n=2 ms=80")


def test_busy_button(make_host):
    host = make_host().boot().unlock()
    host.ok("BTN 2 500")
    assert host.ask("BTN 2 100") == "ERR 7 BUSY"


def test_power_key_turns_off_and_bounces_are_ignored(make_host):
    host = make_host().boot()
    host.unit.press(2, True)
    host.run(0.02)
    host.unit.press(2, False)
    host.run(0.2)
    assert host.events("BTN") == []
    host.unit.press(1, True)
    host.run(1.2)
    host.unit.press(1, False)
    host.run(0.5)
    assert states(host)[-1] == "OFF"
    assert host.amperes() < 100e-6


def test_a_key_during_the_boot_does_nothing(make_host):
    host = make_host().power()
    host.run(0.3)
    host.unit.press(2, True)
    host.run(0.2)
    host.unit.press(2, False)
    host.run(1.0)
    assert host.events("BTN") == []
    assert host.ok("STAT?")["level"] == "0"


def test_timerx_never_touches_fault_windows(make_host):
    host = make_host().boot().unlock()
    host.ok("TEST TIMERX 600")
    host.ok("LVL 3")
    host.run(0.7)
    host.send(host.framed("TEST TACH OFF"))
    start = host.kernel.now_ns
    assert host.off_after(start, 0.05, 1.3) > 0.7
