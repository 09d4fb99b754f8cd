"""A terminal that is closed in the middle of a run: an orderly end, recorded, and safe."""

import os
import pty
import select
import signal
import sys
import time

import pytest

from rig.record import Record

SERIAL = "VS1-2026-000001"
WALL_SECONDS = 60.0


def at_a_terminal(*arguments):
    """Start `rig` as the leader of a terminal of its own; its process id and the terminal's other end."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "rig.cli", *arguments])  # noqa: S606 - our own module
    return pid, master


def read_until(master, text):
    """Read what is shown until a text is there."""
    shown, deadline = b"", time.monotonic() + WALL_SECONDS
    while text not in shown and time.monotonic() < deadline:
        if select.select([master], [], [], 1.0)[0]:
            shown += os.read(master, 65536)
    assert text in shown, shown[-500:]


def ended(pid):
    """The exit status of a process that is about to end."""
    deadline = time.monotonic() + WALL_SECONDS
    while time.monotonic() < deadline:
        known, status = os.waitpid(pid, os.WNOHANG)
        if known:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)  # noqa: TID251 - wall time of another process
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


@pytest.mark.skipif(os.name == "nt", reason="there are no terminals of this kind")
def test_a_closed_terminal_interrupts_the_run(tmp_path):
    pid, master = at_a_terminal("test", SERIAL, "--data", str(tmp_path), "--pace", "10")
    read_until(master, b"boot.time")
    os.close(master)
    assert ended(pid) == 2
    with Record.open(tmp_path) as record:
        (attempt,) = record.attempts(SERIAL)
    assert attempt.verdict == "INTERRUPTED"
    assert any("terminal was closed" in reason for reason in attempt.reasons), attempt.reasons
