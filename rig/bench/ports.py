"""The ports that one owner has opened, to be given back in reverse order."""

from collections.abc import Callable
from typing import TypeVar

from rig.errors import BenchError

Opened = TypeVar("Opened")


class Ports:
    """What was opened, and how each is closed."""

    def __init__(self) -> None:
        self._closers: list[Callable[[], None]] = []

    def add(self, opened: Opened, close: Callable[[], None]) -> Opened:
        """Remember how to close what was just opened, and give it back."""
        self._closers.append(close)
        return opened

    def close(self) -> None:
        """Close all, the youngest first, each whatever became of the others."""
        for close in reversed(self._closers):
            try:
                close()
            except BenchError:
                continue  # a port that is lost already is closed
        self._closers.clear()
