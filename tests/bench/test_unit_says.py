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


def unit(massager: object) -> Unit:
    return Unit(cast(Any, SimpleNamespace(massager=massager)), PRODUCT, cast(Any, None))


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
    assert unit(SimpleNamespace(fault=lambda: reported(**fields))).latched("F09") == says


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
