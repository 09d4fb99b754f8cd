"""Interruptions while the connector is wiggled: of a current that flows, however long they are."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from fixtures.heat import Ramp
from fixtures.power import Power
from fixtures.recorder import Recording
from rig.errors import InstrumentFault, UnitError
from rig.product import load_product

PRODUCT = load_product()
CONTACT = PRODUCT.settings.contact
HEAT = PRODUCT.settings.heat


class Clock:
    def now(self) -> float:
        return 7.0


def power(amperes: float, *gaps: tuple[float, float], fell: tuple[float, float] = (0.0, 0.0)) -> Power:
    """A supply whose current is interrupted for some stretches of the record, its volts at the pins for one."""
    times = np.arange(0.0, CONTACT.seconds, 1.0 / CONTACT.rate_hz)
    samples, volts = np.full(times.size, amperes), np.full(times.size, 7.3)
    for start, stop in gaps:
        samples[(start <= times) & (times < stop)] = 0.0
    volts[(fell[0] <= times) & (times < fell[1])] = 0.0
    samples += np.random.default_rng(4).normal(0.0, 0.0005, times.size)
    relays = SimpleNamespace(set=lambda _: None, clear=lambda _: None)
    boxes = SimpleNamespace(meter_bypass=5, charger_line=4, wiggler=6)
    wiring = SimpleNamespace(power_box=boxes, vibration=SimpleNamespace(battery=7), supply_path_ohm=0.1)
    bench = SimpleNamespace(station=SimpleNamespace(wiring=wiring), power_box=relays, clock=Clock())
    taken = Recording(volts, samples, CONTACT.rate_hz)
    recorder = SimpleNamespace(start=lambda channel, *_: None, finish=lambda: taken)
    return Power(cast(Any, bench), PRODUCT, "production", cast(Any, recorder))


@pytest.mark.parametrize(
    ("gaps", "count"),
    [
        ([], 0),
        ([(0.3, 0.302)], 1),
        ([(0.3, 0.302), (0.5, 0.52)], 2),
        ([(0.3, 0.36)], 1),
        ([(0.3, 0.302), (0.6, 0.95)], 2),
        ([(0.6, 9.0)], 1),
        ([(0.0, 0.4)], 1),
        ([(0.1, 9.0)], 1),
    ],
)
def test_every_interruption_counts(gaps, count):
    assert power(1.0, *gaps).dropouts_while_wiggled() == count


def test_without_a_current_there_is_nothing_to_interrupt():
    with pytest.raises(UnitError, match="too little to be interrupted"):
        power(0.009).dropouts_while_wiggled()


@pytest.mark.parametrize("gap", [(0.3, 0.302), (0.3, 0.36), (0.1, 9.0), (0.6, 9.0)])
def test_a_current_that_ends_with_the_supply_is_the_rigs(gap):
    """The same record of the current is the unit's doing where the volts at its pins stay, see above."""
    fed = power(1.0, gap, fell=gap)
    with pytest.raises(InstrumentFault, match=r"battery supply: it fell to 0\.00 V of 7\.4 V at the nest's pins"):
        fed.dropouts_while_wiggled()
    assert not fed.watched(7.0)


def test_what_the_volts_at_the_pins_vouch_for_is_remembered():
    fed = power(1.0)
    fed.dropouts_while_wiggled()
    assert (fed.watched(7.0), fed.watched(7.1)) == (True, False)


class Times:
    """A clock that a slow bench moves on by so much before the connector is wiggled."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.mark.parametrize(("before", "during"), [(HEAT.seconds, 0.0), (5.0, 4.0)])
def test_a_connector_wiggled_after_the_ramp_shows_nothing(before, during):
    clock = Times()

    def wiggle() -> int:
        clock.sleep(CONTACT.seconds + during)
        return 0

    massager = SimpleNamespace(test_duty=lambda *_: None, telemetry=lambda _: None)
    heat = SimpleNamespace(
        amperes=lambda: 1.0,
        face_celsius=lambda: 23.0,
        check_supply=lambda *_: None,
        dropouts_while_wiggled=wiggle,
    )
    unit = SimpleNamespace(massager=massager, read=lambda: None)
    ramp = Ramp(cast(Any, heat), cast(Any, unit), cast(Any, SimpleNamespace(clock=clock)), PRODUCT)
    clock.seconds = before
    with pytest.raises(InstrumentFault, match="before the connector was wiggled"):
        ramp.dropouts()
