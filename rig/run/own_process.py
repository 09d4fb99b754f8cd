"""A run in a process of its own: whatever ends that process, the command's status is a judgement's, or trouble."""

import contextlib
import ctypes
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from typing import IO, NoReturn, cast

from rig import errors
from rig.errors import ConfigError, RigError

Tell = Callable[[int, Mapping[str, object]], None]
HANG_UP = getattr(signal, "SIGHUP", None)
FORWARDED = (signal.SIGINT, signal.SIGTERM, *((HANG_UP,) if HANG_UP is not None else ()))
PARENT_DIES = 1  # PR_SET_PDEATHSIG, linux/prctl.h
INTERNAL = "internal error"


def can_fork() -> bool:
    """Whether this system lets us watch a run from outside; elsewhere it runs in the command's own process."""
    return hasattr(os, "fork") and hasattr(signal, "sigwaitinfo")


def in_own_process(work: Callable[[Tell], None], what: str) -> tuple[int, Mapping[str, object]]:
    """Do the work in a forked process; returns the last status and answer that it has told.

    What has been told counts, however the process ends after it. Signals go on to it, and if this process is killed,
    the other one ends in order. Raises the RigError that the work has raised; KeyboardInterrupt where it was
    interrupted; ConfigError, which names `what`, where its process ended without having told anything.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with tempfile.TemporaryFile() as told:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {*FORWARDED, signal.SIGCHLD})
        try:
            parent = os.getpid()
            child = os.fork()
            if child == 0:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                _work(work, told, parent)
            ended = _wait(child)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        told.seek(0)
        lines = [json.loads(line) for line in told.read().split(b"\n")[:-1]]
    for line in lines:
        if "error" in line:
            raise cast("type[RigError]", getattr(errors, line["kind"], ConfigError))(line["error"])
    answers = [line for line in lines if "status" in line]
    if answers:
        return answers[-1]["status"], answers[-1]["answer"]
    if lines:
        raise KeyboardInterrupt
    raise ConfigError(
        f"{what}: its process ended with {_how(ended)} and without a judgement; the run counts for nothing: "
        "look into the plan for what leaves Python (os._exit, exec, a crash)"
    )


def _work(work: Callable[[Tell], None], told: IO[bytes], parent: int) -> NoReturn:
    """In the forked process: work, tell, end; nothing returns from here."""

    def say(line: Mapping[str, object]) -> None:
        told.write(json.dumps(line).encode() + b"\n")
        told.flush()

    try:
        _end_with(parent)
        work(lambda status, answer: say({"status": status, "answer": answer}))
    except RigError as error:
        say({"error": str(error), "kind": type(error).__name__})
    except KeyboardInterrupt:
        say({"interrupted": True})
    except BaseException as error:  # a SystemExit of a plan, too: it must not look like a verdict
        import traceback

        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{os.path.basename(where.filename)}:{where.lineno}"
        say({"error": f"{INTERNAL}: {error!r} at {place}; please report it", "kind": "RigError"})
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(0)


def _end_with(parent: int) -> None:
    """Have this process interrupted in order, as by SIGTERM, once its parent has died."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIES, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise KeyboardInterrupt


def _wait(child: int) -> int:
    """Wait for the end of the child; what somebody sends meanwhile goes on to it. Its wait status."""
    while True:
        info = signal.sigwaitinfo({*FORWARDED, signal.SIGCHLD})
        if info.si_signo == signal.SIGCHLD:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return status
        elif info.si_code <= 0 or info.si_signo == HANG_UP:
            # from a process, or to the leader of a closed terminal alone; Ctrl-C reaches the child by itself
            os.kill(child, info.si_signo)


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
