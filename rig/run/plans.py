"""Which plan is run: one of those that come with the rig, by its name, or any directory, by its path."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from rig.errors import UsageError
from rig.product.own_plan import FILE
from rig.product.place import BUILT_IN

DEFAULT_PLAN = "production"
PLANS = "test_plans"
LONGEST_NAME = 60


def plans_root() -> Path:
    """Where the plans live: the package `test_plans`."""
    spec = find_spec(PLANS)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise UsageError(f"no package {PLANS} beside {sys.prefix}: is the rig installed?")
    return Path(places[0])


def known_plans() -> list[str]:
    """Name every plan that has at least one test file."""
    return sorted({path.parent.name for path in plans_root().glob("*/test_*.py")})


def find_plan(asked: str, product: Path | None = None) -> tuple[str, Path]:
    """Return name and directory of a plan, which was asked for by name or by path.

    Raises UsageError for an unknown one, and for a directory that only has the name of a plan of the rig's.
    """
    if asked in known_plans():
        return asked, plans_root() / asked
    directory = Path(asked)
    if not directory.is_dir():
        known = ", ".join(known_plans()) or "none"
        what = "is a file; give its directory" if directory.is_file() else "unknown"
        raise UsageError(f"--plan {asked!r}: {what}; known plans: {known}, or the path of a directory with tests")
    directory = Path(os.path.realpath(directory))
    return name_of(directory, product), directory


def name_of(directory: Path, product: Path | None) -> str:
    """Return the name of a plan by its directory; raises UsageError for one that would be taken for another."""
    name = directory.name
    if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
        raise UsageError(f"--plan {name[:LONGEST_NAME]!r}: a plan has its directory's name, of plain text; rename it")
    ours = plans_root() / name
    if product in (None, BUILT_IN) and name in known_plans() and not os.path.samefile(directory, ours):
        raise UsageError(f"--plan {directory}: isn't the rig's own plan {name}; rename the directory, or --plan {name}")
    return name


def directory_of(path: Path) -> Path:
    """Return the directory of the plan that a file or directory belongs to.

    It is the one below the last `test_plans` of its path, else the nearest one that has a plan.toml, else its own.
    """
    place = path if path.is_dir() else path.parent
    parts = place.parts
    if PLANS in parts:
        last = len(parts) - parts[::-1].index(PLANS)
        return Path(*parts[: last + 1])
    return next((one for one in (place, *place.parents) if (one / FILE).is_file()), place)
