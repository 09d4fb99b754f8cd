"""What a run hands to pytest."""

from importlib import import_module
from types import FunctionType, ModuleType

from rig.run.command import fixture_modules, gathered_fixtures


def test_every_fixture_and_hook_is_in_one_plug_in_and_nothing_else():
    gathered = {name: value for name, value in vars(gathered_fixtures()).items() if not name.startswith("__")}
    assert {"run", "bench", "unit", "power", "measure", "vibration", "environment"} <= set(gathered)
    hooks = {name: gathered.pop(name) for name in list(gathered) if name.startswith("pytest_")}
    assert list(hooks) == ["pytest_rig_warmth"]
    assert not [name for name, value in gathered.items() if isinstance(value, type | ModuleType | FunctionType)]
    homes = {name: [] for name in gathered}
    for module in map(import_module, fixture_modules()):
        for name, value in vars(module).items():
            if value is gathered.get(name):
                homes[name].append(module.__name__)
    assert all(len(modules) == 1 for modules in homes.values()), homes
