"""What a run is going to test and measure, known before the first stimulus."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product as combinations
from pathlib import Path
from typing import TYPE_CHECKING

from rig.errors import ConfigError
from rig.measure.limit import Condition, condition_text
from rig.product import Product

if TYPE_CHECKING:
    import pytest

LimitKey = tuple[str, frozenset[tuple[str, Condition]]]
Key = tuple[str, LimitKey]


@dataclass(frozen=True, slots=True)
class Expected:
    """One measurement that a test has declared."""

    test: str
    id: str
    conditions: Mapping[str, Condition]

    @property
    def limit_key(self) -> LimitKey:
        """What tells it from every other measurement of the run, in whatever order the conditions come."""
        return self.id, frozenset(self.conditions.items())

    @property
    def key(self) -> Key:
        """Who must take it, and what."""
        return self.test, self.limit_key

    @property
    def name(self) -> str:
        """Id and conditions as people read them."""
        return f"{self.id}, {condition_text(self.conditions)}" if self.conditions else self.id


@dataclass(frozen=True, slots=True)
class Declaration:
    """A test as it was collected: its `measures` markers and its parameters."""

    test: str
    measures: tuple[tuple[tuple[str, ...], Mapping[str, object]], ...]
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every test of the plan in order, every measurement it must make, and the hash of its files."""

    tests: tuple[str, ...]
    expected: tuple[Expected, ...]
    source_hash: str


def build_manifest(
    declarations: Iterable[Declaration],
    product: Product,
    plan: str,
    source_hash: str,
) -> Manifest:
    """Expand what the tests declare into single measurements, and hold them against the smallest allowed set.

    A condition's value comes from the marker, else from the test's parameters, else from the run (`pad`,
    the one fitted). What needs a heater is left out for a pad without one, tests of nothing else, too.
    Raises ConfigError, one line for each limit that is missing, condition left open, measurement declared
    twice, and measurement that the plan must make but doesn't.
    """
    tests: list[str] = []
    expected: dict[LimitKey, Expected] = {}
    faults: list[str] = []
    for declaration in declarations:
        try:
            _require_plain(declaration)
            wanted = list(_expand(declaration, product))
            possible = [one for one in wanted if product.pad.heated or not product.measurements[one.id].needs_heater]
            if possible or not wanted:
                tests.append(declaration.test)
            for one in possible:
                product.limit(one.id, **one.conditions)
                before = expected.setdefault(one.limit_key, one)
                if before is not one:
                    faults.append(f"{one.test}: {one.name} is declared already, by {before.test}")
        except ConfigError as error:
            faults.append(f"{declaration.test}: {error}")
    for limit in product.limits_for(plan):
        if (limit.id, frozenset(limit.conditions.items())) not in expected:
            faults.append(f"plan {plan} must measure {limit.name}, but no test declares it")
    if faults:
        raise ConfigError("\n".join(faults))
    return Manifest(tuple(tests), tuple(expected.values()), source_hash)


def hash_sources(paths: Iterable[Path]) -> str:
    """Return one SHA-256 over the names and contents of the plan's files."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def declaration(item: "pytest.Item") -> Declaration:
    """Read a test's markers and parameters."""
    callspec = getattr(item, "callspec", None)
    return Declaration(
        item.nodeid,
        tuple((marker.args, marker.kwargs) for marker in item.iter_markers("measures")),
        {} if callspec is None else dict(callspec.params),
    )


def title(item: "pytest.Item") -> str:
    """Return what a test does, by its first line, with its parameters."""
    text = str(getattr(getattr(item, "function", None), "__doc__", None) or item.name).strip()
    parameters = declaration(item).parameters
    values = ", ".join(f"{name} {value}" for name, value in parameters.items())
    return f"{text.splitlines()[0].rstrip('.')}{f' ({values})' if values else ''}"


def _require_plain(declaration: Declaration) -> None:
    # a reporter takes each parameter for a part of the test's name, and stumbles over a lone surrogate
    for name, value in declaration.parameters.items():
        if isinstance(value, str) and not value.isprintable():
            raise ConfigError(f"parameter {name}: {value!r} can't be shown; write plain text")


def _expand(declaration: Declaration, product: Product) -> Iterator[Expected]:
    of_run = {"pad": product.fitted_pad}
    for ids, given in declaration.measures:
        known = {name for id in ids for name in product.condition_names(id)}
        for name in given:
            if name not in known:
                raise ConfigError(f"measures({', '.join(ids)}): no condition {name!r} there")
        for id in ids:
            names = product.condition_names(id)
            choices: list[list[Condition]] = []
            for name in names:
                value = given.get(name, declaration.parameters.get(name, of_run.get(name)))
                if value is None:
                    raise ConfigError(
                        f"measures({id!r}): no value for its condition {name!r}; "
                        f"give measures(..., {name}=...) or a parameter {name}"
                    )
                choices.append([_condition(name, one) for one in _several(value)])
            for values in combinations(*choices):
                yield Expected(declaration.test, id, dict(zip(names, values, strict=True)))


def _several(value: object) -> list[object]:
    if isinstance(value, list | tuple | range | set | frozenset):
        return list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [value]


def _condition(name: str, value: object) -> Condition:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ConfigError(f"condition {name}={value!r}: must be a text or a number")
    return value
