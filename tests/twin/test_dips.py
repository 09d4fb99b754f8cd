"""A supply that falls for a moment: seen at its terminals and at the nest's pins; a contact of the unit's isn't."""

import numpy as np
import pytest

from rig.twin.kernel import Kernel
from rig.twin.rails import Rail, Source
from rig.twin.signals import Signal, Steady

RATE_HZ = 5000.0


def rail(kernel: Kernel) -> tuple[Rail, list[Source | None]]:
    """A rail at 7.4 V behind 0.04 ohm, whose unit draws 1 A, and what that was connected to."""
    seen: list[Source | None] = []
    made = Rail(kernel, 0.65, Steady(lambda: 1.0), seen.append, 0.05)
    made.set(on=True, volts=7.4, amperes_limit=5.0, series_ohm=0.04)
    made.switch(True)
    return made, seen


def fallen(signal: Signal, start_ns: int) -> float:
    """Seconds of a record of a tenth of a second in which the volts were below half."""
    return float(np.sum(signal.samples(start_ns, RATE_HZ, round(0.1 * RATE_HZ)) < 3.7)) / RATE_HZ


@pytest.mark.parametrize("seconds", [0.001, 0.02])
def test_a_dip_is_seen_where_it_was(seconds):
    kernel = Kernel()
    made, seen = rail(kernel)
    kernel.after(50_000_000, lambda: made.dip(True))
    kernel.after(50_000_000 + round(seconds * 1e9), lambda: made.dip(False))
    kernel.run_until(200_000_000)
    assert [one is None for one in seen[-3:]] == [False, True, False]
    for signal in (made.volts, made.at_nest):
        assert fallen(signal, 10_000_000) == pytest.approx(seconds, abs=2.0 / RATE_HZ)
        assert fallen(signal, 80_000_000) == 0.0
    # a reading of 20 ms that holds it, and one after it
    share = 1.0 - seconds / 0.02
    assert made.volts.mean(50_000_000, 70_000_000) == pytest.approx(7.36 * share, abs=0.01)
    assert made.volts.mean(80_000_000, 100_000_000) == pytest.approx(7.36)


def test_the_pins_lose_what_the_good_way_loses():
    made, _ = rail(Kernel())
    assert made.at_nest.mean(0, 0) == pytest.approx(7.4 - 0.04 - 0.05)


def test_an_open_contactor_is_seen_at_the_pins_alone():
    kernel = Kernel()
    made, _ = rail(kernel)
    kernel.after(50_000_000, lambda: made.switch(False))
    kernel.run_until(200_000_000)
    assert fallen(made.volts, 40_000_000) == 0.0
    assert fallen(made.at_nest, 40_000_000) == pytest.approx(0.09, abs=2.0 / RATE_HZ)
