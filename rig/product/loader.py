"""Reads a product definition: its TOML files, checked each by itself and then against one another."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from rig.definitions import read_toml, validate
from rig.errors import ConfigError
from rig.product.budgets import Budgets
from rig.product.checks import Definition, problems
from rig.product.limits import Limits, Plans
from rig.product.model import Faults, Levels, Measurements, Pads, ProductFacts, Programs, Requirements
from rig.product.place import BUILT_IN
from rig.product.product import Key, PadLimit, Product, hash_of
from rig.product.retest import Retest
from rig.product.settings import Settings

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_product(path: Path | str | None = None) -> Product:
    """Load the product the TOML files of a directory define; without one, the VS-1.

    Raises ConfigError with every error of every file, one line each: file, key path, what is wrong.
    Contradictions between files are reported once the files are sound in themselves.
    """
    directory = Path(path) if path is not None else BUILT_IN
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such directory; a product is a directory of TOML files")
    errors: list[str] = []

    def read(name: str, model: type[ModelT]) -> ModelT | None:
        try:
            return validate(model, read_toml(directory / name), str(directory / name))
        except ConfigError as error:
            errors.append(str(error))
            return None

    facts = read("product.toml", ProductFacts)
    levels = read("levels.toml", Levels)
    pads = read("pads.toml", Pads)
    programs = read("programs.toml", Programs)
    faults = read("faults.toml", Faults)
    requirements = read("requirements.toml", Requirements)
    measurements = read("measurements.toml", Measurements)
    limits = read("limits.toml", Limits)
    budgets = read("budgets.toml", Budgets)
    plans = read("plans.toml", Plans)
    settings = read("settings.toml", Settings)
    retest = read("retest.toml", Retest)
    if not (
        facts
        and levels
        and pads
        and programs
        and faults
        and requirements
        and measurements
        and limits
        and budgets
        and plans
        and settings
        and retest
    ):
        raise ConfigError("\n".join(errors))
    definition = Definition(
        facts, levels, pads, programs, requirements, measurements, limits, budgets, plans, settings, retest
    )
    pad_limits, wrong = _expand(definition)
    wrong += problems(definition, pad_limits)
    if wrong:
        raise ConfigError("\n".join(f"{directory / line}" for line in wrong))
    by_key: dict[Key, tuple[PadLimit, ...]] = {}
    for entry in pad_limits:
        by_key[entry.key] = (*by_key.get(entry.key, ()), entry)
    return Product(
        name=facts.name,
        title=facts.title,
        model=facts.model,
        serial_pattern=facts.serial_pattern,
        first_serial=facts.first_serial,
        firmware=facts.firmware,
        build=facts.build,
        battery=facts.battery,
        ntc=facts.ntc,
        ambient=facts.ambient,
        levels=levels.levels,
        heats=levels.heats,
        pads=pads.pads,
        programs=programs.programs,
        faults=faults.faults,
        requirements=requirements.requirements,
        measurements=measurements.measurements,
        condition_values=measurements.conditions,
        budgets=budgets.by_id(),
        plans=plans.plans,
        settings=settings,
        retest=retest,
        limits_hash=hash_of(pad_limits),
        fitted_pad=facts.fitted_pad,
        pad_limits=by_key,
        source=str(directory),
    )


def _expand(definition: Definition) -> tuple[tuple[PadLimit, ...], list[str]]:
    """All single limits, and what is wrong with those that can't be made."""
    limits: list[PadLimit] = []
    wrong: list[str] = []
    for index, entry in enumerate(definition.limits.limit):
        meaning = definition.measurements.measurements.get(entry.id)
        unit = meaning.unit if meaning else ""
        try:
            single = entry.limits(unit, definition.measurements.conditions)
            limits += [PadLimit(limit, entry.pads) for limit in single]
        except ConfigError as error:
            wrong.append(f"limits.toml: limit[{index}]: {error}")
    return tuple(limits), wrong
