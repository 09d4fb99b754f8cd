"""The calibration of a unit that applies, forgets, ignores or turns round what is stored."""

import datetime
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.calibration import UnitCalibration
from fixtures.sensors import counts_of
from rig.measure import Verdict, decide
from rig.product import load_product

PRODUCT = load_product()
PLATE = 27.0


class Storing:
    """A unit at 27 C whose first sensor has an offset; `applies` is what it makes of a stored one."""

    def __init__(self, applies: Callable[[float], float], *, forgets: bool = False) -> None:
        self.page = {"cal_ntc1": "0.000", "cal_ntc2": "0.000", "cal_date": "PROVISIONAL", "lock": "0"}
        self.committed = dict(self.page)
        self._applies, self._forgets = applies, forgets
        self.massager = self

    def eeprom(self, key: str) -> str:
        return self.page[key]

    def set_eeprom(self, key: str, value: str) -> None:
        self.page[key] = value

    def commit(self) -> None:
        self.committed = dict(self.page)

    def reset(self) -> None:
        self.page = {**self.committed, **({"cal_ntc2": "0.000"} if self._forgets else {})}

    def read(self) -> Any:
        offsets = [self._applies(float(self.committed[key])) for key in ("cal_ntc1", "cal_ntc2")]
        celsius = (PLATE - 0.25 + offsets[0], PLATE + 0.5 + offsets[1], 24.0, 23.0)
        raw = (PLATE - 0.25, PLATE + 0.5, 24.0, 23.0)
        return SimpleNamespace(ntc_celsius=celsius, adc_counts=tuple(counts_of(one, PRODUCT.ntc) for one in raw))


def calibration(unit: Storing) -> UnitCalibration:
    run = SimpleNamespace(product=PRODUCT, today=datetime.date(2026, 11, 28))
    wiring = SimpleNamespace(temperature=SimpleNamespace(plate=102))
    bench = SimpleNamespace(station=SimpleNamespace(wiring=wiring), logger=SimpleNamespace(read=lambda _: PLATE))
    lock = SimpleNamespace(closing=lambda: {"lock": "1"})
    made = UnitCalibration(cast(Any, run), cast(Any, bench), cast(Any, unit), cast(Any, lock))
    made.note("cal_ntc1", 0.25)
    made.note("cal_ntc2", -0.5)
    return made


def failing(id: str, readings: dict[int, Any]) -> set[int]:
    limits = {sensor: PRODUCT.limit(id, sensor=sensor) for sensor in readings}
    return {sensor for sensor, one in readings.items() if decide(one, limits[sensor]).verdict is not Verdict.PASS}


@pytest.mark.parametrize(
    ("applies", "wrong"),
    [
        (lambda offset: offset, set()),
        (lambda offset: -offset, {1, 2}),
        (lambda _: 0.0, {1, 2}),
        (lambda offset: 1.1 * offset, {1, 2}),
    ],
    ids=["added", "taken off", "ignored", "scaled"],
)
def test_the_trial_shows_what_becomes_of_an_offset(applies, wrong):
    made = calibration(Storing(applies))
    assert failing("calibration.trial", made.trial()) == wrong


def test_what_was_measured_is_stored_and_applied():
    unit = Storing(lambda offset: offset)
    made = calibration(unit)
    made.trial()
    made.store()
    assert made.verify() == "verified"
    assert unit.committed == {"cal_ntc1": "0.2500", "cal_ntc2": "-0.5000", "cal_date": "2026-11-28", "lock": "1"}
    assert failing("calibration.applied", made.applied()) == set()
    assert failing("calibration.agreement", made.agreement()) == set()


def test_what_a_restart_forgets_isn_t_verified():
    made = calibration(Storing(lambda offset: offset, forgets=True))
    made.trial()
    made.store()
    assert made.verify() == "cal_ntc2 is 0.000 instead of -0.5000"


def test_a_unit_whose_calibration_is_withheld_gets_back_what_it_came_with():
    unit = Storing(lambda offset: offset)
    before = dict(unit.committed)
    made = calibration(unit)
    made.trial()
    assert unit.committed != before
    made.withhold()
    assert unit.committed == before
    assert failing("calibration.applied", made.applied()) == set()
