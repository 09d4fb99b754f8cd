"""Files of a report: written whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from rig.errors import RigError

REPORTS = "reports"  # of a record
_PLAIN_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
_DEVICE_NAME = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # Windows opens these as devices


@contextmanager
def reported(path: Path) -> Generator[None]:
    """Turn the errors of the disk into one-line RigErrors."""
    try:
        yield
    except OSError as error:
        place = error.filename or path
        raise RigError(f"report {place}: {error.strerror}; {_advice(error)}") from error


def _advice(error: OSError) -> str:
    elsewhere = "have the page written elsewhere: rig report SERIAL --output DIR"
    return f"free some space, or {elsewhere}" if error.errno in (errno.ENOSPC, errno.EDQUOT) else elsewhere


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the old one or the new one; return its path. Raises RigError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with reported(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def place_beside(source: Path, target: Path) -> None:
    """Let a large file appear in the report, linked where the disk can, copied elsewhere. Raises RigError."""
    if target.exists():
        return
    with reported(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, target)


def directory_name(serial: str) -> str:
    """Return the directory of a unit's report: its serial, where that is a plain name.

    Raises RigError otherwise: a serial is a label's text, and must not lead out of the reports.
    """
    if not _PLAIN_NAME.fullmatch(serial) or _DEVICE_NAME.fullmatch(serial):
        raise RigError(f"serial {serial!r}: can't name a report; a serial has letters, digits, '.', '_', '-'")
    return serial


def page_path(data: Path, serial: str, output: Path | None = None) -> Path:
    """Return where a unit's page is: below the record in that directory, or below `output`. Raises RigError."""
    place = data / REPORTS if output is None else output.absolute()
    return place / directory_name(serial) / "index.html"
