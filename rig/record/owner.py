"""Who owns an open run: a lock that the operating system frees when its process dies, however it dies."""

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from rig.record.text import canonical

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class RunLock:
    """Held from before a run's first event until after its last.

    A process id would not do: ids come again, and two containers may share one record.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor
        self._state: dict[str, object] = {}

    @classmethod
    def take(cls, directory: Path, run_id: str) -> "RunLock | None":
        """Take the run's lock; None while a living process holds it. Raises OSError."""
        path = directory / f"{run_id}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if _try_lock(descriptor):
            return cls(path, descriptor)
        os.close(descriptor)
        return None

    @staticmethod
    def held(directory: Path, run_id: str) -> bool:
        """Return whether a living process of this machine holds the run's lock; nothing is written. Raises OSError."""
        try:
            descriptor = os.open(directory / f"{run_id}.lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)

    @property
    def state(self) -> dict[str, Any]:
        """What its last holder noted last; nothing where it noted nothing."""
        try:
            with self._path.open("rb") as file:
                found: object = json.loads(file.readline())
        except (OSError, ValueError):
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def note(self, state: Mapping[str, object]) -> None:
        """Keep what is going on where it outlives the process, though not a power failure; one write, no flush."""
        if self._descriptor is not None:
            self._state |= state
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            with contextlib.suppress(OSError):  # a full disk stops the next commit, not this
                os.write(self._descriptor, f"{canonical(self._state)}\n".encode("ascii"))

    def release(self) -> None:
        """Let go and clear away; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._path.unlink(missing_ok=True)
