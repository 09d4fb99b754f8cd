"""Ctrl-C, SIGTERM and a closed terminal end a run in order; later ones don't disturb making safe."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 2.0
NAMES = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM", "SIGHUP": "the terminal was closed"}
ROOT = Path(__file__).parents[2]
# what is going on in these must be finished: half an exchange would leave a reply for the next question,
# half a transaction a torn record
WHOLE = tuple(
    str(ROOT / place) for place in ("drivers/", "rig/bench/", "rig/bench_clock.py", "rig/clock.py", "rig/record/")
)


class Interrupts:
    """Turn the first SIGINT, SIGTERM or SIGHUP into a KeyboardInterrupt at the next moment that tears nothing apart.

    That moment comes with the next call or return outside drivers, clock and record, after two seconds at the
    latest. After `finish` a signal is only noted: teardown, which makes the bench safe, is never cut short.
    """

    def __init__(self, noted: Callable[[str], None]) -> None:
        self._noted = noted
        self._before: dict[int, object] = {}
        self._spent = False

    def install(self) -> None:
        """Take the signals over; only the main thread may."""
        handlers = dict.fromkeys(ending_signals(), self._arrived)
        if hasattr(signal, "SIGALRM"):
            handlers[signal.SIGALRM] = self._late
        for number, handler in handlers.items():
            self._before[number] = signal.signal(number, handler)

    def restore(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        self._before.clear()

    def finish(self) -> None:
        """From now on nothing is cut short any more."""
        self._spent = True
        self._disarm()

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        self._noted(NAMES[signal.Signals(number).name])
        if self._spent:
            return
        self._spent = True
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        sys.setprofile(self._stepped)

    def _stepped(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "return") and not _inside(frame.f_back):
            self._disarm()
            raise KeyboardInterrupt

    def _late(self, number: int, frame: FrameType | None) -> None:
        self._disarm()
        raise KeyboardInterrupt

    def _disarm(self) -> None:
        sys.setprofile(None)
        if self._before and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0.0)


def ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that ask a command to end; a closed terminal only where its caller cares (`nohup` doesn't)."""
    asked = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        asked.append(signal.SIGHUP)
    return tuple(asked)


def _inside(frame: FrameType | None) -> bool:
    """Whether something that must be finished is going on in this frame or below it."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(WHOLE):
            return True
        frame = frame.f_back
    return False
