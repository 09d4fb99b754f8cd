"""Auto-off and charging."""

import pytest


@pytest.mark.requirement("SAF-006", "FUN-003", "FUN-005")
@pytest.mark.measures("timer.auto_off", "button.heat_current")
@pytest.mark.measures("button.bounce", button="heat")
def test_auto_off(keys, measure):
    """Motor and heat, which the heat key has turned on, stop by themselves after their time (accelerated timers)."""
    ran = keys.auto_off()
    measure("timer.auto_off", ran.seconds)
    measure("button.heat_current", ran.heat_amperes)
    measure("button.bounce", ran.extra_events, button="heat")


@pytest.mark.requirement("ELE-004", "SAF-007", "SAF-014")
@pytest.mark.measures("charger.plugged_current", "charger.plugged_vibration")
@pytest.mark.measures("charger.lockout", "charger.lockout_current", "charger.lockout_vibration", "charger.current")
def test_charging(charging, measure):
    """A charger that is plugged in stops motor and heater, charges, and keeps both off, whatever the unit says."""
    with charging.of_a_running_unit():
        charging.look()
        said, amperes = charging.asked_anyway()
        plugged, asked = charging.stopped()
    measure("charger.current", amperes)
    measure("charger.lockout", said)
    measure("charger.plugged_current", plugged.amperes)
    measure("charger.plugged_vibration", plugged.vibration)
    measure("charger.lockout_current", asked.amperes)
    measure("charger.lockout_vibration", asked.vibration)
