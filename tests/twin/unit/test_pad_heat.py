"""Heat in the pad: the figures of vs1.md sections 2 and 6."""

import math

import pytest

SETPOINTS = {"LOW": (38.0, 36.2, 61.0), "MED": (41.0, 38.8, 87.0), "HIGH": (43.0, 40.6, 106.0)}


def test_time_constants(make_nominal):
    pad = make_nominal().unit._board.pad
    one, two, three, four = pad._exponential(1.0)
    trace, determinant = one + four, one * four - two * three
    root = math.sqrt(trace * trace / 4 - determinant)
    slow, fast = trace / 2 + root, trace / 2 - root
    assert -1.0 / math.log(fast) == pytest.approx(13.6, abs=0.05)
    assert -1.0 / math.log(slow) == pytest.approx(266, abs=1)


def test_rise_at_full_power(make_nominal):
    host = make_nominal().boot().unlock()
    pad = host.unit._board.pad
    host.ok("TEST DUTY H 1 9000")
    start = host.seconds - 0.005
    for seconds, plate, sensor in ((3, 1.54, 0.89), (5, 2.44, 1.78), (8, 3.63, 3.04)):
        host.run(start + seconds - host.seconds)
        assert host.unit.celsius("plate") - 23.0 == pytest.approx(plate, abs=0.015)
        assert pad.sensor - 23.0 == pytest.approx(sensor, abs=0.015)


def warm_up(host, heat, seconds):
    setpoint = SETPOINTS[heat][0]
    start = host.seconds
    host.ok(f"HEAT {heat}")
    reached, top = None, 0.0
    while host.seconds - start < seconds:
        host.run(0.5)
        plate = host.unit.celsius("plate")
        top = max(top, plate)
        if reached is None and plate >= setpoint - 1.5:
            reached = host.seconds - start
    return reached, top - setpoint


@pytest.mark.parametrize("heat", SETPOINTS)
def test_warm_up_overshoot_and_steady_face(make_nominal, heat):
    setpoint, face, seconds = SETPOINTS[heat]
    host = make_nominal().boot()
    reached, overshoot = warm_up(host, heat, 420.0)
    assert reached == pytest.approx(seconds, abs=1.5)
    assert overshoot <= 0.5
    assert host.unit.celsius("plate") == pytest.approx(setpoint, abs=0.1)
    assert host.unit.celsius("face") == pytest.approx(face, abs=0.1)
    assert host.unit.celsius("face") < host.unit.celsius("plate")


@pytest.mark.parametrize(("volts", "ambient", "seconds"), [(6.4, 23, 175), (8.4, 23, 69), (7.4, 10, 275)])
def test_warm_up_depends_on_battery_and_ambient(make_nominal, volts, ambient, seconds):
    host = make_nominal()
    host.unit.set_environment(ambient_celsius=float(ambient))
    host.boot(volts=volts)
    assert warm_up(host, "HIGH", seconds + 10)[0] == pytest.approx(seconds, rel=0.015)


@pytest.mark.parametrize(("volts", "plate", "face"), [(7.4, 65, 60), (8.4, 76, 70)])
def test_heater_stuck_on_with_bimetal_shorted(make_nominal, volts, plate, face):
    host = make_nominal(defects={"bimetal_missing": 1.0}).boot(volts=volts)
    board = host.unit._board
    host.unit._stop_firmware()
    board._too_hot = lambda _threshold: False
    board.drive_heater(True, 1.0)
    for _ in range(500):
        host.run(4.0)
        board.advance()
        board.settle()
    assert host.unit.celsius("plate") == pytest.approx(plate, abs=0.6)
    assert host.unit.celsius("face") == pytest.approx(face, abs=0.6)


def test_bimetal_and_link_open_the_heater(make_nominal):
    host = make_nominal().boot()
    board = host.unit._board
    host.unit._stop_firmware()
    board._too_hot = lambda _threshold: False
    board.drive_heater(True, 1.0)
    host.unit.set_environment(start_celsius=66.0)
    board.advance()
    host.run(0.1)
    board.advance()
    assert host.amperes() < 0.05
    host.unit.set_environment(start_celsius=23.0)
    host.run(0.1)
    board.advance()
    assert host.amperes() > 0.9
    host.unit.set_environment(start_celsius=80.0)
    host.run(0.1)
    board.advance()
    host.unit.set_environment(start_celsius=23.0)
    host.run(0.1)
    board.advance()
    assert host.amperes() < 0.05, "a thermal link never closes again"


def test_blanket_makes_the_face_warmer(make_nominal):
    host = make_nominal().boot()
    host.unit.set_environment(blanket=True)
    warm_up(host, "HIGH", 400.0)
    assert 41.5 < host.unit.celsius("face") < host.unit.celsius("plate") <= 43.5
