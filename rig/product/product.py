"""The product: its facts, limits and plans, as a run sees them with one pad fitted."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rig.errors import ConfigError
from rig.measure import Limit, condition_text
from rig.measure.limit import Condition
from rig.product.budgets import BudgetEntry
from rig.product.limits import PlanRule
from rig.product.model import (
    Ambient,
    Battery,
    Fault,
    Heat,
    Level,
    Measurement,
    Ntc,
    Pad,
    Program,
    Requirement,
)
from rig.product.retest import Retest
from rig.product.settings import Energy, Settings

Key = tuple[str, frozenset[tuple[str, Condition]]]


@dataclass(frozen=True, slots=True)
class PadLimit:
    """A limit and the fitted pads it holds for; no pads means any."""

    limit: Limit
    pads: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What a limit is looked up by, besides the fitted pad."""
        return key_of(self.limit.id, self.limit.conditions)

    def holds_for(self, pad: str) -> bool:
        """Whether it applies while this pad is fitted."""
        return not self.pads or pad in self.pads


def key_of(id_: str, conditions: Mapping[str, Condition]) -> Key:
    """Id and conditions as one value, whatever the order of the conditions."""
    return id_, frozenset(conditions.items())


@dataclass(frozen=True)
class Product:
    """The product definition with one pad fitted in the nest (`with_pad` for another)."""

    name: str
    title: str
    model: str
    serial_pattern: str
    first_serial: str
    firmware: str
    build: str
    battery: Battery
    ntc: Ntc
    ambient: Ambient
    levels: Mapping[int, Level]
    heats: Mapping[str, Heat]
    pads: Mapping[str, Pad]
    programs: Mapping[str, Program]
    faults: Mapping[str, Fault]
    requirements: Mapping[str, Requirement]
    measurements: Mapping[str, Measurement]
    condition_values: Mapping[str, tuple[str | int, ...]]
    budgets: Mapping[str, BudgetEntry]
    plans: Mapping[str, PlanRule]
    settings: Settings
    retest: Retest
    limits_hash: str
    fitted_pad: str
    pad_limits: Mapping[Key, tuple[PadLimit, ...]]
    source: str

    @classmethod
    def from_files(cls, directory: Path) -> "Product":
        """Read a definition from its directory; see `load_product`."""
        from rig.product.loader import load_product  # the loader builds products, so it imports this file

        return load_product(directory)

    def with_pad(self, pad: str) -> "Product":
        """Give the same product with another pad fitted.

        Raises ConfigError for a pad it doesn't have.
        """
        if pad not in self.pads:
            raise ConfigError(f"pad {pad!r}: {self.name} has {', '.join(self.pads)}")
        return replace(self, fitted_pad=pad)

    def with_rule(self, plan: str, rule: PlanRule) -> "Product":
        """Give the same product with the rule of one more plan."""
        return replace(self, plans={**self.plans, plan: rule})

    @property
    def pad(self) -> Pad:
        """The pad fitted in the nest."""
        return self.pads[self.fitted_pad]

    def limit(self, id: str, **conditions: Condition) -> Limit:
        """Look up the limit of a measurement at these conditions, with the fitted pad.

        Raises ConfigError, naming id and conditions, when there is none.
        """
        for candidate in self.pad_limits.get(key_of(id, conditions), ()):
            if candidate.holds_for(self.fitted_pad):
                return candidate.limit
        where = f"{id} ({condition_text(conditions) or 'no conditions'}, pad {self.fitted_pad} fitted)"
        if id not in self.measurements:
            raise ConfigError(f"{where}: no such measurement id in {self.source}/measurements.toml")
        names = self.condition_names(id)
        hint = f"; its conditions are {', '.join(names)}" if set(names) != set(conditions) else ""
        raise ConfigError(f"{where}: no limit in {self.source}/limits.toml{hint}")

    def energy(self, plan: str) -> Energy:
        """What one energising may take in that plan."""
        rule = self.plans.get(plan)
        return self.settings.energy if rule is None or rule.energy is None else rule.energy

    @property
    def releasing(self) -> tuple[str, ...]:
        """The plans that must all have passed a unit before it is passed."""
        return tuple(name for name, plan in self.plans.items() if plan.releases)

    def made_with(self, id: str) -> frozenset[str]:
        """Name the instruments and sensors that a reading depends on: those declared, and those of its budget."""
        lines = self.budgets[id].lines if id in self.budgets else ()
        of_budget = {name for line in lines for name in (line.instrument, line.sensor) if name is not None}
        return frozenset(of_budget).union(self.measurements[id].made_with)

    def envelopes(self, plan: str) -> dict[str, dict[str, float]]:
        """The most that each supply may give in that plan: volts, amperes, bench seconds, degrees Celsius."""
        settings, energy = self.settings, self.energy(plan)
        most = {
            "battery": (max(self.battery.full_volts, settings.supply.volts), settings.supply.limit_amperes),
            "charger": (settings.charger.volts, settings.charger.limit_amperes),
        }
        return {
            source: {
                "volts": volts,
                "amperes": amperes,
                "seconds": energy.max_seconds,
                "celsius": energy.max_celsius,
            }
            for source, (volts, amperes) in most.items()
        }

    def condition_names(self, id: str) -> tuple[str, ...]:
        """Name the conditions a measurement is taken at, in their order.

        Raises ConfigError for an unknown id.
        """
        if id not in self.measurements:
            raise ConfigError(f"{id}: no such measurement id in {self.source}/measurements.toml")
        return self.measurements[id].conditions

    def limits_for(self, plan: str | None = None) -> tuple[Limit, ...]:
        """List the limits a plan must at least measure with the fitted pad, or all that hold for that pad.

        Measurements that need a heater are left out when the pad has none. Raises ConfigError for an unknown
        plan, and for one that can't run with this pad.
        """
        if plan is None:
            return tuple(
                candidate.limit
                for candidates in self.pad_limits.values()
                for candidate in candidates
                if candidate.holds_for(self.fitted_pad)
            )
        if plan not in self.plans:
            raise ConfigError(f"plan {plan!r}: {self.name} has {', '.join(self.plans)}")
        if self.fitted_pad not in self.plans[plan].pads:
            pads = ", ".join(self.plans[plan].pads)
            raise ConfigError(f"plan {plan} runs with the pads {pads}, not {self.fitted_pad}")
        return tuple(
            self.limit(id_, **conditions)
            for id_, conditions in self.plans[plan].expected()
            if self.pad.heated or not self.measurements[id_].needs_heater
        )


def hash_of(limits: tuple[PadLimit, ...]) -> str:
    """SHA-256 over what the limits say, whatever their order in the file; texts about them don't count."""
    rows = sorted(
        json.dumps(
            [
                entry.limit.id,
                sorted(entry.limit.conditions.items()),
                sorted(entry.pads),
                entry.limit.unit,
                entry.limit.low,
                entry.limit.high,
                entry.limit.one_of and list(entry.limit.one_of),
                entry.limit.safety,
                entry.limit.requirement,
                entry.limit.rule,
            ]
        )
        for entry in limits
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
