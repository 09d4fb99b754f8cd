"""The motor's figures in vs1.md sections 1 and 6, and the level table."""

import math

import numpy as np
import pytest

from rig.twin.unit.motor import Motor

LEVELS = {  # Hz, winding A free, at 30 N, duty, battery A, g rms
    1: (33.3, 0.31, 0.70, 0.38, 0.12, 0.80),
    2: (41.7, 0.37, 0.76, 0.47, 0.17, 1.27),
    3: (50.0, 0.44, 0.83, 0.56, 0.25, 1.86),
    4: (58.3, 0.52, 0.91, 0.66, 0.34, 2.59),
    5: (66.7, 0.61, 1.00, 0.75, 0.46, 3.46),
}


def rms(host, seconds=0.6):
    start = host.kernel.now_ns - round(seconds * 1e9)
    record = host.unit.acceleration("x").samples(start, 10e3, int(seconds * 10e3))
    rate = np.fft.rfftfreq(len(record), 1e-4)
    spectrum = np.abs(np.fft.rfft(record * np.hanning(len(record)))) ** 2
    # the rotation's line alone, by the power in its Hann lobe
    peak = rate[spectrum.argmax()]
    lobe = abs(rate - peak) <= 4.0 / seconds
    return math.sqrt(2.0 * spectrum[lobe].sum() / len(record) / (np.hanning(len(record)) ** 2).sum()), peak


@pytest.mark.parametrize("level", LEVELS)
def test_level_table(make_nominal, level):
    hz, free, pressed, duty, battery, strength = LEVELS[level]
    host = make_nominal().boot()
    awake = host.amperes()
    host.ok(f"LVL {level}")
    host.run(1.0)
    amperes = host.amperes(0.5) - awake
    reading = host.ok("READ?")
    assert float(reading["rpm"]) / 60.0 == pytest.approx(hz, abs=0.06)
    assert float(reading["i_m"]) == pytest.approx(free, abs=0.015)
    assert float(reading["duty_m"]) == pytest.approx(duty, abs=0.006)
    assert amperes == pytest.approx(battery, abs=0.007)
    assert rms(host)[0] == pytest.approx(strength, rel=0.01)
    host.unit.set_environment(contact_newtons=30.0)
    host.run(1.0)
    assert float(host.ok("READ?")["i_m"]) == pytest.approx(pressed, abs=0.015)


def test_contact_force_lowers_strength(make_nominal):
    host = make_nominal().boot()
    host.ok("LVL 3")
    host.run(1.5)
    free = rms(host)[0]
    host.unit.set_environment(contact_newtons=30.0)
    host.run(1.5)
    assert rms(host)[0] / free == pytest.approx(0.77, abs=0.01)


@pytest.fixture
def truth(make_nominal):
    return make_nominal().unit.truth


def spun(truth, volts, seconds=3.0, brake=False):
    motor = Motor(truth)
    motor.volts = volts
    motor.brake = brake
    motor.drive(1.0)
    for step in range(1, int(seconds * 1000) + 1):
        motor.advance(step * 1_000_000)
    return motor


def test_no_load_speed_with_and_without_eccentric(truth):
    import dataclasses

    assert spun(truth, 7.4).omega * 60 / math.tau == pytest.approx(5220, abs=15)
    bare = dataclasses.replace(truth, unbalance_kg_m=0.0)
    assert spun(bare, 7.4).omega * 60 / math.tau == pytest.approx(5880, abs=15)


def test_stalled_current_is_held_at_the_cycle_limit(truth):
    motor = spun(truth, 7.4, 0.1, brake=True)
    assert 7.4 / motor.resistance == pytest.approx(5.92, abs=0.02)
    assert motor.amperes == 3.0
    assert motor.omega == 0.0


def test_coast_down(make_nominal):
    host = make_nominal().boot().unlock()
    host.ok("LVL 5")
    host.run(1.5)
    coast = host.ok("TEST COAST?", 2.0)
    assert float(coast["coast_ms"]) == pytest.approx(256, abs=2)
    assert float(coast["start_rpm"]) == pytest.approx(4000, abs=10)
    assert host.state() == "IDLE"


def test_pulse_on_the_resting_motor_shows_winding_and_inductance(make_nominal):
    host = make_nominal().boot().unlock()
    awake = host.amperes()
    start = host.kernel.now_ns
    host.ok("TEST DUTY M 0.25 40")
    host.run(0.06)
    rate = 100e3
    supplied = host.unit.battery_amperes.samples(start, rate, 4000) - awake
    first = int((supplied > 0.01).argmax())
    winding = supplied[first:] / 0.25
    # back electromotive force grows in a straight line at first: look back to the pulse's start
    late = np.arange(250, 800)
    slope, offset = np.polyfit(late / rate, winding[late], 1)
    assert 0.25 * 7.4 / offset == pytest.approx(1.25, rel=0.04)
    tau = (winding > 0.632 * offset).argmax() / rate
    assert tau == pytest.approx(0.55e-3 / 1.25, rel=0.25)
    assert slope < 0


@pytest.mark.parametrize("level", [1, 3, 5])
def test_soft_start(make_nominal, level):
    host = make_nominal().boot()
    host.ok(f"LVL {level}")
    host.run(0.8)
    start = host.kernel.now_ns - 800_000_000
    now = host.kernel.now_ns
    starts, rows = host.unit._board.motor.pieces.window(start, now)
    target = host.unit.truth.level_rpm[level] / 60 * math.tau
    assert 0.24 <= starts[(rows[:, 0] >= 0.95 * target).argmax()] <= 0.36
    assert rows[:, 0].max() < 1.03 * target


def test_level_5_droops_at_low_battery_and_high_force(make_nominal):
    host = make_nominal().boot(volts=6.05)
    host.ok("LVL 5")
    host.unit.set_environment(contact_newtons=20.0)
    host.run(1.5)
    assert float(host.ok("READ?")["rpm"]) == pytest.approx(4000, abs=8)
    host.unit.set_environment(contact_newtons=40.0)
    host.run(1.5)
    assert float(host.ok("READ?")["rpm"]) < 3920


def test_mechanical_time_constant(truth):
    resistance = truth.winding_ohm + truth.driver_ohm
    assert truth.inertia * resistance / truth.torque_constant**2 == pytest.approx(0.057, abs=0.001)
