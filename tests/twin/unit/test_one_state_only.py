"""Defects that show in one state, on one line or after one event only (vs1.md section 10)."""

import math

import pytest

from rig.twin.unit import ntc
from tests.twin.unit.conftest import Host

HOT_OHM = ntc.ohm_at(53.5)
HEATING = 0.5  # A: more than the motor alone takes at level 3


class Rail:
    def volts(self, _amperes: float) -> float:
        return 5.0


@pytest.fixture
def sick(make_nominal):
    return lambda name=None: make_nominal(defects={name: 1.0} if name else {})


def heats(host: Host) -> bool:
    return host.amperes(0.1) > HEATING


def using(host: Host) -> Host:
    """Massage at level 3 with heat, as in the hand."""
    host.boot().ok("LVL 3")
    host.ok("HEAT HIGH")
    host.run(0.5)
    assert heats(host)
    return host


@pytest.mark.parametrize(
    ("defect", "second", "fourth"),
    [(None, 3.0, 0.0), ("ntc2_detached", 1.5, 0.0), ("ntc2_swapped", 0.0, 3.0)],
)
def test_the_second_sensor_of_a_pad_that_heats(sick, defect, second, fourth):
    host = sick(defect).boot().unlock()
    before = host.ok("READ?")
    host.ok("TEST DUTY H 1 8500")
    host.run(8.0)
    after = host.ok("READ?")
    rises = [float(after[f"ntc{sensor}"]) - float(before[f"ntc{sensor}"]) for sensor in (1, 2, 4)]
    assert rises == pytest.approx([3.0, second, fourth], abs=0.2)


@pytest.mark.parametrize("driven", ["HEAT HIGH", "TEST DUTY H 1 5000"])
@pytest.mark.parametrize("line", [1, 2])
@pytest.mark.parametrize("defect", [None, "ntc2_line_ignored"])
def test_a_hot_line_alone_ends_the_heat(sick, defect, line, driven):
    host = sick(defect).boot().unlock()
    host.ok(driven)
    host.run(0.2)
    host.unit.set_ntc_line(line, HOT_OHM)
    host.run(0.4)
    # a hot control sensor takes the closed loop's duty to 0 by itself, which proves nothing
    ignored = defect is not None and line == 2
    assert heats(host) is ignored
    assert ("F01" in host.ok("FAULT?")["all"]) is not ignored


@pytest.mark.parametrize(("line", "ohm", "code"), [(2, HOT_OHM, "F01"), (1, math.inf, "F03"), (2, 0.0, "F04")])
@pytest.mark.parametrize("defect", [None, "cutoff_open_loop_only"])
def test_a_cut_off_in_use(sick, defect, line, ohm, code):
    host = using(sick(defect))
    host.unit.set_ntc_line(line, ohm)
    host.run(0.5)
    assert code in host.ok("FAULT?")["all"]
    # a short looks hot to the comparator, which no firmware can ignore
    assert heats(host) is (defect is not None and code != "F04")


def test_the_defect_in_use_doesn_t_show_in_open_loop(sick):
    host = sick("cutoff_open_loop_only").boot().unlock()
    host.ok("TEST DUTY H 1 5000")
    host.unit.set_ntc_line(1, math.inf)
    host.run(0.5)
    assert not heats(host)


@pytest.mark.parametrize(("defect", "sign"), [(None, 1.0), ("calibration_sign", -1.0)])
def test_a_stored_offset_moves_the_reading(sick, defect, sign):
    host = sick(defect).boot().unlock()
    host.ok("EE cal_ntc1 2.0")
    host.ok("EE cal_ntc2 1.0")
    host.ok("EE COMMIT", 0.5)
    host.run(0.1)
    readings = host.ok("READ?")
    moved = [float(readings[f"ntc{sensor}"]) - ntc.celsius_of(float(readings[f"adc{sensor}"])) for sensor in (1, 2)]
    assert moved == pytest.approx([2.0 * sign, 1.0 * sign], abs=0.01)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("defect", [None, "cutoff_lost_at_commit"])
def test_cut_offs_after_a_commit(sick, defect, restarted):
    host = sick(defect).boot().unlock()
    host.ok("TEST DUTY H 1 5000")
    host.unit.set_ntc_line(1, math.inf)
    host.run(0.5)
    assert not heats(host), "it shows before any commit"
    host.unit.set_ntc_line(1, None)
    host.run(0.2)
    host.ok("FAULT CLEAR")
    host.ok("EE cal_date 2026-11-28")
    host.ok("EE COMMIT", 0.5)
    if restarted:
        host.ok("RESET")
        host.run(1.5)
        host.unlock()
    host.ok("TEST DUTY H 1 5000")
    host.unit.set_ntc_line(1, math.inf)
    host.run(0.5)
    assert heats(host) is (defect is not None)


@pytest.mark.parametrize("defect", [None, "charger_ignored_while_running"])
def test_a_charger_at_a_running_unit(sick, defect):
    host = using(sick(defect))
    host.unit.connect_charger(Rail())
    host.run(1.0)
    assert host.unit.vibrating is (defect is not None)
    charging = 1.0
    assert host.amperes(0.1) + charging == pytest.approx(0.009 if defect is None else 1.33, abs=0.05)


def test_a_charger_that_a_running_unit_ignores_stops_one_at_rest(sick):
    host = sick("charger_ignored_while_running").boot()
    host.unit.connect_charger(Rail())
    host.run(0.3)
    assert host.ask("LVL 1") == "ERR 5 STATE"
    host.run(0.5)
    assert not host.unit.vibrating


@pytest.mark.parametrize("defect", [None, "lockout_lies"])
def test_what_a_charging_unit_refuses(sick, defect):
    host = sick(defect).boot()
    host.unit.connect_charger(Rail())
    host.run(0.3)
    assert host.ask("LVL 1") == "ERR 5 STATE"
    assert host.ask("HEAT LOW") == "ERR 5 STATE"
    host.run(0.5)
    assert host.state() == "CHARGING"
    assert host.unit.vibrating is (defect is not None)
    assert host.amperes(0.1) + 1.0 == pytest.approx(0.009 if defect is None else 1.2, abs=0.05)


@pytest.mark.parametrize("defect", [None, "heat_key_dead"])
def test_the_heat_key(sick, defect):
    host = sick(defect).boot()
    host.unit.press(3, True)
    host.run(0.15)
    host.unit.press(3, False)
    host.run(0.3)
    assert len(host.events("BTN")) == (defect is None)
    assert heats(host) is (defect is None)


@pytest.mark.parametrize("defect", [None, "lock_missing"])
def test_the_lock(sick, defect):
    host = sick(defect).boot().unlock()
    host.ok("EE lock 1")
    host.ok("EE COMMIT", 0.5)
    assert host.ask("TEST TIMERX 600") == ("ERR 6 LOCKED" if defect is None else "OK")
