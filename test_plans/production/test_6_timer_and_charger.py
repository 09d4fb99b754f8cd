"""Auto-off and charging."""

import pytest


@pytest.mark.requirement("SAF-006")
@pytest.mark.measures("timer.auto_off")
def test_auto_off(keys, measure):
    """The motor stops by itself after its time, seen through accelerated timers."""
    measure("timer.auto_off", keys.auto_off())


@pytest.mark.requirement("ELE-004", "SAF-007")
@pytest.mark.measures("charger.current", "charger.lockout")
def test_charging(unit, power, measure):
    """While it charges, the unit takes its current and refuses to run."""
    with power.charging():
        measure("charger.lockout", unit.lockout())
        measure("charger.current", power.charger_amperes())
