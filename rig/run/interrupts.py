"""Ctrl-C and SIGTERM as an orderly end of a run: the first stops it, later ones don't disturb making safe."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Turn the first SIGINT or SIGTERM into a KeyboardInterrupt, unless the run is recording or ending.

    While `held`, the signal is noted and raised afterwards, so that no transaction is torn. After `finish`
    it is only noted: teardown, which makes the bench safe, is never cut short.
    """

    def __init__(self, noted: Callable[[str], None]) -> None:
        self._noted = noted
        self._before: dict[int, object] = {}
        self._holding = 0
        self._pending = False
        self._spent = False

    def install(self) -> None:
        """Take over both signals; only the main thread may."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._arrived)

    def restore(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        self._before.clear()

    def finish(self) -> None:
        """From now on nothing is cut short any more."""
        self._spent = True

    @contextmanager
    def held(self) -> Generator[None]:
        """Let nothing interrupt the block; what arrived meanwhile is raised at its end."""
        self._holding += 1
        try:
            yield
        finally:
            self._holding -= 1
        if self._pending and not self._holding:
            self._pending = False
            raise KeyboardInterrupt

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        self._noted("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)
        if self._spent:
            return
        self._spent = True
        if self._holding:
            self._pending = True
        else:
            raise KeyboardInterrupt
