"""stdout and stderr that may go away: a closed pipe or a full disk stops no command."""

import io
import os
import sys
from typing import Any


class Unfailing(io.RawIOBase):
    """A descriptor written to as long as somebody takes it; then everything is let go, and `lost` says why."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.lost: str | None = None
        self._descriptor = descriptor

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether a person sits there."""
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Write what can be written; claims that all was, once nobody takes it."""
        count = len(memoryview(data))
        if self.lost is not None:
            return count
        try:
            return os.write(self._descriptor, data)
        except OSError as error:
            self.lost = error.strerror or str(error)
            return count


def unfailing(descriptor: int) -> io.TextIOWrapper:
    """Return a text stream on a descriptor that never raises for want of a reader."""
    raw = Unfailing(descriptor)
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, errors="backslashreplace", line_buffering=True, write_through=False)


def install() -> None:
    """Put such streams in the place of stdout and stderr; one that was closed when we started leads nowhere."""
    occupy()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison] - None where it was closed
            stream.flush()
    sys.stdout, sys.stderr = unfailing(1), unfailing(2)


def occupy() -> None:
    """Lead stdin, stdout and stderr nowhere where they are closed: no file of ours may get their numbers."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
            os.set_inheritable(descriptor, True)
