"""Terminals: boot, sleep, ship, brown-out, charger, dead and reversed units."""

import pytest

from rig.twin.unit.supply import operating_volts


class Limited:
    """A supply of 1.0 V with a limit of 20 mA."""

    def volts(self, amperes):
        return max(0.0, 1.0 - max(0.0, amperes - 0.020) * 200.0)


class Rail:
    """A 5 V charger rail."""

    def volts(self, amperes):
        return 5.0 - 0.08 * amperes


def test_boot_draws_little_and_ends_in_idle(make_host):
    host = make_host().power()
    assert host.amperes(0.9) == pytest.approx(9e-3, rel=0.1)
    host.run(0.6)
    assert host.state() == "IDLE"


@pytest.mark.parametrize("seed", range(5))
def test_sleep_current_settles(make_host, seed):
    host = make_host(seed=seed).boot()
    host.ok("SLEEP")
    start = host.kernel.now_ns
    host.run(0.1)
    early = host.unit.battery_amperes.mean(host.kernel.now_ns - 20_000_000, host.kernel.now_ns)
    host.run(2.0)
    late = host.amperes(0.5)
    assert late == pytest.approx(host.unit.truth.standby_amperes, rel=1e-3)
    assert 9e-6 < late < 36e-6
    assert early > late + 20e-6
    assert host.kernel.now_ns > start
    assert host.ask("STAT?") == "", "asleep"


def test_ship_current_and_only_a_charger_wakes(make_host):
    host = make_host().boot()
    host.ok("SHIP")
    host.run(2.0)
    assert host.amperes(0.5) < 3e-6
    host.unit.press(1, True)
    host.run(2.0)
    host.unit.press(1, False)
    assert host.ask("STAT?") == ""
    host.unit.connect_charger(Rail())
    host.run(1.5)
    assert host.ok("STAT?")["reset"] == "WAKE"
    assert host.state() == "CHARGING"


def test_power_key_wakes_from_sleep_after_a_second(make_host):
    host = make_host().boot()
    host.ok("SLEEP")
    host.run(1.0)
    host.unit.press(1, True)
    host.run(0.5)
    host.unit.press(1, False)
    host.run(2.0)
    assert host.ask("STAT?") == ""
    host.unit.press(1, True)
    host.run(1.2)
    host.unit.press(1, False)
    host.run(1.5)
    assert host.state() == "IDLE"


def test_idle_unit_turns_off_after_three_minutes(make_host):
    host = make_host().boot()
    host.run(177.0)
    assert host.amperes() > 5e-3
    host.run(5.0)
    assert host.amperes() < 40e-6
    assert host.events("STATE")[-1].endswith("from=IDLE to=OFF")


def test_short_loss_of_power_is_a_brown_out(make_host):
    host = make_host().boot()
    host.ok("LVL 3")
    host.unit.connect_battery(None)
    host.run(0.02)
    assert host.amperes(0.005) == 0.0
    host.power().run(1.5)
    assert host.ok("STAT?")["reset"] == "BROWN"
    assert host.state() == "IDLE"
    host.unit.connect_battery(None)
    host.run(0.5)
    host.power().run(1.5)
    assert host.ok("STAT?")["reset"] == "POWER"


def test_unpowered_unit_looks_like_twelve_kilohm(make_host):
    host = make_host()
    host.unit.connect_battery(Limited())
    assert 1.0 / host.amperes() == pytest.approx(host.unit.truth.dead_ohm, rel=0.01)
    assert host.unit.truth.dead_ohm == pytest.approx(12e3, rel=0.4)


def test_reversed_unit_is_a_diode(make_host):
    host = make_host(defects={"battery_reversed": 1.0})
    host.unit.connect_battery(Limited())
    amperes = host.amperes()
    assert amperes == pytest.approx(0.0214, abs=0.001)
    assert Limited().volts(amperes) == pytest.approx(0.7, abs=0.02)
    host.power(7.4).run(2.0)
    assert host.ask("STAT?") == ""


def test_operating_point_in_a_current_limit():
    volts = operating_volts(Limited(), 0.0, 1.0, 1.0)
    assert volts == pytest.approx(Limited().volts(volts), abs=1e-3)


def test_charging_inhibits_and_draws_its_current(make_host):
    host = make_host().boot()
    host.ok("LVL 3")
    host.run(0.5)
    host.unit.connect_charger(Rail())
    host.run(0.5)
    assert host.state() == "CHARGING"
    assert host.ask("LVL 1") == "ERR 5 STATE"
    assert host.ask("HEAT LOW") == "ERR 5 STATE"
    assert host.ask("PROG UPPER_BACK") == "ERR 5 STATE"
    into_pack = host.unit.truth.charge_amperes
    assert host.amperes() == pytest.approx(9e-3 - into_pack, abs=0.002)
    now = host.kernel.now_ns
    rail = host.unit.charger_amperes.mean(now - 100_000_000, now)
    assert rail == pytest.approx(7.4 * into_pack / 0.9 / (5.0 - 0.08 * rail), rel=0.01)
    host.unit.connect_charger(None)
    host.run(0.3)
    assert host.state() == "IDLE"
    assert host.unit.charger_amperes.mean(0, 0) == 0.0
    assert host.ask("LVL 1") == "OK"


def test_charger_holds_the_full_voltage(make_host):
    host = make_host()
    host.power(8.35, ohm=0.2).run(1.5)
    host.unit.connect_charger(Rail())
    host.run(0.5)
    assert host.amperes() == pytest.approx(-0.25, abs=0.03)
    host.power(8.45).run(0.3)
    assert host.amperes() == pytest.approx(9e-3, abs=0.002)


def test_hot_cell_isnt_charged(make_host):
    host = make_host()
    host.unit.set_environment(ambient_celsius=47.0)
    host.boot()
    assert host.ok("FAULT?")["code"] == "NONE"
    host.unit.connect_charger(Rail())
    host.run(0.5)
    assert host.ok("FAULT?")["code"] == "F18"
    assert host.amperes() > 0.0
