"""Production spread and the defect catalogue (vs1.md sections 6 and 8)."""

import dataclasses
import math

import numpy as np
import pytest

from rig.product import load_product
from rig.twin.unit import ntc
from rig.twin.unit.defects import CATALOGUE, afflict
from rig.twin.unit.spread import Truth, draw

SERIAL = "VS1-2026-000001"


def test_same_seed_same_unit():
    assert draw(4) == draw(4)
    assert draw(4) != draw(5)


def test_spread_is_the_design():
    lot = [draw(seed) for seed in range(150)]
    expected = {  # nominal, share
        "winding_ohm": (1.10, 0.04),
        "torque_constant": (0.0115, 0.03),
        "inertia": (6.0e-6, 0.03),
        "viscous_torque": (1.2e-6, 0.15),
        "bearing_torque_per_newton": (0.16e-3, 0.12),
        "unbalance_kg_m": (154e-6, 0.02),
        "moving_mass_kg": (0.62, 0.02),
        "placement": (1.0, 0.025),
        "plate_joule_per_kelvin": (14.0, 0.04),
        "heater_factor": (1.0, 0.02),
        "clock": (1.0, 0.004),
        "boot_seconds": (1.1, 0.04),
    }
    for name, (nominal, share) in expected.items():
        values = np.array([getattr(truth, name) for truth in lot])
        assert values.mean() == pytest.approx(nominal, rel=4 * share / math.sqrt(150)), name
        assert values.std() == pytest.approx(nominal * share, rel=0.25), name
    assert max(truth.boot_seconds for truth in lot) < 1.5
    standby = np.log([truth.standby_amperes / 18e-6 for truth in lot])
    assert standby.std() == pytest.approx(0.20, rel=0.2)
    assert all(56.0 < truth.comparator_celsius < 60.0 for truth in lot)


def test_severity_0_is_healthy_and_others_are_untouched():
    healthy = draw(3)
    for name in CATALOGUE:
        assert afflict(healthy, {name: 0.0}, 3, SERIAL) == healthy
        sick = afflict(healthy, {name: 1.0}, 3, SERIAL)
        changed = {
            field.name
            for field in dataclasses.fields(Truth)
            if getattr(sick, field.name) != getattr(healthy, field.name)
        }
        if CATALOGUE[name].where == "unit":
            assert 1 <= len(changed) <= 2, f"{name} changed {changed}"
        else:
            assert not changed, f"{name} is the rig's"


def test_severity_scales():
    healthy = draw(3)
    half = afflict(healthy, {"magnet_weak": 0.5}, 3, SERIAL)
    assert half.torque_constant / healthy.torque_constant == pytest.approx(0.9)
    twice = afflict(healthy, {"magnet_weak": 2.0}, 3, SERIAL)
    assert twice.torque_constant / healthy.torque_constant == pytest.approx(0.6)


def test_yes_or_no_defects_show_their_share_of_time():
    healthy = draw(1)
    shown = sum(afflict(healthy, {"motor_reversed": 0.4}, seed, SERIAL).rotation == -1 for seed in range(200))
    assert shown == pytest.approx(80, abs=25)


def test_unknown_defect_is_refused():
    with pytest.raises(KeyError):
        afflict(draw(1), {"rust": 1.0}, 1, SERIAL)


def test_catalogue_names_measurements_of_the_product():
    known = set(load_product().measurements)
    for defect in CATALOGUE.values():
        if defect.where == "unit" and defect.kind != "invisible":
            assert defect.caught_by, defect.id
            assert set(defect.caught_by) <= known, defect.id


def test_catalogue_is_complete():
    kinds = {kind: sorted(d.id for d in CATALOGUE.values() if d.kind == kind) for kind in ("sampled", "line", "rig")}
    assert kinds["sampled"] == ["ntc_wrong_beta", "paste_missing"]
    assert kinds["line"] == ["accelerometer_gain", "nest_hard"]
    assert len(kinds["rig"]) == 6
    assert len(CATALOGUE) == 11 + 10 + 2 + 2 + 10 + 13 + 8 + 10


# ---- each defect where it must show


@pytest.fixture
def sick(make_nominal):
    return lambda name, severity=1.0, **more: make_nominal(defects={name: severity}, **more)


def running(host, level=3):
    host.boot().ok(f"LVL {level}")
    host.run(1.5)
    return host


def spectrum(host, seconds=1.0):
    start = host.kernel.now_ns - round(seconds * 1e9)
    record = host.unit.acceleration("x").samples(start, 20e3, int(seconds * 20e3))
    window = np.hanning(len(record))
    return np.fft.rfftfreq(len(record), 5e-5), np.abs(np.fft.rfft(record * window)) ** 2 / (window**2).sum() / 1e4


def line(host, order):
    hertz, power = spectrum(host, 2.0)
    first = host.unit._board.motor.omega / math.tau
    return math.sqrt(power[abs(hertz - order * first) < 2.0].sum())


def test_magnet_and_winding_hide_from_the_closed_loop(sick, make_nominal):
    good = running(make_nominal()).amperes(0.5)
    assert running(sick("winding_high_r")).amperes(0.5) == pytest.approx(good, rel=0.08)
    fast = running(sick("magnet_weak")).unit._board.motor
    assert fast.omega == pytest.approx(314.16, rel=1e-3)
    assert fast.duty < 0.52


def open_loop(host):
    host.boot().unlock()
    host.ok("TEST DUTY M 0.3 1500")
    host.run(1.4)
    slow = host.unit._board.motor.omega
    host.ok("TEST DUTY M 0.6 1500")
    host.run(1.4)
    return host.unit._board.motor.omega - slow


def test_magnet_shows_in_two_open_loop_duties(sick, make_nominal):
    assert open_loop(sick("magnet_weak")) > 1.05 * open_loop(make_nominal())


def test_shorted_turn_ripple(sick, make_nominal):
    ripples = []
    for host in (make_nominal(), sick("winding_shorted_turn")):
        running(host)
        start = host.kernel.now_ns - 1_000_000_000
        record = host.unit.battery_amperes.samples(start, 10e3, 10_000) - 9e-3
        window = np.hanning(len(record))
        power = np.abs(np.fft.rfft(record * window))
        ripples.append(power[45:56].max() / power[0])
    assert ripples[0] * 2 == pytest.approx(0.03, rel=0.2)
    assert ripples[1] * 2 == pytest.approx(0.15, rel=0.2)


def test_vibration_defects(sick, make_nominal):
    good = running(make_nominal())

    def band(host):
        hertz, power = spectrum(host)
        return math.sqrt(power[(hertz > 1000) & (hertz < 8000)].sum())

    dry = running(sick("bearing_dry"))
    assert band(dry) / band(good) == pytest.approx(3.0, rel=0.2)
    assert line(running(sick("eccentric_missing")), 1) < 0.05 * line(good, 1)
    assert line(running(sick("eccentric_light")), 1) / line(good, 1) == pytest.approx(0.72, rel=0.02)
    loose = running(sick("pad_loose"))
    for order in (0.5, 2, 3):
        assert line(loose, order) / line(loose, 1) == pytest.approx(0.25, rel=0.05)


def test_tach_defects(sick):
    reversed_motor = running(sick("motor_reversed"))
    assert float(reversed_motor.ok("READ?")["rpm"]) == pytest.approx(-3000, abs=10)
    two_pole = running(sick("tach_two_pole"))
    assert float(two_pole.ok("READ?")["rpm"]) == pytest.approx(3000, abs=10)
    assert two_pole.unit._board.motor.omega == pytest.approx(314.16 / 2, rel=0.01)
    missing = running(sick("tach_missing"))
    assert missing.ok("FAULT?")["code"] == "F10"


def test_tight_bearing(sick, make_nominal):
    good, tight = running(make_nominal()), running(sick("bearing_tight"))
    assert tight.amperes(0.5) > 1.6 * good.amperes(0.5)


@pytest.mark.parametrize(
    ("name", "ohm"),
    [("heater_partial_short", 5.1), ("heater_wrong", 8.2), ("pad_contact_resistive", 7.8), ("wrong_pad", 5.6)],
)
def test_heater_resistance_defects(sick, name, ohm):
    host = sick(name).boot().unlock()
    awake = host.amperes()
    host.ok("TEST DUTY H 1 2000")
    assert 7.4 / (host.amperes(0.2) - awake) - 0.11 == pytest.approx(ohm, rel=0.01)


def test_resistive_contact_flutters_at_level_5(sick):
    host = running(sick("pad_contact_resistive"), 5).unlock()
    motor = host.amperes(0.5)
    host.ok("TEST DUTY H 1 3000")
    host.run(1.1)
    record = host.unit.battery_amperes.samples(host.kernel.now_ns - 1_000_000_000, 10e3, 10_000)
    heater = record.mean() - motor
    power = np.abs(np.fft.rfft((record - record.mean()) * np.hanning(len(record)))) * 4 / len(record)
    assert power[60:73].max() > 0.025 * heater


def test_sensor_defects(sick):
    drifted = sick("ntc_drifted").boot().ok("READ?")
    assert float(drifted["ntc2"]) - float(drifted["ntc1"]) == pytest.approx(1.74, abs=0.1)
    for name, code in (("ntc_open", "F03"), ("ntc_short", "F04")):
        assert sick(name).boot().ok("FAULT?")["code"] == code

    def rise(name):
        host = sick(name).boot().unlock()
        before = float(host.ok("READ?")["ntc1"])
        host.ok("TEST DUTY H 1 8500")
        host.run(8.0)
        return float(host.ok("READ?")["ntc1"]) - before

    assert rise("bimetal_missing") == pytest.approx(3.04, abs=0.08)
    assert rise("ntc_detached") == pytest.approx(1.52, abs=0.08)
    assert rise("ntc_swapped") < 0.2
    assert rise("ntc_wrong_beta") > 3.3


def test_missing_paste_shows_in_a_soak(sick):
    host = sick("paste_missing").boot()
    host.ok("HEAT HIGH")
    host.run(300.0)
    assert host.unit.celsius("plate") - host.unit.celsius("face") > 4.5


def test_thresholds(sick):
    host = sick("overtemp_threshold_high").boot().unlock()
    host.ok(f"TEST ADC NTC1 {ntc.counts_at(60.0):.0f} 300")
    host.run(0.35)
    assert host.ok("FAULT?")["code"] == "NONE"
    host.ok(f"TEST ADC NTC1 {ntc.counts_at(62.5):.0f} 300")
    host.run(0.3)
    assert host.ok("FAULT?")["code"] == "F01"
    host = sick("comparator_wrong").boot().unlock()
    host.ok("TEST DUTY H 1 5000")
    host.ok("TEST MASK BOTH 5000")
    host.unit.set_ntc_line(2, ntc.ohm_at(65.0))
    assert host.amperes(0.2) > 0.8
    host.unit.set_ntc_line(2, ntc.ohm_at(67.0))
    host.run(0.02)
    assert host.amperes(0.1) < 0.05


def stall(host, seconds=12.0):
    running(host)
    start = host.kernel.now_ns
    host.unit.set_brake(True)
    host.run(seconds)
    record = host.unit.battery_amperes.samples(start, 1e3, int(seconds * 1e3))
    return record > 1.0


def test_stall_defects(sick, make_nominal):
    def pushes(on):
        return int((~on[:-1] & on[1:]).sum()) + int(on[0])

    assert pushes(stall(make_nominal())) == 2
    for name in ("stall_cutoff_slow", "stall_cutoff_absent"):
        host = sick(name)
        on = stall(host)
        # a held shaft gives no edge either: after 1 s F10 ends what F09 should have
        assert (~on[100:]).argmax() * 1e-3 + 0.1 == pytest.approx(1.03, abs=0.06)
        assert host.ok("FAULT?")["code"] == "F10"
    assert pushes(stall(sick("retry_unbounded"))) >= 4


def auto_off(host):
    host.boot().unlock()
    host.ok("TEST TIMERX 600")
    host.ok("LVL 1")
    start = host.seconds
    while host.state() == "MASSAGE" and host.seconds - start < 4.0:
        host.run(0.005)
    return (host.seconds - start) * 600


def test_auto_off_defects(sick, make_nominal):
    assert auto_off(make_nominal()) == pytest.approx(900, rel=0.02)
    assert auto_off(sick("autooff_double")) == pytest.approx(1800, rel=0.02)
    assert auto_off(sick("autooff_absent")) > 2400


def test_fault_not_latched(sick):
    host = sick("fault_not_latched").boot().unlock()
    host.ok("TEST ADC NTC1 1000 300")
    host.run(0.3)
    assert host.state() == "FAULT"
    host.unit.connect_battery(None)
    host.run(1.0)
    host.boot()
    assert host.state() == "IDLE"


def test_stuck_heater_fet_leaks_and_f20_sees_it(sick):
    host = sick("heater_fet_stuck").boot().unlock()
    awake = host.amperes()
    start = host.kernel.now_ns
    host.ok("TEST DUTY H 0 2000")
    host.run(0.1)
    assert host.amperes(0.05) - awake == pytest.approx(0.3 * 7.4 / 6.91, rel=0.02)
    assert 0.2 <= host.off_after(start, 0.2, 0.4) <= 0.32
    assert host.ok("FAULT?")["code"] == "F20"


def test_cutoff_not_wired(sick):
    host = sick("cutoff_not_wired").boot().unlock()
    host.ok("TEST DUTY H 1 5000")
    for sensor in (1, 2):
        host.unit.set_ntc_line(sensor, ntc.ohm_at(56.0))
    assert host.amperes(1.0) > 0.8
    host.ok(f"TEST ADC NTC1 {ntc.counts_at(56.0):.0f} 300")
    host.run(0.3)
    assert host.ok("FAULT?")["code"] == "F01"


def test_identity_defects(sick):
    assert sick("wrong_firmware").boot().ok("ID?")["fw"] == "1.3.9"
    build = sick("test_build_shipped").boot()
    assert build.ok("ID?")["build"] == "test"
    assert build.ok("STAT?")["test"] == "1"
    assert sick("calibration_missing").boot().ok("FAULT?")["code"] == "F15"
    assert sick("serial_blank").boot().ok("ID?")["sn"] == "NONE"
    assert sick("serial_differs").boot().ok("ID?")["sn"] == "VS1-2026-000002"


def test_calibration_ends_f15(sick):
    host = sick("calibration_missing").boot().unlock()
    assert host.ask("HEAT LOW") == "ERR 8 FAULT"
    for key, value in (("ntc1", "0.1"), ("ntc2", "0.1"), ("rpm", "1.0"), ("i", "1.0"), ("date", "2026-11-22")):
        host.ok(f"EE cal_{key} {value}")
    host.ok("EE COMMIT", 0.5)
    assert host.ok("FAULT?")["code"] == "NONE"
    assert host.ask("HEAT LOW") == "OK"


def test_board_defects(sick):
    host = sick("standby_high").boot()
    host.ok("SLEEP")
    host.run(2.0)
    assert host.amperes() == pytest.approx(250e-6, rel=0.01)
    table = running(sick("level_table_wrong"), 4)
    assert table.unit._board.motor.omega / math.tau == pytest.approx(66.7, abs=0.1)
    shunt = running(sick("shunt_wrong"))
    assert float(shunt.ok("READ?")["i_m"]) == pytest.approx(1.1 * 0.436, abs=0.015)


class Rail:
    def volts(self, amperes):
        return 5.0


def test_charger_defects(sick):
    host = sick("charger_no_lockout").boot()
    host.unit.connect_charger(Rail())
    host.run(0.3)
    assert host.ask("LVL 1") == "OK"
    host = sick("charger_out_of_spec").boot()
    host.unit.connect_charger(Rail())
    host.run(0.3)
    assert host.amperes() == pytest.approx(9e-3 - 1.25, abs=0.005)


def test_intermittent_contact_only_while_wiggled(sick):
    host = sick("contact_intermittent").boot().unlock()
    host.ok("TEST DUTY H 1 9000")
    host.run(1.0)
    host.unit.set_wiggle(True)
    host.run(2.0)
    host.unit.set_wiggle(False)
    host.run(1.0)
    record = host.unit.battery_amperes.samples(host.kernel.now_ns - 4_000_000_000, 10e3, 40_000)
    open_ = record < 0.5
    assert not open_[:9900].any()
    assert not open_[30_100:].any()
    starts = (~open_[:-1] & open_[1:]).nonzero()[0]
    ends = (open_[:-1] & ~open_[1:]).nonzero()[0]
    assert len(starts) >= 4
    lengths = (ends - starts) / 10e3
    assert lengths.min() >= 0.0009
    assert lengths.max() <= 0.0205
    assert host.state() == "HEAT"


def test_chattering_button(sick, make_nominal):
    for host, presses in ((make_nominal(), 1), (sick("button_chatter"), 2)):
        host.boot()
        host.unit.press(2, True)
        host.run(0.2)
        host.unit.press(2, False)
        host.run(0.3)
        assert len(host.events("BTN")) == presses
