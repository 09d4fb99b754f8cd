"""What instruments get: equal when read twice, and right in its details."""

import numpy as np
import pytest

from rig.twin.unit import ntc


def test_records_read_twice_are_equal_in_any_order(make_host):
    host = make_host().boot()
    host.ok("LVL 3")
    host.run(1.5)
    start = host.kernel.now_ns - 1_000_000_000
    signals = [host.unit.battery_amperes, host.unit.acceleration("x"), host.unit.ntc_volts(1)]
    first = [signal.samples(start, 10e3, 5000) for signal in signals]
    host.run(0.7)
    again = [signal.samples(start, 10e3, 5000) for signal in reversed(signals)]
    for before, after in zip(first, reversed(again), strict=True):
        assert np.array_equal(before, after)
    assert not np.array_equal(first[1], host.unit.acceleration("y").samples(start, 10e3, 5000))


def test_two_equal_runs_give_equal_traces(make_host):
    def trace():
        host = make_host(seed=5).boot().unlock()
        host.ok("TEST DUTY H 0.5 5000")
        host.ok("LVL 4")
        host.run(2.0)
        start = host.kernel.now_ns - 2_000_000_000
        return host.lines, host.unit.battery_amperes.samples(start, 20e3, 40_000)

    (lines, amperes), (lines_again, amperes_again) = trace(), trace()
    assert lines == lines_again
    assert np.array_equal(amperes, amperes_again)


def test_heater_pwm_is_fifty_hertz_with_its_duty(make_host):
    host = make_host().boot().unlock()
    awake = host.amperes()
    host.ok("TEST DUTY H 0.3 2000")
    host.run(1.1)
    samples = host.unit.battery_amperes.samples(host.kernel.now_ns - 1_000_000_000, 50e3, 50_000)
    on = samples > 0.5
    edges = (~on[:-1] & on[1:]).sum()
    assert edges == pytest.approx(50, abs=1)
    assert on.mean() == pytest.approx(0.3, abs=0.002)
    assert samples[~on].mean() == pytest.approx(awake, abs=0.001)
    mean = host.unit.battery_amperes.mean(host.kernel.now_ns - 1_000_000_000, host.kernel.now_ns)
    assert mean == pytest.approx(samples.mean(), rel=0.003)


def test_mean_over_one_power_line_cycle_agrees_with_the_samples(make_host):
    host = make_host().boot()
    host.ok("LVL 3")
    host.run(2.0)
    start = host.kernel.now_ns - 20_000_000
    samples = host.unit.battery_amperes.samples(start, 1e6, 20_000)
    assert host.unit.battery_amperes.mean(start, host.kernel.now_ns) == pytest.approx(samples.mean(), rel=0.002)


def test_sensor_line_steps_when_it_was_switched(make_host):
    host = make_host().boot()
    start = host.kernel.now_ns
    host.run(0.05)
    host.unit.set_ntc_line(1, 3842.0)
    host.run(0.05)
    volts = host.unit.ntc_volts(1).samples(start, 100e3, 10_000)
    step = int((np.diff(volts) < -0.1).argmax()) + 1
    assert step / 100e3 == pytest.approx(0.05, abs=2e-5)
    pull_up = 10e3 * host.unit.truth.pull_up_factor[0]
    assert volts[-100:].mean() == pytest.approx(3.3 * 3842.0 / (3842.0 + pull_up), abs=1e-4)
    own = 3.3 * ntc.share(ntc.ohm_at(23.0))
    assert volts[:100].mean() == pytest.approx(own, rel=0.02)


def test_sensor_line_open_and_short(make_host):
    host = make_host()
    host.unit.set_ntc_line(1, float("inf"))
    assert host.unit.ntc_volts(1).mean(0, 0) == pytest.approx(3.3)
    host.unit.set_ntc_line(1, 0.0)
    assert host.unit.ntc_volts(1).mean(0, 0) == pytest.approx(0.0, abs=1e-6)


def test_acceleration_has_harmonics_band_and_floor(make_host):
    host = make_host().boot()
    floor = host.unit.acceleration("x").samples(host.kernel.now_ns - 500_000_000, 20e3, 10_000)
    assert floor.std() < 0.02
    host.ok("LVL 3")
    host.run(3.0)
    record = host.unit.acceleration("x").samples(host.kernel.now_ns - 2_000_000_000, 20e3, 40_000)
    spectrum = np.abs(np.fft.rfft(record * np.hanning(len(record)))) * 4.0 / len(record)
    hertz = np.fft.rfftfreq(len(record), 1 / 20e3)
    line = hertz[spectrum.argmax()]
    assert line == pytest.approx(50.0, rel=0.012)

    def near(frequency):
        return ((spectrum[abs(hertz - frequency) < 2.0] ** 2).sum() / 1.5) ** 0.5  # a Hann line's whole lobe

    truth = host.unit.truth
    assert near(2 * line) / near(line) == pytest.approx(truth.second_harmonic, rel=0.05)
    assert near(3 * line) / near(line) == pytest.approx(truth.third_harmonic, rel=0.05)
    assert near(0.5 * line) / near(line) < 0.01
    assert near(6 * line) == pytest.approx(truth.commutation_g, rel=0.1)
    band = np.fft.rfft(record * np.hanning(len(record)))
    inside = (hertz > 1000) & (hertz < 8000)
    power = 2 * (abs(band[inside]) ** 2).sum() / len(record) / (np.hanning(len(record)) ** 2).sum()
    assert power**0.5 == pytest.approx(truth.bearing_g, rel=0.1)


def test_long_and_fast_records(make_host):
    host = make_host().boot()
    host.ok("LVL 1")
    host.run(22.0)
    assert len(host.unit.battery_amperes.samples(host.kernel.now_ns - 20_000_000_000, 10e3, 200_000)) == 200_000
    assert len(host.unit.acceleration("z").samples(host.kernel.now_ns - 200_000_000, 1e6, 200_000)) == 200_000


def test_sleeping_record_is_quiet(make_host):
    host = make_host().boot()
    host.ok("SLEEP")
    host.run(3.0)
    record = host.unit.battery_amperes.samples(host.kernel.now_ns - 500_000_000, 1e3, 500)
    assert record.mean() == pytest.approx(host.unit.truth.standby_amperes, rel=0.05)
    assert record.std() < 2e-6


def test_vibrating(make_host):
    host = make_host().boot()
    assert not host.unit.vibrating
    host.ok("LVL 1")
    host.run(0.5)
    assert host.unit.vibrating
    host.ok("STOP")
    host.run(1.0)
    assert not host.unit.vibrating
