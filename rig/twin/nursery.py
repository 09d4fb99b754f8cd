"""Many twins, one after the other, each forked from a process that has already imported everything.

Reads one JSON object a line from standard input and answers each with one on standard output:
`{"op": "unit", "arguments": [...]}` forks a twin and answers its addresses and its `pid`; `{"op": "end", "pid": N}`
ends it. End of input ends everything.
"""

import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, cast

Serve = Callable[[Sequence[str]], int]


class Nursery:
    """Forks twins; each one's standard input stays open for as long as the nursery lives."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._inputs: dict[int, int] = {}

    def run(self) -> int:
        """Answer requests until end of input."""
        for line in sys.stdin:
            print(json.dumps(self._answer(cast("dict[str, Any]", json.loads(line)))), flush=True)
        for pid in list(self._inputs):
            self._end(pid)
        return 0

    def _answer(self, request: dict[str, Any]) -> dict[str, object]:
        if request["op"] == "end":
            self._end(int(request["pid"]))
            return {"ended": request["pid"]}
        return self._begin([str(argument) for argument in request["arguments"]])

    def _begin(self, arguments: list[str]) -> dict[str, object]:
        hold_read, hold_write = os.pipe()
        said_read, said_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                for held in (hold_write, said_read, *self._inputs.values()):
                    os.close(held)
                os.dup2(hold_read, 0)
                os.dup2(said_write, 1)
                sys.stdin = os.fdopen(0, closefd=False)
                sys.stdout = os.fdopen(1, "w", closefd=False)
                status = self._serve(arguments)
            except BaseException:
                traceback.print_exc()  # nobody else would tell
            finally:
                os._exit(status)
        os.close(hold_read)
        os.close(said_write)
        with os.fdopen(said_read) as said:
            addresses = said.readline()
        self._inputs[pid] = hold_write
        if not addresses:
            self._end(pid)
            return {"error": f"the twin refused {arguments}"}
        return {"pid": pid, **cast("dict[str, object]", json.loads(addresses))}

    def _end(self, pid: int) -> None:
        hold = self._inputs.pop(pid, None)
        if hold is None:
            return
        os.close(hold)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
