"""A virtual line: as many lanes as there are cores, units handed out in order, outcomes as they come."""

import json
import os
import select
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from rig.errors import BenchError
from rig.prove.lane import Lane, cores
from rig.prove.unit import Outcome, VirtualUnit


def run_units(units: Sequence[VirtualUnit], plan: str, product: Path | None = None) -> Iterator[Outcome]:
    """Run units through a plan on all cores; yields outcomes in the order in which they end.

    Raises BenchError when a unit leaves no result, even at a second try, or a lane dies with units left.
    """
    places = cores()
    workers: dict[int, int] = {}
    owed: dict[int, int] = {}
    try:
        for index, core in enumerate(places[: len(units)]):
            share = units[index :: len(places)]
            pid, pipe = _fork_lane(share, plan, product, core)
            workers[pipe] = pid
            owed[pipe] = len(share)
        waiting = dict.fromkeys(workers, b"")
        while waiting:
            ready, _, _ = select.select(list(waiting), [], [])
            for pipe in ready:
                chunk = os.read(pipe, 1 << 20)
                if not chunk:
                    if owed[pipe]:  # a lot that came out smaller would look like a good one
                        raise BenchError(f"virtual line: a lane died with {owed[pipe]} units left; run the lot again")
                    del waiting[pipe]
                    continue
                *lines, waiting[pipe] = (waiting[pipe] + chunk).split(b"\n")
                owed[pipe] -= len(lines)
                for line in lines:
                    yield _outcome(line)
    finally:
        for pipe, pid in workers.items():
            os.close(pipe)  # a lane that still works ends at its next write
            os.waitpid(pid, 0)


def _fork_lane(units: Sequence[VirtualUnit], plan: str, product: Path | None, core: int | None) -> tuple[int, int]:
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    status = 1
    try:
        os.close(read)
        _work(units, plan, product, core, write)
        status = 0
    except BrokenPipeError:
        status = 0  # nobody wants to know any more
    finally:
        os._exit(status)


def _work(units: Sequence[VirtualUnit], plan: str, product: Path | None, core: int | None, write: int) -> None:
    try:
        lane = Lane(plan, core, product)
        for unit in units:
            try:
                outcome = lane.run(unit)
            except BenchError:
                outcome = lane.run(unit)  # a machine may stall once; twice is a finding
            os.write(write, json.dumps(outcome.as_json()).encode() + b"\n")
        lane.close()
    except (BenchError, OSError) as error:
        os.write(write, json.dumps({"error": str(error)}).encode() + b"\n")


def _outcome(line: bytes) -> Outcome:
    found = cast("dict[str, Any]", json.loads(line))
    if "error" in found:
        raise BenchError(str(found["error"]))
    return Outcome.from_json(found)
