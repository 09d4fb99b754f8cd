"""Names that outlive a power failure: a file's own sync leaves the entry in its directory behind."""

import os
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable, where it can be opened; raises OSError."""
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except PermissionError:  # Windows opens none, and one can be written that can't be read
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directories(*paths: Path, mode: int = 0o777) -> None:
    """Make directories, and those above them that are missing, durably; raises OSError."""
    missing = [one for path in paths for one in (path, *path.parents) if not one.exists()]
    for path in paths:
        path.mkdir(mode, parents=True, exist_ok=True)
    for parent in dict.fromkeys(one.parent for one in missing):
        sync_directory(parent)
