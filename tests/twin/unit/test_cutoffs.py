"""Each cut-off's reaction on the current, its class and its clearing (vs1.md section 4)."""

import itertools
import math

import pytest

from rig.twin.unit import ntc

HOT_OHM = ntc.ohm_at(55.0)


def heating(make, **options):
    host = make(**options).boot().unlock()
    host.ok("TEST DUTY H 1 20000")
    host.run(0.3)
    return host


def cleared(host):
    host.run(0.2)
    host.ok("FAULT CLEAR")
    assert host.ok("FAULT?")["code"] == "NONE"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("ohm", "sensors", "code", "low", "high"),
    [
        (HOT_OHM, (1, 2), "F01", 0.10, 0.16),
        (math.inf, (1,), "F03", 0.20, 0.26),
        (0.0, (1,), "F04", 0.20, 0.26),
        (ntc.ohm_at(32.0), (1,), "F05", 2.95, 3.2),
    ],
)
def test_sensor_line_cutoffs(make_host, seed, ohm, sensors, code, low, high):
    host = heating(make_host, seed=seed)
    host.run(0.013 * seed)
    start = host.kernel.now_ns
    for sensor in sensors:
        host.unit.set_ntc_line(sensor, ohm)
    assert low <= host.off_after(start, 0.2, 3.6 if code == "F05" else 0.6) <= high
    assert host.ok("FAULT?") | {"t_ms": "", "count": ""} == {
        "code": code,
        "latched": "1",
        "count": "",
        "t_ms": "",
        "all": code,
    }
    assert host.state() == "FAULT"
    assert host.ask("FAULT CLEAR") == "ERR 8 FAULT", "the condition is still there"
    for sensor in sensors:
        host.unit.set_ntc_line(sensor, None)
    cleared(host)


def test_comparator_is_fast_and_doesnt_need_the_firmware(make_host):
    host = heating(make_host)
    host.ok("TEST MASK BOTH 10000")
    threshold = host.unit.truth.comparator_celsius
    host.unit.set_ntc_line(2, ntc.ohm_at(threshold - 1.0))
    assert host.amperes(0.5) > 0.8, "below its threshold"
    start = host.kernel.now_ns
    host.unit.set_ntc_line(2, ntc.ohm_at(threshold + 1.0))
    assert 0.0005 < host.off_after(start, 0.2, 0.2) < 0.010
    assert host.ok("FAULT?")["code"] == "F02"
    host.unit.set_ntc_line(2, None)
    cleared(host)


def test_masks_end_by_themselves(make_host):
    host = heating(make_host)
    host.ok("TEST MASK F01 500")
    for sensor in (1, 2):
        host.unit.set_ntc_line(sensor, HOT_OHM)
    assert host.amperes(0.3) > 0.8
    host.run(0.5)
    assert host.ok("FAULT?")["code"] == "F01"


def test_short_dip_of_a_sensor_line_does_nothing(make_host):
    host = heating(make_host)
    host.unit.set_ntc_line(1, math.inf)
    host.run(0.14)
    host.unit.set_ntc_line(1, None)
    host.run(0.5)
    assert host.ok("FAULT?")["code"] == "NONE"


def test_injected_threshold_is_52_celsius(make_host):
    host = make_host().boot().unlock()
    for celsius in (50.0, 51.5):
        host.ok(f"TEST ADC NTC1 {ntc.counts_at(celsius):.0f} 190")
        host.run(0.2)
        assert host.ok("FAULT?")["code"] == "NONE"
    host.ok(f"TEST ADC NTC1 {ntc.counts_at(52.3):.0f} 190")
    host.run(0.2)
    assert host.ok("FAULT?")["code"] == "F01"


def test_real_stall_is_retried_once_then_latched(make_host):
    host = make_host().boot().unlock()
    host.ok("LVL 3")
    host.run(1.5)
    start = host.kernel.now_ns
    host.unit.set_brake(True)
    host.run(5.0)
    samples = host.unit.battery_amperes.samples(start, 10e3, 50_000)
    edges = [int(index) for index in ((samples[:-1] > 0.05) != (samples[1:] > 0.05)).nonzero()[0]]
    # flicker around the threshold while the retry ramps up counts as one start
    marks = [edges[0]] + [edge for before, edge in itertools.pairwise(edges) if edge - before > 500]
    first, again, last = marks[0] / 1e4, marks[1] / 1e4, marks[-1] / 1e4
    assert 0.3 < first <= 0.5
    assert 1.95 < again - first < 2.2
    assert last < 3.6
    assert len([1 for a, b in itertools.pairwise(marks) if b - a > 5000]) <= 2
    assert samples[int(last * 1e4) + 20 :].max() < 0.05
    assert host.ok("FAULT?")["code"] == "F09"
    # 3 A in the winding at half the voltage
    assert samples[1000 : int(first * 1e4) - 20].mean() == pytest.approx(3.0 * 3.0 * 1.25 / 7.4, rel=0.1)
    host.unit.set_brake(False)
    cleared(host)
    host.ok("LVL 3")


@pytest.mark.parametrize("level", [1, 3, 5])
def test_held_shaft_never_draws_three_amperes_from_the_battery(make_host, level):
    host = make_host().boot()
    host.ok(f"LVL {level}")
    host.run(1.0)
    start = host.kernel.now_ns
    host.unit.set_brake(True)
    host.run(4.0)
    record = host.unit.battery_amperes.samples(start, 10e3, 40_000)
    assert 1.0 < record.max() < 2.5
    assert host.ok("FAULT?")["code"] == "F09"


def test_stall_that_frees_itself_runs_on(make_host):
    host = make_host().boot().unlock()
    host.ok("LVL 3")
    host.run(1.5)
    host.unit.set_brake(True)
    host.run(1.0)
    host.unit.set_brake(False)
    host.run(3.5)
    assert float(host.ok("READ?")["rpm"]) == pytest.approx(3000, abs=20)
    assert host.ok("FAULT?")["code"] == "NONE"
    assert any("STALL_RETRY" in event for event in host.events("LOG"))


def test_lost_tach_stops_the_motor(make_host):
    host = make_host().boot().unlock()
    host.ok("LVL 3")
    host.run(1.5)
    host.send(host.framed("TEST TACH OFF"))
    start = host.kernel.now_ns
    assert 1.0 <= host.off_after(start, 0.05, 1.5) <= 1.12
    assert host.ok("FAULT?")["code"] == "F10"


INJECTED = [  # channel, counts, what runs, code, latched, seconds
    ("IM", 3100, "LVL 3", "F11", "1", 0.12),
    ("IH", 2500, "TEST DUTY H 1 5000", "F08", "1", 0.16),
    ("IH", 300, "TEST DUTY H 1 5000", "F07", "0", 0.40),
    ("IH", 500, None, "F20", "1", 0.32),
    ("IM", 500, None, "F20", "1", 0.32),
    ("VBAT", 2380, "LVL 3", "F13", "0", 1.12),
    ("ID", 1000, "LVL 3", "F14", "0", 0.46),
    ("ID", 30, "LVL 3", "F14", "0", 0.46),
    ("NTC4", round(ntc.counts_at(62.0)), "LVL 3", "F18", "0", 0.12),
    ("NTC3", round(ntc.counts_at(88.0)), "LVL 3", "F12", "0", 0.12),
    ("NTC2", 4050, "LVL 3", "F03", "1", 0.32),
    ("NTC2", 60, "LVL 3", "F04", "1", 0.32),
]


@pytest.mark.parametrize(("channel", "counts", "running", "code", "latched", "seconds"), INJECTED)
def test_injected_conditions(make_host, channel, counts, running, code, latched, seconds):
    host = make_host().boot().unlock()
    if running:
        host.ok(running)
        host.run(1.0)
    host.ok(f"TEST ADC {channel} {counts} 3000")
    start = host.seconds
    while not host.events("FAULT") and host.seconds - start < 4.0:
        host.run(0.01)
    assert host.seconds - start <= seconds + 0.01
    assert host.events("FAULT")[0].endswith(f"FAULT code={code} latched={latched}")
    assert host.ok("FAULT?")["code"] == code


def test_wrong_pad_allows_level_2_and_no_heat(make_host):
    host = make_host().boot().unlock()
    host.ok("LVL 4")
    host.run(1.0)
    host.unit.fit_pad("SHORT")
    host.run(0.6)
    status = host.ok("STAT?")
    assert (status["fault"], status["level"], status["state"]) == ("F14", "2", "MASSAGE")
    assert host.ask("LVL 3") == "ERR 4 RANGE"
    assert host.ask("HEAT LOW") == "ERR 8 FAULT"
    host.unit.fit_pad("FLAT")
    host.run(0.6)
    assert host.ok("STAT?")["fault"] == "NONE"


def test_hot_motor_goes_to_level_1_then_off_and_recovers(make_host):
    host = make_host().boot().unlock()
    host.ok("LVL 4")
    host.run(1.0)
    host.ok(f"TEST ADC NTC3 {ntc.counts_at(88.0):.0f} 8000")
    host.run(1.0)
    assert host.ok("STAT?")["level"] == "1"
    host.run(6.0)
    assert host.ok("STAT?")["level"] == "0"
    assert host.ask("LVL 1") == "ERR 8 FAULT"
    host.run(2.0)
    assert host.ask("LVL 1") == "OK"


def test_low_battery_warns_then_stops_and_recovers(make_host):
    host = make_host().boot()
    host.ok("LVL 3")
    host.power(6.3)
    host.run(1.5)
    assert any("LOW_BATTERY" in event for event in host.events("LOG"))
    assert host.state() == "MASSAGE"
    host.power(5.9)
    host.run(1.3)
    assert host.state() == "LOWBATT"
    assert host.ask("LVL 1") == "ERR 8 FAULT"
    host.power(7.4)
    host.run(0.3)
    assert host.state() == "IDLE"


def test_open_heater_is_recoverable(make_host):
    host = make_host(defects={"heater_open": 1.0}).boot()
    host.ok("HEAT LOW")
    host.run(1.0)
    assert host.ok("FAULT?")["code"] == "F07"
    assert host.ask("HEAT LOW") == "ERR 8 FAULT"
    host.ok("LVL 2")
    host.ok("HEAT OFF")
    assert host.ask("HEAT LOW") == "OK"


def test_detached_sensor(make_host):
    host = make_host(defects={"ntc_detached": 2.0}).boot()  # no coupling at all
    host.ok("HEAT HIGH")
    start = host.seconds
    while host.state() == "HEAT" and host.seconds - start < 30:
        host.run(0.2)
    assert host.ok("FAULT?")["code"] in ("F05", "F06")
    assert host.seconds - start < 21.5


def test_detached_pad_of_both_sensors(make_host):
    host = make_host().boot()
    for sensor in (1, 2):
        host.unit.set_ntc_line(sensor, ntc.ohm_at(24.0))
    host.ok("HEAT HIGH")
    start = host.kernel.now_ns
    host.run(2.0)
    assert 19.85 <= host.off_after(start, 0.2, 20.0) <= 20.4  # the unit's clock is good for 0.4 %
    assert host.ok("FAULT?")["code"] == "F06"


def test_clocks_that_differ(make_host):
    host = make_host().boot().unlock()
    host.ok("LVL 1")
    host.ok("TEST CLOCK 2")
    host.run(65.0)
    assert host.ok("FAULT?")["code"] == "NONE"
    host.ok("TEST CLOCK 5")
    host.run(59.0)
    assert host.ok("FAULT?")["code"] == "NONE"
    host.run(2.0)
    assert host.ok("FAULT?")["code"] == "F19"
    assert host.amperes() < 0.02


def test_latches_survive_power_cycles_and_need_test_to_clear(make_host):
    host = make_host().boot().unlock()
    host.ok("TEST ADC NTC1 1000 300")
    host.run(0.5)
    for _ in range(2):
        host.unit.connect_battery(None)
        host.run(1.0)
        host.boot()
        assert host.ok("FAULT?")["code"] == "F01"
        assert host.state() == "FAULT"
        assert host.ask("LVL 1") == "ERR 8 FAULT"
    host.unit.press(1, True)
    host.run(3.5)
    host.unit.press(1, False)
    host.run(0.1)
    assert host.ok("FAULT?")["code"] == "F01", "the key doesn't clear a safety fault"
    assert host.ask("FAULT CLEAR") == "ERR 6 LOCKED"
    host.unlock()
    cleared(host)
    host.unit.connect_battery(None)
    host.run(1.0)
    host.boot()
    assert host.state() == "IDLE"


def test_power_key_clears_a_latched_stall(make_host):
    host = make_host().boot()
    host.ok("LVL 3")
    host.run(1.0)
    host.unit.set_brake(True)
    host.run(5.0)
    host.unit.set_brake(False)
    assert host.ok("FAULT?")["code"] == "F09"
    host.unit.press(1, True)
    host.run(3.2)
    host.unit.press(1, False)
    host.run(0.2)
    assert host.ok("FAULT?")["code"] == "NONE"
