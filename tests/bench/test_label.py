"""The unit's own serial is asked before anything moves, after each of its starts, whatever the plan."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from drivers.massager import Massager
from fixtures.label import MISMATCH, Label
from rig.errors import UnitError, WrongUnit

SCANNED, OTHER = "VS1-2026-000701", "VS1-2026-000700"


class Unit:
    """Says one serial after the other, one each time that it is asked."""

    def __init__(self, *serials: str) -> None:
        self.starts = 1
        self.left = list(serials)

    def identity(self) -> SimpleNamespace:
        return SimpleNamespace(serial=self.left.pop(0))


class Run:
    """A run of a plan that measures the serial, or doesn't."""

    serial = SCANNED
    product = SimpleNamespace(serial_pattern=r"VS1-\d{4}-\d{6}")

    def __init__(self, *before: dict[str, str], measures: bool = True) -> None:
        self.before = before
        self.declared = measures
        self.scan_again = False
        self.stopped = ""
        self.events: list[tuple[str, dict[str, object]]] = []

    def events_before(self, kind: str) -> tuple[dict[str, str], ...]:
        assert kind == MISMATCH
        return self.before

    def event(self, kind: str, **body: object) -> None:
        self.events.append((kind, body))

    def measures(self, id: str) -> bool:
        assert id == "identity.serial"
        return self.declared

    def stop(self, reason: str) -> None:
        self.stopped = reason


def label(run: Run, unit: Unit) -> Label:
    made = Label(cast(Any, run))
    made.hold(cast(Massager, unit))
    return made


PAIR = {"scanned": SCANNED, "said": OTHER}
NOT_THE_PAIR = ((), (PAIR | {"said": "VS1-2026-000699"},), ({"scanned": OTHER, "said": OTHER},))


def test_it_is_asked_once_for_each_start():
    unit = Unit(SCANNED, SCANNED)
    asked = label(Run(), unit)
    for command in ("TEST UNLOCK 0", "LVL 3", "HEAT LOW"):
        asked.before(command)
    assert unit.left == [SCANNED]
    unit.starts += 1
    asked.before("BTN 1 100")
    assert (unit.left, asked.agreement()) == ([], "matches")


@pytest.mark.parametrize("command", ["STOP", "HEAT OFF", "LVL 0", "PROG OFF"])
def test_nothing_holds_up_what_ends_something(command):
    label(Run(), Unit()).before(command)


@pytest.mark.parametrize("measures", [True, False])
@pytest.mark.parametrize("before", NOT_THE_PAIR)
def test_another_valid_serial_ends_the_run_and_nobody_is_judged(measures, before):
    run = Run(*before, measures=measures)
    with pytest.raises(WrongUnit, match=f"the unit says {OTHER}, the label scanned says {SCANNED}: scan again"):
        label(run, Unit(OTHER)).before("TEST UNLOCK 0")
    assert run.scan_again
    assert run.events == [(MISMATCH, PAIR | {"confirmed": False, "again": False})]


def test_the_same_pair_again_is_measured_and_ends_the_run():
    run = Run(PAIR)
    asked = label(run, Unit(OTHER))
    asked.before("TEST UNLOCK 0")
    assert (asked.agreement(), run.scan_again) == (f"says {OTHER}", False)
    assert "for the second time" in run.stopped
    assert run.events == [(MISMATCH, PAIR | {"confirmed": False, "again": True})]


@pytest.mark.parametrize(("command", "measures"), [("LVL 3", True), ("TEST DUTY H 1.0 5000", True), ("SLEEP", False)])
def test_the_same_pair_again_moves_nothing_and_fails_in_every_plan(command, measures):
    with pytest.raises(UnitError, match=r"identity\.serial: the unit says .* for the second time"):
        label(Run(PAIR, measures=measures), Unit(OTHER)).before(command)


@pytest.mark.parametrize("blank", ["NONE", "", "VS1-2026-7001"])
def test_no_serial_fails_at_once(blank):
    run = Run()
    asked = label(run, Unit(blank))
    asked.before("LVL 3")
    assert (asked.agreement(), run.stopped, run.events) == (f"says {blank}", "", [])
    with pytest.raises(UnitError, match="which is no serial"):
        label(Run(measures=False), Unit(blank)).before("LVL 3")


def test_another_unit_in_the_middle_of_a_run_is_noticed():
    run, unit = Run(), Unit(SCANNED, OTHER)
    asked = label(run, unit)
    asked.before("LVL 3")
    unit.starts += 1
    with pytest.raises(WrongUnit, match="another unit was put in"):
        asked.before("LVL 3")
    # what was measured before was the scanned one's
    assert not run.scan_again
    assert run.events == [(MISMATCH, PAIR | {"confirmed": True, "again": False})]


def test_a_serial_that_is_lost_in_the_middle_of_a_run_is_the_units_fault():
    unit = Unit(SCANNED, "NONE")
    asked = label(Run(), unit)
    asked.before("LVL 3")
    unit.starts += 1
    with pytest.raises(UnitError, match="which is no serial"):
        asked.before("LVL 3")
