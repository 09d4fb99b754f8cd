"""Before and at power-on: nothing is fed that hasn't been looked at."""

import pytest


@pytest.mark.requirement("ELE-001")
@pytest.mark.measures("supply.prepower_resistance", "supply.polarity")
def test_look_before_power(power, measure):
    """The battery terminals are neither shorted nor reversed, seen at a harmless voltage."""
    look = power.look()
    measure("supply.prepower_resistance", look.ohm)
    polarity = measure("supply.polarity", look.polarity)
    measure.stop_unless(polarity, "the battery terminals are reversed: full power would destroy the unit")


@pytest.mark.requirement("FUN-001")
@pytest.mark.measures("boot.time")
def test_boot(unit, measure):
    """Applying the battery boots the unit in time."""
    measure("boot.time", unit.boot_seconds)


@pytest.mark.requirement("PRD-001", "PRD-002")
@pytest.mark.measures("identity.firmware", "identity.build", "identity.serial")
def test_identity(unit, label, measure):
    """The released firmware runs on the unit whose label was scanned."""
    identity = unit.identity()
    measure("identity.firmware", identity.firmware)
    measure("identity.build", identity.build)
    measure("identity.serial", label.agreement())


@pytest.mark.requirement("FUN-001")
@pytest.mark.measures("eeprom.valid", "boot.faults")
def test_nothing_wrong_at_boot(unit, measure):
    """The unit's memory is sound and no fault is present or latched."""
    fault = unit.fault()
    measure("eeprom.valid", "invalid" if "F15" in fault.all else "valid")
    measure("boot.faults", fault.codes)
