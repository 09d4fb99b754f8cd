"""The bench of a run without a station file: a twin of our own, in its own process."""

import contextlib
import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from rig.errors import ConnectionLost, UsageError
from rig.isolation import own_module
from rig.lines import first_line

BOOT_WALL_SECONDS = 60.0
STOP_WALL_SECONDS = 2.0
USAGE = 64
TWIN = "twin"  # its station's name


class BuiltinTwin:
    """`python -m rig.twin` as a child: it boots while the run still imports, and ends with its input."""

    def __init__(
        self,
        serial: str,
        seed: int,
        *,
        defects: Sequence[str] = (),
        pad: str | None = None,
        pace: float | None = None,
    ) -> None:
        """Start the process; doesn't wait for it."""
        command = own_module("rig.twin", "--serial", serial, "--seed", str(seed))
        for defect in defects:
            command += ["--defect", defect]
        if pad is not None:
            command += ["--pad", pad]
        # 0 is the twin's word for as fast as it can be computed
        command += ["--pace", repr(pace or 0.0), "--driven"]
        self._trouble = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._addresses: dict[str, str] | None = None
        # a session of its own: Ctrl-C at the terminal is for the run, which makes the bench safe first
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._trouble,
            start_new_session=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def addresses(self) -> dict[str, str]:
        """Wait for the twin to be ready and return its addresses by role, and `station`, `clock`, `control`.

        Raises UsageError when it refused its arguments, ConnectionLost when it doesn't come up.
        """
        if self._addresses is None:
            line = first_line(self._process.stdout, BOOT_WALL_SECONDS)
            try:
                self._addresses = cast("dict[str, str]", json.loads(line))
            except ValueError as error:
                raise self._refusal(line) from error
        return self._addresses

    @property
    def station(self) -> Path:
        """The station file the twin wrote for its instruments."""
        return Path(self.addresses()["station"])

    def close(self) -> None:
        """End it: end of input, then SIGTERM, then SIGKILL; returns when it is gone."""
        process = self._process
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        for stronger in (process.terminate, process.kill, process.kill):
            self._await_end_of_output()
            try:
                process.wait(STOP_WALL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                stronger()
        if process.stdout is not None:
            process.stdout.close()
        self._trouble.close()

    def _await_end_of_output(self) -> None:
        """Wait for what comes with its end; waiting for the process itself looks only now and then."""
        if self._process.stdout is None or self._process.stdout.closed:
            return
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + STOP_WALL_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while selector.select(max(0.0, deadline - time.monotonic())):
                if not os.read(descriptor, 65536):
                    return

    def _refusal(self, line: bytes) -> ConnectionLost | UsageError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_WALL_SECONDS)
        self._trouble.seek(0)
        text = (self._trouble.read() or line).decode("utf-8", "backslashreplace").strip()
        last = text.splitlines()[-1].removeprefix("rig twin: ") if text else ""
        if self._process.returncode == USAGE:
            return UsageError(last)
        return ConnectionLost(
            f"built-in twin: not ready (exit {self._process.returncode}): {last or 'it said nothing'}"
        )
