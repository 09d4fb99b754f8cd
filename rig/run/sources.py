"""The files a run depends on, as they were when it was collected."""

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from rig.run.options import RunOptions
from rig.station import accuracy


def digests(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the SHA-256 of each file; empty for one that can't be read."""
    return {path: _digest(path) for path in sorted(set(paths))}


def changed(before: Mapping[Path, str]) -> tuple[str, ...]:
    """Name the files that have another content now, or none any more."""
    return tuple(path.name for path, digest in before.items() if _digest(path) != digest)


def depended_on(config: pytest.Config, options: RunOptions, product_directory: Path) -> Iterator[Path]:
    """Yield what decides beside the plan: fixtures, conftests, product definition, data sheets, station file."""
    modules = [module for name, module in sys.modules.items() if name.startswith("fixtures.")]
    modules += [plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, ModuleType)]
    for module in modules:
        place = Path(getattr(module, "__file__", None) or "")
        if module.__name__.startswith("fixtures.") or place.name == "conftest.py":
            yield place
    for directory in (product_directory, accuracy.DIRECTORY):
        yield from directory.glob("*.toml")
    if options.station is not None:
        yield options.station


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
