"""What a run was asked for: labels as scanners send them, people and slots that the station knows."""

from pathlib import Path

import pytest

from rig.errors import UsageError
from rig.product import load_product
from rig.run.options import RunOptions, make_options, mended
from tests.run.conftest import SERIAL, RunPlan
from tests.station.places import EXAMPLE, simulated_station


def asked(serial: str | None, **given: object) -> RunOptions:
    return make_options(serial=serial, plan="production", data="/nowhere", **given)  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def pattern() -> str:
    return load_product().serial_pattern


@pytest.mark.parametrize(
    "scanned",
    ["vs1-2026-001234", " VS1-2026-001234", "VS1-2026-001234\r\n", "VS1-2026-00 1234", "\tvs1 - 2026 - 001234 "],
)
def test_a_scan_is_mended(pattern: str, scanned: str):
    options = mended(asked(scanned), pattern, SERIAL)
    assert (options.serial, options.scanned, options.seed) == ("VS1-2026-001234", scanned, 1234)
    assert next(options.to_be_said()) == f"scanned {scanned!r}: read as VS1-2026-001234"


def test_a_good_scan_stays_as_it_is(pattern: str):
    options = asked("VS1-2026-001234")
    assert mended(options, pattern, SERIAL) is options
    assert list(options.to_be_said()) == []


@pytest.mark.parametrize(
    "scanned", ["V\u017f1-2026-001234", "VS1-2026-00\u0661234", "VS1-2026-001234 VS1-2026-001235", "VS1_2026_001234"]
)
def test_what_only_looks_like_one_is_not_mended(pattern: str, scanned: str):
    with pytest.raises(UsageError, match="must match"):
        mended(asked(scanned), pattern, SERIAL)


def test_a_mended_scan_is_said_and_recorded(run_plan: RunPlan, good_plan: str):
    ran = run_plan(good_plan, "--serial", f" {SERIAL.lower()}\n")
    assert ran.told.summary is not None, ran.told.refusals
    assert ran.told.summary.serial == SERIAL
    assert [note for note in ran.told.notes if note.startswith("scanned ")]
    assert ran.recorded()[0].extra["scanned"] == f" {SERIAL.lower()}\n"


@pytest.mark.parametrize("serial", [None, "", " ", "\n"])
@pytest.mark.parametrize("real", [True, False])
def test_no_unit_is_invented_for_a_station(tmp_path: Path, serial: str | None, real: bool):
    station = EXAMPLE if real else simulated_station(tmp_path)
    with pytest.raises(UsageError, match="serial: none was scanned"):
        asked(serial, station=str(station))


def test_an_empty_scan_through_pytest_begins_nothing(run_plan: RunPlan, good_plan: str):
    ran = run_plan(good_plan, "--serial", "")
    assert ran.told.refusals == [
        "serial: none was scanned; scan the unit's label (only the built-in twin has a default)"
    ]
    assert not ran.data.exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"operator": "mallory"}, "--operator 'mallory': station line-1 doesn't know them, but operator-1"),
        ({"slot": 2}, "--slot 2: station line-1 has 1"),
        ({"slot": 0}, "--slot 0: slots are counted from 1"),
    ],
)
def test_people_and_slots_are_the_stations(given: dict[str, object], message: str):
    with pytest.raises(UsageError) as raised:
        asked(SERIAL, station=str(EXAMPLE), **given)
    assert message in str(raised.value)
    known = asked(SERIAL, station=str(EXAMPLE), operator="engineer-1", slot=1)
    assert (known.operator, known.slot) == ("engineer-1", 1)


def test_a_station_may_have_more_slots(tmp_path: Path):
    station = simulated_station(tmp_path, **{"slots = 1": "slots = 4"})
    assert asked(SERIAL, station=str(station), slot=4).slot == 4


@pytest.mark.parametrize("source", ["good", "fails"])
def test_again_is_for_a_unit_that_is_decided(run_plan: RunPlan, good_plan: str, source: str):
    ran = run_plan(good_plan, "--again", "why not")
    (refusal,) = ran.told.refusals
    assert refusal == f"--again: serial {SERIAL} isn't decided (untested): leave it out"
    assert ran.status == 4
    if source == "fails":
        run_plan(good_plan.replace('good("heater.resistance")', 'good("heater.resistance", 2.0)'))
        (refusal,) = run_plan(good_plan, "--again", "why not").told.refusals
        assert "isn't decided (retest needed)" in refusal
