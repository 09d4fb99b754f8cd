"""The guard's process, from outside: found where one guards this bench already, started where none does."""

import contextlib
import json
import os
import signal
import socket
import subprocess
from typing import Any, cast

import rig.errors
from rig.bench.guard.place import Contact, contact_file, read_contact
from rig.bench.guard.settings import GuardSettings
from rig.errors import BenchError, ConnectionLost, RigError
from rig.isolation import own_module
from rig.lines import first_line

START_WALL_SECONDS = 60.0
END_WALL_SECONDS = 10.0


class GuardProcess:
    """A guard that imports while its station isn't known yet, and then guards it.

    It outlives us: whatever becomes of the run, it makes safe and ends by itself.
    """

    def __init__(self) -> None:
        """Start the process; doesn't wait for it."""
        self._lingers = False
        self._begun = False
        self._met = False
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            own_module("rig.bench.guard"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at the terminal is for the run
        )

    def begin(self, settings: GuardSettings) -> None:
        """Let it guard a bench; doesn't wait for it, and a second call does nothing."""
        if not self._begun:
            self._begun = True
            self._lingers = settings.linger_seconds > 0.0
            self._say(json.dumps(settings.as_json()).encode() + b"\n")

    def guard(self, settings: GuardSettings) -> Contact:
        """Let it guard a bench and wait until that is safe; raises what kept it from it."""
        self.begin(settings)
        self._met = True
        return _contact(first_line(self._process.stdout, START_WALL_SECONDS))

    def close(self) -> None:
        """Wait for the end of a guard whose clients have gone; one that nobody needed ends at once.

        One that lingers for the next run is left alone.
        """
        self._let_go()
        if self._begun and not self._met:
            self._process.terminate()  # nobody will come: it makes safe and ends
        if not self._lingers or not self._met:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_WALL_SECONDS)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def _let_go(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _say(self, text: bytes) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # a guard that died at once tells why in its first line
                self._process.stdin.write(text)
                self._process.stdin.close()


def running_guard(settings: GuardSettings) -> Contact | None:
    """Find the guard that guards this bench already; None when there is none that answers its door."""
    contact = read_contact(contact_file(settings.addresses))
    if contact is None:
        return None
    try:
        socket.create_connection(("127.0.0.1", contact.port), timeout=2.0).close()
    except OSError:
        return None
    return contact


def end_guard(pid: int) -> None:
    """End a guard that doesn't answer; the watchdog relay has the energy meanwhile."""
    with contextlib.suppress(OSError):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _contact(line: bytes) -> Contact:
    try:
        found = cast("dict[str, Any]", json.loads(line))
    except ValueError as error:
        raise ConnectionLost("guard: its process ended before it could guard anything; see its messages") from error
    if "error" in found:
        kind: Any = getattr(rig.errors, str(found["error"]), BenchError)
        known = isinstance(kind, type) and issubclass(kind, RigError)
        raise (kind if known else BenchError)(str(found["message"]))
    return Contact(int(found["port"]), str(found["token"]), int(found["pid"]))
