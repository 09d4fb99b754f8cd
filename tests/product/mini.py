"""A second product: a massager with two levels and serials of its own, which the VS-1's twin can play.

Everything that isn't about levels, limits or serials is the VS-1's, so that the machinery is tested, not a copy.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomlkit

from rig.product.place import BUILT_IN

LEVELS = (2, 4)
FACTS = {"name": "Mini", "title": "VibroSculpt Mini", "serial_pattern": r"MN\d{2}-\d{4}", "first_serial": "MN26-0001"}
PLAN = Path(__file__).with_name("mini_plan")


def write_mini(directory: Path) -> Path:
    """Write its definition there; returns the directory."""
    directory.mkdir()
    for path in BUILT_IN.glob("*.toml"):
        tables = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
        CHANGES.get(path.name, lambda _: None)(tables)
        (directory / path.name).write_text(tomlkit.dumps(tables), encoding="utf-8")
    return directory


def _facts(tables: dict[str, Any]) -> None:
    tables |= FACTS


def _levels(tables: dict[str, Any]) -> None:
    tables["levels"] = {name: level for name, level in tables["levels"].items() if int(name) in LEVELS}


def _programs(tables: dict[str, Any]) -> None:
    for program in tables["programs"].values():
        program |= {"lowest_level": LEVELS[0], "highest_level": LEVELS[-1]}


def _measurements(tables: dict[str, Any]) -> None:
    tables["conditions"]["level"] = list(LEVELS)


def _limits(tables: dict[str, Any]) -> None:
    kept = []
    for limit in tables["limit"]:
        if "level" in limit.get("by", {}):
            by = limit["by"]["level"]
            limit["by"]["level"] = {name: by[name] for name in by if int(name) in LEVELS}
        if "level" in limit.get("conditions", {}):
            given = limit["conditions"]["level"]
            limit["conditions"]["level"] = [
                one for one in (given if isinstance(given, list) else [given]) if one in LEVELS
            ]
        if all(limit.get("by", {"any": 1}).values()) and all(limit.get("conditions", {"any": 1}).values()):
            kept.append(limit)
        if limit["id"] == "standby.current":
            limit["high"] = 39.0e-6
    tables["limit"] = kept


def _plans(tables: dict[str, Any]) -> None:
    rule = {"text": "What releases.", "releases": True, "pads": ["FLAT"], "minimum": {"boot.time": {}}}
    tables["plans"] = {"release": rule}


def _settings(tables: dict[str, Any]) -> None:
    for subject in tables.values():
        for key, value in subject.items():
            if key.rpartition("_")[2] == "level":
                subject[key] = LEVELS[0]
            elif key.rpartition("_")[2] == "levels":
                subject[key] = list(LEVELS)[: len(value)]


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "product.toml": _facts,
    "levels.toml": _levels,
    "programs.toml": _programs,
    "measurements.toml": _measurements,
    "limits.toml": _limits,
    "plans.toml": _plans,
    "settings.toml": _settings,
}
