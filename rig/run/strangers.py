"""Plug-ins of others have no part in a run: one could run a test again, in another order, or elsewhere."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

TRUSTED = ("_pytest", "pytest", "allure_pytest", "allure_commons", "rig", "fixtures", "reports", "test_plans")


def strangers(config: pytest.Config, plan: Path) -> list[str]:
    """Name the plug-ins that are neither the rig's, pytest's own, Allure's, the caller's nor the plan's own code."""
    brought = [id(one) for one in config.invocation_params.plugins or ()]
    found: list[str] = []
    for name, plugin in config.pluginmanager.list_name_plugin():
        if plugin is None or id(plugin) in brought:
            continue
        module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
        place = Path(getattr(module, "__file__", None) or "/").resolve()
        trusted = module is not None and module.__name__.partition(".")[0] in TRUSTED
        if not trusted and place.name != "conftest.py" and plan.resolve() not in place.parents:
            found.append(name)
    return found
