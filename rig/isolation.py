"""Whose code runs: that of this installation, and nothing from the directory that somebody happens to stand in."""

import contextlib
import os
import sys

from rig.errors import UsageError

HERE = os.path.realpath(os.path.join(os.path.dirname(__file__), os.pardir))


def own_module(name: str, *arguments: str) -> list[str]:
    """The command line of a module of ours, deaf to working directory, environment and the user's own packages."""
    return [os.path.abspath(sys.executable), "-I", "-m", name, *arguments]


def leave_callers_path() -> None:
    """Take the caller's directory, and what PYTHONPATH names, off the path that modules are looked for on."""
    callers = _callers_places()
    sys.path[:] = [place for place in sys.path if place and os.path.realpath(place) not in callers]


def require_own_modules() -> None:
    """Leave the caller's path; raises UsageError when a module has been taken from there already."""
    leave_callers_path()
    callers = _callers_places()
    for name, module in tuple(sys.modules.items()):
        found = getattr(module, "__file__", None)
        if found is None or "." in name or name == "__main__":
            continue
        place, file = os.path.split(os.path.realpath(found))
        if file.startswith("__init__."):
            place = os.path.dirname(place)
        if place in callers:
            raise UsageError(f"module {name} was loaded from {place}: start the rig without PYTHONPATH, or elsewhere")


def _callers_places() -> set[str]:
    """Directories that are the caller's, not the interpreter's and not ours."""
    given = list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    with contextlib.suppress(OSError):  # a directory that was removed under us
        given.append(os.getcwd())
    kept = tuple(os.path.join(os.path.realpath(prefix), "") for prefix in (sys.prefix, sys.base_prefix))
    places = {os.path.realpath(place) for place in given}
    return {place for place in places if place != HERE and not place.startswith(kept)}
