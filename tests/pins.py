"""Pin every version, transitive ones too, in pyproject.toml: `uv run python -m tests.pins [--upgrade]`.

A lock file would carry the addresses of a registry, so it isn't committed; the pins carry versions alone. Without
`--upgrade` what uv has resolved last (uv.lock) is written down; with it, uv resolves the newest versions first.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = "vibrosculpt-rig"
BLOCK = re.compile(r"^constraint-dependencies = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)
TABLE = "[tool.uv]\n"
PYTHON = re.compile(r"python_full_version [<>=!]+ '[0-9.]+'")
NOT_OURS = frozenset({"pip", "setuptools", "wheel", "uv"})  # an environment's own tools


def pins_of(lock: Mapping[str, Any]) -> list[str]:
    """Return `name==version`, with a marker where versions differ between Pythons, for each locked package."""
    versions: dict[str, list[tuple[str, list[str]]]] = {}
    for package in lock["package"]:
        if "registry" in package["source"]:
            markers = package.get("resolution-markers", [])
            versions.setdefault(package["name"], []).append((package["version"], markers))
    return [
        f"{name}=={version}" + (f" ; {_pythons(markers)}" if len(found) > 1 else "")
        for name, found in sorted(versions.items())
        for version, markers in sorted(found)
    ]


def with_pins(project: str, pins: Iterable[str]) -> str:
    """Return the text of pyproject.toml with exactly these pins."""
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    bare = BLOCK.sub("", project)
    return bare.replace(TABLE, f"{TABLE}constraint-dependencies = [\n{lines}]\n" if lines else TABLE, 1)


def pinned(project: str) -> list[Requirement]:
    """Return the pins that hold for this Python."""
    table = tomllib.loads(project)["tool"]["uv"]
    requirements = map(Requirement, table.get("constraint-dependencies", []))
    return [one for one in requirements if one.marker is None or one.marker.evaluate()]


def installed() -> dict[str, str]:
    """Return the version of every installed distribution but our own and the environment's tools."""
    found = {canonicalize_name(one.name): one.version for one in metadata.distributions()}
    return {name: version for name, version in found.items() if name not in NOT_OURS | {PROJECT}}


def differences(pins: Iterable[Requirement], versions: Mapping[str, str]) -> list[str]:
    """Say what is installed in another version than pinned, or without a pin."""
    by_name = {canonicalize_name(pin.name): pin for pin in pins}
    return [
        f"{name} {version} is installed, pinned is {by_name[name].specifier if name in by_name else 'nothing'}"
        for name, version in sorted(versions.items())
        if name not in by_name or not by_name[name].specifier.contains(version, prereleases=True)
    ]


def main() -> int:
    """Write the pins and say how many they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="resolve the newest versions first")
    project = ROOT / "pyproject.toml"
    if parser.parse_args().upgrade:
        project.write_text(with_pins(project.read_text(), ()))
        subprocess.run(["uv", "lock", "--upgrade"], cwd=ROOT, check=True)
    pins = pins_of(tomllib.loads((ROOT / "uv.lock").read_text()))
    project.write_text(with_pins(project.read_text(), pins))
    print(f"{len(pins)} pins written")
    return 0


def _pythons(markers: list[str]) -> str:
    """Reduce uv's markers to their Python versions; platforms differ in no version of ours."""
    parts = [" and ".join(PYTHON.findall(marker)) for marker in markers]
    if not all(parts):
        raise ValueError(f"versions differ by more than the Python version: {markers}")
    return " or ".join(f"({part})" if " and " in part else part for part in dict.fromkeys(parts))


if __name__ == "__main__":
    sys.exit(main())
