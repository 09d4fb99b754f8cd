"""The lock of a unit that arrives open or locked, that tells the truth or not."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.lock import Lock
from rig.errors import Refused
from rig.measure import Reading, Verdict, decide
from rig.product import load_product

PRODUCT = load_product()


class Locked:
    """A unit's memory and timers; `obeys`: it accelerates whatever its lock says, `answers` what it refuses with."""

    def __init__(self, lock: str = "0", *, obeys: bool = False, answers: str | None = "LOCKED") -> None:
        self.committed = lock
        self._page = lock
        self._obeys, self._answers = obeys, answers
        self.factor = 1
        self.commits = 0
        self.massager = self

    def eeprom(self, key: str) -> str:
        assert key == "lock"
        return self._page

    def set_eeprom(self, key: str, value: str) -> None:
        assert key == "lock"
        self._page = value

    def commit(self) -> None:
        self.committed = self._page
        self.commits += 1

    def timer_factor(self, factor: int) -> None:
        refuses = self._answers if self.committed == "1" else None
        if refuses is None or self._obeys:
            self.factor = factor
        if refuses is not None:
            raise Refused(f"unit: refused TEST TIMERX {factor}: {refuses}", 6, refuses)


def lock(unit: Locked) -> Lock:
    bench = SimpleNamespace(clock=SimpleNamespace(sleep=lambda _: None))
    power = SimpleNamespace(amperes=lambda _: 18e-6 if unit.factor > 1 else 0.009)
    return Lock(cast(Any, bench), PRODUCT, cast(Any, unit), cast(Any, power))


def says(unit: Locked) -> str:
    said = lock(unit).holds()
    passes = decide(Reading(said, ""), PRODUCT.limit("release.lock")).verdict is Verdict.PASS
    assert passes is (said == "locked")
    return said


def test_a_locked_unit_is_opened_and_locked_again():
    unit = Locked("1")
    held = lock(unit)
    held.accelerate(600)
    assert (unit.committed, unit.factor, held.opened) == ("0", 600, True)
    held.close()
    assert (unit.committed, held.opened) == ("1", False)


def test_an_open_unit_is_not_written_to():
    unit = Locked("0")
    held = lock(unit)
    held.accelerate(600)
    assert (unit.factor, unit.commits, held.opened) == (600, 0, False)


def test_a_lock_that_is_stored_with_other_values_is_closed():
    held = lock(Locked("1"))
    held.accelerate(600)
    assert held.closing() == {"lock": "1"}
    assert not held.opened


def test_a_locked_unit_says_so_and_stays_awake():
    assert says(Locked("1")) == "locked"


def test_a_lock_that_locks_nothing_is_seen():
    unit = Locked("1", answers=None)
    assert says(unit) == "open"
    assert unit.factor == 1, "its idle timer would turn it off"


def test_a_unit_that_refuses_and_does_it_all_the_same_is_seen():
    assert says(Locked("1", obeys=True)) == "refuses, and its timers run fast"


@pytest.mark.parametrize("name", ["STATE", "FAULT"])
def test_another_refusal_is_no_lock(name):
    assert says(Locked("1", answers=name)) == f"refuses for another reason: {name}"
