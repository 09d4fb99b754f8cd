"""Exceptions that no test sees: of its threads, of finalisers, of coroutines that nobody awaits."""

import sys
import threading
import warnings
from collections import deque
from types import TracebackType
from typing import Any

NEVER_AWAITED = r"coroutine .* was never awaited"


class Stray:
    """Keeps, between `install` and `restore`, what Python would only print, until somebody takes it."""

    def __init__(self) -> None:
        self._found: deque[str] = deque()
        self._before: tuple[Any, Any] | None = None
        self._warnings = warnings.catch_warnings()

    def install(self) -> None:
        """Take Python's own hooks over."""
        self._before = threading.excepthook, sys.unraisablehook
        threading.excepthook, sys.unraisablehook = self._in_thread, self._unraisable
        self._warnings.__enter__()
        warnings.filterwarnings("error", NEVER_AWAITED, RuntimeWarning)

    def restore(self) -> None:
        """Give them back."""
        if self._before is not None:
            threading.excepthook, sys.unraisablehook = self._before
            self._before = None
            self._warnings.__exit__(None, None, None)

    def take(self) -> list[str]:
        """Return what was found since the last time, one line each."""
        return [self._found.popleft() for _ in range(len(self._found))]

    def _in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        name = "a thread" if arguments.thread is None else f"thread {arguments.thread.name}"
        self._keep(f"{name} ended in", arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _unraisable(self, arguments: "sys.UnraisableHookArgs") -> None:
        what = arguments.err_msg or "while an object was deleted"
        self._keep(f"{what}:", arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _keep(
        self, what: str, kind: type[BaseException], value: BaseException | None, where: TracebackType | None
    ) -> None:
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        at = "" if where is None else f" at {where.tb_frame.f_code.co_filename.rpartition('/')[2]}:{where.tb_lineno}"
        self._found.append(f"{what} {kind.__name__}: {' '.join(str(value or '').split())}{at}")
