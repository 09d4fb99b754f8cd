"""One bench guarded by this process: its door, its signals, its black box."""

import contextlib
import json
import os
import secrets
import signal
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from rig.bench.guard.custody import Custody, Trip
from rig.bench.guard.leases import Lease
from rig.bench.guard.place import Contact, contact_file, write_contact
from rig.bench.guard.server import GuardServer
from rig.bench.guard.settings import GuardSettings
from rig.bench_clock import BenchClock
from rig.clock import AttendingClock, WallClock
from rig.errors import RigError

NAME = "guard"  # among the participants in bench time
FAILED = 2
START_OF_LINE = "\r\x1b[2K"


def guard(settings: GuardSettings, out: TextIO) -> int:
    """Guard one bench; tells `out` in one line how to be reached."""
    for number in (signal.SIGINT, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGINT,):
        signal.signal(number, signal.SIG_IGN)  # meant for the run, which then ends its lease
    listener = socket.create_server(("127.0.0.1", 0))
    token = secrets.token_urlsafe(32)
    contact = Contact(listener.getsockname()[1], token, os.getpid())
    clock: AttendingClock | None = None
    try:
        settings.require_sane()
        path = contact_file(settings.addresses)
        twin = settings.clock
        clock = WallClock() if twin is None else BenchClock(twin, settings.clock_token, NAME, 0)
        custody = Custody(settings, clock, _black_box)
    except RigError as error:
        print(json.dumps({"error": type(error).__name__, "message": str(error)}), file=out, flush=True)
        if clock is not None:
            clock.close()
        return FAILED
    wake_read, wake_write = socket.socketpair()
    wake_write.setblocking(False)
    server = GuardServer(custody, clock, listener, wake_read, token, settings.linger_seconds)
    signal.set_wakeup_fd(wake_write.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda _number, _frame: server.stop())
    status = 0
    try:
        write_contact(path, contact)
        with contextlib.suppress(BrokenPipeError):  # who wanted us is dead: nobody will connect
            print(json.dumps(asdict(contact)), file=out, flush=True)
        server.serve()
    except RigError as error:
        _say(str(error))
        status = FAILED
    except Exception as error:  # a fault of ours; the outputs are off
        _say(f"failed, tell an engineer: {error!r}")
        status = FAILED
    finally:
        path.unlink(missing_ok=True)
        custody.close()
        clock.close()
        signal.set_wakeup_fd(-1)
        for end in (wake_read, wake_write, listener):
            end.close()
    return status


def _say(text: str) -> None:
    """Say it on a line of its own, whatever a run shows there; a terminal that has gone changes nothing."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{START_OF_LINE if sys.stderr.isatty() else ''}guard: {text}\n")


def _black_box(trip: Trip, lease: Lease) -> None:
    """Keep the event in the holder's record, now that the outputs are off; what can't be kept is said aloud."""
    _say(f"{'outputs off' if trip.confirmed else trip.message}: {trip.who}: {trip.reason}")
    if not lease.data or not Path(lease.data).is_dir():  # a check of the bench keeps no record
        return
    from rig.record import Record  # it takes a while to load

    try:
        with Record.open(Path(lease.data)) as record:
            record.note("guard.tripped", trip.as_json())
    except RigError as error:
        _say(f"black-box event not kept: {error}")
