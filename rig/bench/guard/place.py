"""Where the guard of a bench is found: a small file that only its owner can read, with port and token."""

import getpass
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from rig.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a guard on this machine; `token` must be shown first."""

    port: int
    token: str
    pid: int


def contact_file(addresses: Mapping[str, str]) -> Path:
    """The file of the bench with these instrument addresses; its directory is made where missing.

    Raises ConfigError when somebody else could read or write there.
    """
    text = json.dumps(dict(sorted(addresses.items()))).casefold()
    return _directory() / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.json"


def write_contact(path: Path, contact: Contact) -> None:
    """Leave it there whole, or not at all; readable by its owner alone."""
    draft = path.with_suffix(f".{contact.pid}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(contact), file)
    draft.replace(path)


def read_contact(path: Path) -> Contact | None:
    """What is written there; None without such a file."""
    try:
        found = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
        return Contact(int(found["port"]), str(found["token"]), int(found["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _directory() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    base = given if os.path.isabs(given) else tempfile.gettempdir()  # its standard: a relative one isn't valid
    path = Path(base) / f"vibrosculpt-guard-{getpass.getuser()}"
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise ConfigError(f"guard: {path}: {error.strerror}; give a private directory in XDG_RUNTIME_DIR") from error
    mine = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077)
    if not stat.S_ISDIR(found.st_mode) or not mine:
        raise ConfigError(f"guard: {path} isn't ours alone (owner and mode 0700); remove it, then try again")
    return path
