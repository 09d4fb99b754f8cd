"""The body of a test: called once, in this process, and it says nothing by what it returns."""

import functools
import inspect
import os
from collections.abc import Generator

import pytest

from rig.run.outcome import PlanFault

NO_SUCH_PROCESS = 70  # a copy of the run that a plan has made by fork


class Body:
    """The hook around the call of a test's function."""

    def __init__(self) -> None:
        self._pid = os.getpid()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Raise PlanFault for a body that was never called, or that returned something; end a copy of the run."""
        called, returned = pyfuncitem.obj, list[object]()

        @functools.wraps(called)
        def watched(*arguments: object, **named: object) -> None:
            returned.append(called(*arguments, **named))

        pyfuncitem.obj = watched
        try:
            done = yield
        finally:
            pyfuncitem.obj = called
            if os.getpid() != self._pid:
                os._exit(NO_SUCH_PROCESS)  # record, bench and unit are the first one's
        if len(returned) != 1:
            raise PlanFault(f"its body was called {len(returned)} times, not once: a hook has taken its place")
        if inspect.iscoroutine(returned[0]):
            returned[0].close()
        if returned[0] is not None:
            raise PlanFault(f"it returned {returned[0]!r:.60}: a test measures, and returns nothing")
        return done
