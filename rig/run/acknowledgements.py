"""What an outside observer is told once it is durable: one line of JSON each, after the commit has returned."""

import contextlib
import os
import select
from collections.abc import Sequence
from pathlib import Path

from rig.errors import UsageError
from rig.record import Draft, RunRecord
from rig.record.projection import MEASURED, RUN_BEGUN, RUN_ENDED, TEST_ENDED
from rig.record.text import canonical

PATIENCE_WALL_SECONDS = 1.0  # with a listener that doesn't read
TOLD = frozenset((MEASURED, TEST_ENDED, RUN_ENDED))


class Acknowledgements:
    """Lines in a file, a named pipe or `/dev/fd/N`, each in one write and never held back.

    Every line has `acknowledged`, the kind of event, and `run`; a measurement's has all that the journal holds of it.
    """

    def __init__(self, path: Path) -> None:
        """Open it, made where missing; raises UsageError. A named pipe waits for its reader."""
        try:
            self._descriptor: int | None = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(
                f"--acknowledge {str(path)!r}: {error.strerror}; name a file that can be written"
            ) from error
        os.set_blocking(self._descriptor, False)

    def follow(self, run: RunRecord, serial: str) -> None:
        """Tell that the run has begun, which is durable by now, and from now on whatever becomes durable."""
        run.on_durable = self._durable
        body = canonical({"serial": serial, "attempt": run.attempt})
        self._write(_line(RUN_BEGUN, run.run_id, body))

    def close(self) -> None:
        """Give it back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _durable(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            if draft.kind in TOLD:
                self._write(_line(draft.kind, draft.run, draft.body))

    def _write(self, line: bytes) -> None:
        try:
            while line and self._descriptor is not None:
                if not select.select([], [self._descriptor], [], PATIENCE_WALL_SECONDS)[1]:
                    raise TimeoutError("nobody reads")
                with contextlib.suppress(BlockingIOError):
                    line = line[os.write(self._descriptor, line) :]
        except OSError:
            self.close()  # nobody listens any more; the record stands without


def _line(kind: str, run: str, body: str) -> bytes:
    """Put kind and run before what the body holds; it has a key at least."""
    start = canonical({"acknowledged": kind, "run": run})
    return f"{start[:-1]},{body[1:]}\n".encode("ascii")
