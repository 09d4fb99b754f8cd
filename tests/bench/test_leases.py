"""A set of resources is granted whole or not at all; budgets and silence end what is on, and only that."""

import pytest

from rig.bench.guard.leases import Budget, Lease, Leases

ONE = Budget(max_seconds=10.0, max_celsius=60.0)


@pytest.fixture
def leases() -> Leases:
    return Leases()


def granted(leases: Leases, who: str, *resources: str) -> Lease:
    lease = leases.grant(who, resources, "", 0.0)
    assert lease is not None
    return lease


def test_an_overlap_grants_nothing_at_all(leases: Leases) -> None:
    first = granted(leases, "first", "battery", "scale")
    assert leases.grant("second", ["charger", "scale"], "", 0.0) is None
    assert leases.holder_of(["charger"]) is None
    assert leases.holder_of(["scale", "charger"]) is first


def test_what_does_not_overlap_is_granted_beside_it(leases: Leases) -> None:
    granted(leases, "first", "battery")
    assert granted(leases, "second", "charger").who == "second"


def test_released_resources_can_be_had_again(leases: Leases) -> None:
    first = granted(leases, "first", "battery")
    leases.release(first)
    leases.release(first)
    assert granted(leases, "second", "battery").who == "second"


def test_a_budget_ends_when_its_seconds_are_over(leases: Leases) -> None:
    lease = granted(leases, "run", "battery")
    lease.energise("battery", ONE, now=100.0)
    assert lease.deadline == 110.0
    assert lease.overspent(109.999) is None
    assert lease.overspent(110.0) == "battery was on for more than its budget of 10 s"


def test_each_source_has_its_own_budget_and_the_lowest_temperature_counts(leases: Leases) -> None:
    lease = granted(leases, "run", "battery", "charger")
    lease.energise("battery", Budget(100.0, 70.0), now=0.0)
    lease.energise("charger", Budget(5.0, 55.0), now=1.0)
    assert (lease.deadline, lease.max_celsius) == (6.0, 55.0)
    lease.calm("charger")
    assert (lease.deadline, lease.max_celsius) == (100.0, 70.0)
    lease.calm("battery")
    assert not lease.energised
    assert (lease.deadline, lease.max_celsius) == (None, None)


def test_energising_again_starts_the_budget_anew(leases: Leases) -> None:
    lease = granted(leases, "run", "battery")
    lease.energise("battery", ONE, now=0.0)
    lease.calm("battery")
    lease.energise("battery", ONE, now=8.0)
    assert lease.overspent(12.0) is None


def test_silence_counts_only_while_something_is_on(leases: Leases) -> None:
    lease = granted(leases, "run", "battery")
    assert lease.silent(wall=1000.0, beat_seconds=1.0) is None
    lease.energise("battery", ONE, now=0.0)
    lease.beaten = 1000.0
    assert lease.silent(wall=1001.0, beat_seconds=1.0) is None
    assert lease.silent(wall=1001.1, beat_seconds=1.0) == "no sign of progress for 1 s"
