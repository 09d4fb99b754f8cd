"""Before anything is held against a unit: had it its power all the time?"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drivers.debug_port import SeenEvent
from fixtures.power import Power
from fixtures.unit import Unit
from rig.errors import InstrumentFault, NoReply, Rebooted
from rig.product import load_product

PRODUCT = load_product()


class Clock:
    """Ten seconds after the battery was given."""

    seconds = 10.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Port:
    """A unit that answers STAT? with one thing after the other: how long it is up, or an error."""

    def __init__(self, *answers: float | Exception, resting: bool = False, boots: int = 0) -> None:
        self.left = list(answers)
        self.starts = 1
        self.resting = resting
        self.boots = boots

    def status(self) -> SimpleNamespace:
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(up_seconds=answer)

    def await_boot(self, seconds: float) -> None:
        pass

    def take_events(self, kind: str) -> list[SeenEvent]:
        return [SeenEvent(9.0, 1.0, kind, {"reason": "BROWN"})] * self.boots


class Supply:
    """The unit's supply: what it says of itself, and when the volts at the pins were seen."""

    fed_since = 0.0

    def __init__(self, *watched: float) -> None:
        self.seen = watched

    def require_steady(self) -> None:
        pass

    def watched(self, seconds: float) -> bool:
        return any(abs(seconds - one) < 0.2 for one in self.seen)


def doubted(port: Port, supply: Supply | None = None) -> Callable[[BaseException | None], None]:
    bench = SimpleNamespace(massager=port, clock=Clock())
    unit = Unit(cast(Any, bench), PRODUCT, cast(Any, supply or Supply()))
    unit._await_power_on_boot()
    return unit.doubt


def test_a_unit_that_was_up_all_the_time_is_to_blame():
    doubted(Port(10.0))(None)
    doubted(Port(9.95))(None)


@pytest.mark.parametrize("up", [9.5, 3.0])
def test_one_that_started_later_is_not(up):
    with pytest.raises(Rebooted, match="it lost its power"):
        doubted(Port(up))(None)


def test_one_that_is_down_is_waited_for_and_not_to_blame():
    with pytest.raises(NoReply, match="silent"):
        doubted(Port(NoReply("silent"), 2.0))(None)
    with pytest.raises(Rebooted, match="unasked"):
        doubted(Port(NoReply("silent"), Rebooted("unasked"), 2.0))(None)


def test_one_whose_own_contact_opened_is_to_blame():
    """The volts at its pins were seen at that moment, and stayed."""
    doubted(Port(Rebooted("unasked"), 2.0), Supply(8.0))(None)
    with pytest.raises(Rebooted, match="unasked"):
        doubted(Port(Rebooted("unasked"), 2.0), Supply(5.0))(None)


def test_a_sleeping_unit_that_woke_is_not_to_blame():
    doubted(Port(resting=True))(None)
    with pytest.raises(Rebooted, match="woke unasked: its start says BROWN"):
        doubted(Port(resting=True, boots=1))(None)


def test_a_silent_unit_isnt_asked_again():
    doubted(Port())(NoReply("silent"))


@pytest.mark.parametrize(("volts", "fell"), [([], False), ([7.39, 7.13], False), ([7.39, 6.9, 7.39], True)])
def test_the_supply_is_asked_first(volts, fell):
    box = SimpleNamespace(meter_bypass=5, charger_line=4)
    wiring = SimpleNamespace(power_box=box, supply_path_ohm=0.1)
    battery = SimpleNamespace(recent_volts=lambda: volts, energise=lambda _: None, make_safe=lambda: None)
    bench = SimpleNamespace(station=SimpleNamespace(wiring=wiring), battery=battery, clock=Clock())
    power = Power(cast(Any, bench), PRODUCT, "production", cast(Any, None))
    power.battery_again()
    if fell:
        with pytest.raises(InstrumentFault, match=r"fell to 6\.90 V of 7\.4 V at its terminals"):
            power.require_steady()
        power.battery_off()
    power.require_steady()
