"""Commands whose moment counts: acknowledged late, they measure nothing. On a bench that no other fault has met."""

import pytest

from rig.errors import InstrumentFault, NoReply
from tests.faults.fault import Fault


@pytest.mark.parametrize("kind", ["drip", "drop"])
def test_what_begins_late_measures_nothing(wired, kind):
    """Acknowledged late, or only when it was repeated: nobody can say when the motor began."""
    wired.proxy.disarm()
    driver = wired.unit()
    try:
        driver.test_duty("M", 0.2, 0.1)
        driver.stop()
        wired.proxy.arm("unit", Fault(kind, "to_device", seed=1))
        with pytest.raises(NoReply, match=r"TEST DUTY M 0\.2000 100 was acknowledged after .* later than 50 ms"):
            driver.test_duty("M", 0.2, 0.1)
        wired.clock.sleep(1.0)
        wired.proxy.arm("unit", Fault(kind, "to_device", seed=1))
        driver.stop()  # an end is welcome whenever it comes
    finally:
        wired.proxy.disarm()
        wired.line = None
        driver.disconnect()


def test_relays_that_switch_late_measure_nothing(wired):
    """The board switched, but later than what is measured from that moment allows."""
    wired.proxy.disarm()
    driver = wired.relays()
    try:
        driver.set(7)
        wired.proxy.arm("fault_box", Fault("late", "to_device", seed=1))
        with pytest.raises(InstrumentFault, match=r"relays 01000000 were confirmed after .* later than 0\.1 s"):
            driver.clear(7)
        wired.proxy.arm("fault_box", Fault("late", "to_device", seed=1))
        driver.make_safe()
    finally:
        wired.proxy.disarm()
        wired.line = None
        driver.disconnect()


def test_a_relay_whose_command_got_lost_is_told_again_in_time(wired):
    """Its moment is that of the board's first word of it, which comes with the second command."""
    wired.proxy.disarm()
    driver = wired.relays()
    try:
        driver.set(7)
        wired.proxy.arm("fault_box", Fault("drop", "to_device", seed=1))
        asked = wired.clock.now()
        switched = driver.clear(7)
        assert switched.on == 0
        assert 0.05 < switched.at - asked < 0.1
        wired.clock.sleep(0.02)
        assert wired.control(op="state")["fault_relays"] == []
    finally:
        wired.proxy.disarm()
        wired.line = None
        driver.disconnect()
