"""What every command gives back: one JSON object where asked for, and nothing else on stdout then."""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Generator, Mapping

import click

from rig.errors import RigError


@contextlib.contextmanager
def answers(as_json: bool, interrupted: Mapping[str, object] | None = None) -> Generator[Callable[[object], None]]:
    """Yield a function for the one JSON object; with --json everything else that is printed goes to stderr.

    File descriptor 1 itself is moved, so that no library and no child can spoil the answer. What is said after
    Ctrl-C or SIGTERM begins with `interrupted`.
    """
    if not as_json:
        yield lambda _answer: None
        return
    given: list[object] = []
    sys.stdout.flush()
    real = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield given.append
    except RigError as error:
        given[:] = [{"ok": False, "error": str(error)}]
        raise
    except KeyboardInterrupt as error:
        given[:] = [{"ok": False, **(interrupted or {}), "error": "interrupted"}]
        raise click.Abort from error
    finally:
        os.dup2(real, 1)
        os.close(real)
        if given:
            sys.stdout.write(json.dumps(given[-1]) + "\n")
            sys.stdout.flush()
