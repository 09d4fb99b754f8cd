"""Cross-checks of a product definition: whatever one file says about another must be true."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from rig.measure import condition_text
from rig.measure.blame import ALL
from rig.product.budgets import Budgets
from rig.product.limits import LimitEntry, Limits, PlanRule, Plans
from rig.product.model import Levels, Measurements, Pads, ProductFacts, Programs, Requirements
from rig.product.product import PadLimit, key_of
from rig.product.retest import Retest
from rig.product.settings import Settings

# what a reading can depend on: the roles of a station's instruments, its sensors, the unit's own debug port
MADE_WITH = (
    *("battery", "charger", "current", "vibration", "temperature", "fault_box", "power_box", "scale"),
    *("accelerometer", "thermocouples", "emulator", "unit", ALL),
)


@dataclass(frozen=True)
class Definition:
    """The files that refer to one another, each sound in itself."""

    facts: ProductFacts
    levels: Levels
    pads: Pads
    programs: Programs
    requirements: Requirements
    measurements: Measurements
    limits: Limits
    budgets: Budgets
    plans: Plans
    settings: Settings
    retest: Retest


def problems(definition: Definition, limits: Collection[PadLimit]) -> list[str]:
    """Every contradiction, one line each, starting with the file's name."""
    return [
        *_facts(definition),
        *_identity(definition),
        *_programs(definition),
        *_measurements(definition),
        *_entries(definition),
        *_duplicates(definition, limits),
        *_budgets(definition),
        *_plans(definition, limits),
        *_settings(definition),
    ]


def _facts(definition: Definition) -> Iterator[str]:
    facts = definition.facts
    if facts.fitted_pad not in definition.pads.pads:
        yield f"product.toml: fitted_pad: {facts.fitted_pad!r} is not in pads.toml"
    try:
        re.compile(facts.serial_pattern)
    except re.error as error:
        yield f"product.toml: serial_pattern: no regular expression: {error}"
    else:
        if (
            not re.fullmatch(facts.serial_pattern, facts.first_serial, re.ASCII)
            or not facts.first_serial[-1:].isdigit()
        ):
            yield f"product.toml: first_serial: {facts.first_serial!r}: must match serial_pattern, and end with a digit"
    if facts.ambient.low_celsius >= facts.ambient.high_celsius:
        yield "product.toml: ambient.high_celsius: not above low_celsius"
    volts = facts.battery
    if not volts.cutoff_volts <= volts.empty_volts < volts.nominal_volts < volts.full_volts:
        yield "product.toml: battery: cutoff <= empty < nominal < full doesn't hold"


def _identity(definition: Definition) -> Iterator[str]:
    said = {
        "identity.firmware": ("firmware", (definition.facts.firmware,)),
        "identity.build": ("build", (definition.facts.build,)),
    }
    for index, entry in enumerate(definition.limits.limit):
        key, expected = said.get(entry.id, ("", entry.one_of))
        if entry.one_of != expected:
            at = f"limits.toml: limit[{index}] ({entry.id}) one_of"
            yield f"{at}: product.toml says {key} {_listed(expected or ())}"


def _programs(definition: Definition) -> Iterator[str]:
    for name, program in definition.programs.programs.items():
        at = f"programs.toml: programs.{name}"
        for key, level in (("lowest_level", program.lowest_level), ("highest_level", program.highest_level)):
            if level not in definition.levels.levels:
                yield f"{at}.{key}: level {level} is not in levels.toml"
        if program.lowest_level > program.highest_level:
            yield f"{at}.highest_level: below lowest_level"
        if program.heat_cap not in definition.levels.heats:
            yield f"{at}.heat_cap: {program.heat_cap!r} is not in levels.toml"
        yield from _unknown_pads(f"{at}.pads", program.pads, definition)


def _measurements(definition: Definition) -> Iterator[str]:
    values = definition.measurements.conditions
    known: dict[str, tuple[str | int, ...]] = {
        "level": tuple(definition.levels.levels),
        "heat": tuple(definition.levels.heats),
        "pad": tuple(definition.pads.pads),
        "program": tuple(definition.programs.programs),
    }
    for name, expected in known.items():
        if name in values and set(values[name]) != set(expected):
            yield f"measurements.toml: conditions.{name}: is not what the product has: {_listed(expected)}"
    for id_, measurement in definition.measurements.measurements.items():
        for name in measurement.conditions:
            if name not in values:
                yield f'measurements.toml: measurements."{id_}".conditions: {name!r} is not in [conditions]'
        for name in measurement.made_with:
            if name not in MADE_WITH:
                at = f'measurements.toml: measurements."{id_}".made_with: {name!r}'
                yield f"{at} is none of {', '.join(MADE_WITH)}"


def _entries(definition: Definition) -> Iterator[str]:
    for index, entry in enumerate(definition.limits.limit):
        at = f"limits.toml: limit[{index}] ({entry.id})"
        if entry.requirement not in definition.requirements.requirements:
            yield f"{at} requirement: {entry.requirement!r} is not in requirements.toml"
        if entry.by and (entry.given or entry.one_of is not None):
            yield f"{at} by: low, high and one_of can't stand beside it"
        yield from _unknown_pads(f"{at} pads", entry.pads, definition)
        if entry.id not in definition.measurements.measurements:
            yield f"{at} id: is not in measurements.toml"
        else:
            yield from _entry_conditions(at, entry, definition)


def _entry_conditions(at: str, entry: LimitEntry, definition: Definition) -> Iterator[str]:
    names = definition.measurements.measurements[entry.id].conditions
    values = definition.measurements.conditions
    by_values: dict[str, tuple[str | int, ...]] = {}
    for name, table in entry.by.items():
        as_written = {str(value): value for value in values.get(name, ())}
        by_values[name] = tuple(as_written.get(key, key) for key in table)
    given: dict[str, tuple[str | int, ...]] = {**entry.conditions, **by_values}
    if set(given) != set(names) or entry.conditions.keys() & entry.by.keys():
        yield f"{at} conditions: has {_listed(given)}, measurements.toml says {_listed(names)}"
    yield from _unknown_values(at, given, values)


def _duplicates(definition: Definition, limits: Collection[PadLimit]) -> Iterator[str]:
    seen: set[object] = set()
    for entry in limits:
        for pad in entry.pads or tuple(definition.pads.pads):
            if (entry.key, pad) in seen:
                yield f"limits.toml: {entry.limit.name}: given twice for pad {pad}"
            seen.add((entry.key, pad))


def _budgets(definition: Definition) -> Iterator[str]:
    """Every number has one budget; texts and states have none."""
    measurements = definition.measurements.measurements
    numbers = {id_ for id_, measurement in measurements.items() if measurement.unit}
    seen: set[str] = set()
    for index, entry in enumerate(definition.budgets.budget):
        for id_ in entry.ids:
            at = f"budgets.toml: budget[{index}] ids: {id_!r}"
            if id_ not in measurements:
                yield f"{at} is not in measurements.toml"
            elif id_ not in numbers:
                yield f"{at} is a text or a state, which has no uncertainty"
            if id_ in seen:
                yield f"{at} has a budget already"
            seen.add(id_)
    for id_ in numbers - seen:
        yield f"budgets.toml: {id_}: a number without a budget; say what its uncertainty is made of"


def _plans(definition: Definition, limits: Collection[PadLimit]) -> Iterator[str]:
    available = {(entry.key, pad) for entry in limits for pad in (entry.pads or tuple(definition.pads.pads))}
    if not any(plan.releases for plan in definition.plans.plans.values()):
        yield "plans.toml: no plan releases a unit: give at least one of them releases = true"
    for name, plan in definition.plans.plans.items():
        at = f"plans.toml: plans.{name}"
        if plan.releases and not any(plan.expected()):
            yield f"{at}.minimum: is empty; a plan that releases units must measure something"
        yield from _unknown_pads(f"{at}.pads", plan.pads, definition)
        yield from _minimum(f"{at}.minimum", plan, definition, available)


def _minimum(at: str, plan: PlanRule, definition: Definition, available: Collection[object]) -> Iterator[str]:
    for id_, conditions in plan.expected():
        meaning = definition.measurements.measurements.get(id_)
        if meaning is None:
            yield f'{at}."{id_}": is not in measurements.toml'
            continue
        for pad_name in plan.pads:
            pad = definition.pads.pads.get(pad_name)
            needed = pad is not None and (pad.heated or not meaning.needs_heater)
            if needed and (key_of(id_, conditions), pad_name) not in available:
                where = condition_text(conditions) or "no conditions"
                yield f'{at}."{id_}": no limit for {where}, pad {pad_name}'


def _settings(definition: Definition) -> Iterator[str]:
    """Whatever is named `level`, `..._level` or `..._levels` must be levels of the product."""
    subjects: dict[str, dict[str, object]] = definition.settings.model_dump()
    for subject, values in subjects.items():
        for key, value in values.items():
            if key.rpartition("_")[2] not in ("level", "levels"):
                continue
            for level in cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,):
                if level not in definition.levels.levels:
                    yield f"settings.toml: {subject}.{key}: level {level} is not in levels.toml"


def _unknown_pads(at: str, pads: Collection[str], definition: Definition) -> Iterator[str]:
    for pad in pads:
        if pad not in definition.pads.pads:
            yield f"{at}: {pad!r} is not in pads.toml"


def _unknown_values(
    at: str, given: Mapping[str, Collection[str | int]], values: Mapping[str, Collection[str | int]]
) -> Iterator[str]:
    for name, chosen in given.items():
        for value in chosen:
            if name in values and value not in values[name]:
                yield f"{at} {name}: {value!r} is not one of {_listed(values[name])}"


def _listed(values: Collection[object]) -> str:
    return ", ".join(str(value) for value in values) or "none"
