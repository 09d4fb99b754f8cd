"""The rule of a plan that the product doesn't name: `plan.toml` beside its tests."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, field_validator

from rig.definitions import read_toml, validate
from rig.errors import ConfigError
from rig.product.limits import Chosen, PlanRule, as_tables
from rig.product.model import Model, Strings
from rig.product.product import Product

FILE = "plan.toml"
CURE = (
    'write there text = "...", pads = ["FLAT"] and, below [minimum], what it must at least measure, for example '
    '"boot.time" = {}'
)


class OwnPlan(Model):
    """plan.toml: what the plan is for, the pads it can run with, and the smallest set that it must measure."""

    text: str
    pads: Strings = Field(min_length=1)
    minimum: dict[str, tuple[dict[str, Chosen], ...]] = Field(min_length=1)

    @field_validator("minimum", mode="before")
    @classmethod
    def _tables(cls, minimum: object) -> object:
        return as_tables(minimum)


def with_plan(product: Product, name: str, directory: Path) -> Product:
    """Return the product with the rule of this plan: its own one, else that of the plan's `plan.toml`.

    Such a plan never releases a unit. Raises ConfigError where there is no rule, or two, or a wrong one.
    """
    path = directory / FILE
    if name in product.plans:
        if path.exists():
            raise ConfigError(f"{path}: {product.name} rules plan {name} itself; remove the file, or rename the plan")
        return product
    if not path.is_file():
        raise ConfigError(f"plan {name}: no plan of {product.name}, and no {path}: {CURE}")
    own = validate(OwnPlan, read_toml(path), str(path))
    rule = PlanRule.model_construct(text=own.text, pads=own.pads, minimum=own.minimum)
    found = product.with_rule(name, rule)
    wrong = list(_problems(found, rule))
    if wrong:
        raise ConfigError("\n".join(f"{path}: {line}" for line in wrong))
    return found


def _problems(product: Product, rule: PlanRule) -> Iterator[str]:
    for pad in rule.pads:
        if pad not in product.pads:
            yield f"pads: {product.name} has {', '.join(product.pads)}, not {pad}"
            continue
        fitted = product.with_pad(pad)
        for id_, conditions in rule.expected():
            meaning = product.measurements.get(id_)
            if meaning is not None and meaning.needs_heater and not fitted.pad.heated:
                continue
            try:
                fitted.limit(id_, **conditions)
            except ConfigError as error:
                yield f"minimum: {error}"
