"""The budgets of the VS-1's numbers on the twin's station, and the limits that they must carry."""

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import rig.station
from rig.errors import ConfigError
from rig.measure import Budget, Limit, too_near
from rig.product import Product, load_product
from rig.run.budgets import budgets_of
from rig.station import Station, load_station, station_from
from rig.station.accuracy import DIRECTORY, accuracy_of
from rig.station.model import DRIVERS
from rig.twin.emulator import Emulator
from rig.twin.noise import Noise
from rig.twin.station_file import station_toml

ADDRESSES = {role: f"TCPIP0::127.0.0.1::{5025 + number}::SOCKET" for number, role in enumerate(DRIVERS)} | {
    "unit": "socket://127.0.0.1:7000",
    "clock": "127.0.0.1:7001",
    "control": "127.0.0.1:7002",
    "token": "of a twin",
}
PLANS = ("production", "sampled")


@pytest.fixture(scope="module")
def product() -> Product:
    return load_product()


@pytest.fixture(scope="module")
def station() -> Station:
    text = station_toml(ADDRESSES, Emulator(Noise(1, "emulator")), datetime.date(2026, 11, 22))
    return station_from(tomllib.loads(text), "twin")


@pytest.fixture(scope="module")
def budgets(product: Product, station: Station) -> Mapping[str, Budget]:
    return budgets_of(product, station, product.measurements)


def limits(product: Product) -> list[Limit]:
    """Every limit of every plan, with every pad it can run with."""
    return [
        limit for plan in PLANS for pad in product.plans[plan].pads for limit in product.with_pad(pad).limits_for(plan)
    ]


def test_every_number_of_every_plan_has_a_budget_and_no_state_has(product: Product, budgets: Mapping[str, Budget]):
    all_limits = limits(product)
    assert len(all_limits) > 200
    for limit in all_limits:
        assert (limit.id in budgets) is (limit.one_of is None), limit.name
        assert (limit.one_of is None) is bool(limit.unit), limit.name
    for budget in budgets.values():
        assert budget.contributions
        assert all(one.source for one in budget.contributions)


def test_no_limit_lies_nearer_than_the_uncertainty_carries(product: Product, budgets: Mapping[str, Budget]):
    numbers = [limit for limit in limits(product) if limit.one_of is None]
    near = {limit.name: too_near(limit, budgets[limit.id]) for limit in numbers}
    known = {limit.name for limit in numbers if limit.knowingly}
    assert {name: text for name, text in near.items() if text and name not in known} == {}
    assert {name for name in known if near[name] is None} == set()  # a mark that isn't needed hides the next fault


def test_a_coarser_sensor_would_be_found(product: Product, station: Station):
    sensors = station.sensors.model_copy(
        update={"thermocouples": station.sensors.thermocouples.model_copy(update={"u_kelvin": 0.29})}
    )
    coarse = budgets_of(product, station.model_copy(update={"sensors": sensors}), ["soak.plate_temperature"])
    limit = product.limit("soak.plate_temperature", heat="HIGH")
    assert "2 U is" in str(too_near(limit, coarse["soak.plate_temperature"]))


def test_safety_limits_are_guarded(product: Product):
    safety = [limit for limit in limits(product) if limit.safety and limit.one_of is None]
    assert safety
    assert {limit.name for limit in safety if limit.rule != "guarded"} == set()


def test_every_measuring_driver_has_its_data_sheet():
    assert {path.stem for path in DIRECTORY.glob("*.toml")} == set(DRIVERS.values()) - {"k8090"}
    for driver in set(DRIVERS.values()) - {"k8090"}:
        assert all(function.source for function in accuracy_of(driver).functions.values())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"function": "DC curent"}, "no function 'DC curent'; it has DC current"),
        ({"range": 2.0}, "DC current has no range 2.0"),
        ({"instrument": "ammeter"}, "no instrument 'ammeter'"),
    ],
)
def test_what_the_instrument_does_not_have_is_named(
    product: Product, station: Station, change: dict[str, object], complaint: str
):
    entry = product.budgets["standby.current"]
    broken = entry.model_copy(update={"lines": (entry.lines[0].model_copy(update=change),)})
    with pytest.raises(ConfigError, match=complaint):
        budgets_of(replace(product, budgets={"standby.current": broken}), station, ["standby.current"])


def test_a_number_without_a_budget_stops_the_run_before_it_begins(product: Product, station: Station):
    with pytest.raises(ConfigError, match=r"standby\.current: a number without a budget"):
        budgets_of(replace(product, budgets={}), station, ["standby.current", "motor.direction"])


def test_the_example_station_has_budgets_too(product: Product):
    example = load_station(Path(rig.station.__file__).with_name("example.toml"))
    found = budgets_of(product, example, product.measurements)
    certificates = [one.source for one in found["vibration.strength"].contributions if "station file" in one.source]
    assert certificates == ["station file, sensors.accelerometer.relative_u, certificate CAL-0009"]
