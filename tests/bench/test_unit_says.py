"""What a unit says about itself while it charges, after a power cycle, and at boot."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drivers.massager_replies import FaultReport
from fixtures.unit import Unit
from rig.errors import Refused
from rig.product import load_product

PRODUCT = load_product()


def unit(massager: object, amperes: float = 0.009) -> Unit:
    bench = SimpleNamespace(massager=massager, clock=SimpleNamespace(sleep=lambda _: None))
    return Unit(cast(Any, bench), PRODUCT, cast(Any, SimpleNamespace(amperes=lambda _: amperes)))


def charging(state: str, **refusals: str | None) -> Unit:
    """A unit in that state that refuses `level` and `heat` by these names (None: it does as it is told)."""

    def asked(name: str) -> None:
        error = refusals[name]
        if error is not None:
            raise Refused(f"unit: refused {name}: {error}", 5, error)

    massager = SimpleNamespace(
        level=lambda _: asked("level"),
        heat=lambda _: asked("heat"),
        stop=lambda: None,
        status=lambda: SimpleNamespace(state=state),
    )
    return unit(massager)


@pytest.mark.parametrize(
    ("state", "level", "heat", "says"),
    [
        ("CHARGING", "STATE", "STATE", "locked"),
        ("CHARGING", None, "STATE", "runs"),
        ("CHARGING", "STATE", None, "heats"),
        ("CHARGING", "FAULT", "STATE", "refuses for another reason: FAULT"),
        ("CHARGING", "STATE", "FAULT", "refuses for another reason: FAULT"),
        ("OFF", "STATE", "STATE", "refuses in state OFF"),
    ],
)
def test_only_a_charging_unit_that_refuses_all_is_locked(state, level, heat, says):
    assert charging(state, level=level, heat=heat).lockout() == says


def reported(**fields: str) -> FaultReport:
    usual: Mapping[str, str] = {"code": "NONE", "latched": "0", "count": "0", "t_ms": "0", "all": "NONE"}
    return FaultReport.of({**usual, **fields})


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"code": "F09", "latched": "1", "all": "F09"}, "latched"),
        ({"code": "F09", "all": "F09"}, "forgotten"),
        ({}, "forgotten"),
        ({"code": "F01", "latched": "1", "all": "F01"}, "F01 instead of F09"),
    ],
)
def test_only_the_fault_that_was_provoked_is_latched(fields, says):
    def refuse(_: int) -> None:
        raise Refused("unit: refused LVL 1: FAULT", 8, "FAULT")

    assert unit(SimpleNamespace(fault=lambda: reported(**fields), level=refuse)).latched("F09") == says


@pytest.mark.parametrize("obeys", [True, False])
def test_a_latch_that_keeps_nothing_off_is_none(obeys):
    def refuse(_: int) -> None:
        if not obeys:
            raise Refused("unit: refused LVL 1: FAULT", 8, "FAULT")

    latched = reported(code="F09", latched="1", all="F09")
    running = unit(SimpleNamespace(fault=lambda: latched, level=refuse), amperes=0.10)
    assert running.latched("F09") == "latched, and runs"


def test_a_fault_is_cleared_as_soon_as_the_unit_sees_that_its_condition_has_gone():
    answers = iter([Refused("unit: refused", 8, "FAULT"), None])

    def clear() -> None:
        if (error := next(answers)) is not None:
            raise error

    now = iter([0.0, 0.1, 0.2])
    bench = SimpleNamespace(
        massager=SimpleNamespace(clear_fault=clear), clock=SimpleNamespace(sleep=lambda _: None, now=lambda: next(now))
    )
    Unit(cast(Any, bench), PRODUCT, cast(Any, None)).clear_fault()
    assert next(answers, "used up") == "used up"


@pytest.mark.parametrize(("name", "after"), [("FAULT", 0.31), ("LOCKED", 0.06)])
def test_a_fault_that_stays_is_the_unit_s(name, after):
    def clear() -> None:
        raise Refused(f"unit: refused: {name}", 8, name)

    now = iter([0.0, after, 9.0])
    bench = SimpleNamespace(
        massager=SimpleNamespace(clear_fault=clear), clock=SimpleNamespace(sleep=lambda _: None, now=lambda: next(now))
    )
    with pytest.raises(Refused, match=name):
        Unit(cast(Any, bench), PRODUCT, cast(Any, None)).clear_fault()


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, "NONE"),
        ({"code": "F03", "latched": "1", "all": "F03"}, "F03"),
        ({"all": "F13"}, "F13"),
        ({"code": "F15", "all": "F15,F13"}, "F15,F13"),
    ],
)
def test_a_fault_that_isn_t_latched_counts_too(fields, codes):
    assert reported(**fields).codes == codes
