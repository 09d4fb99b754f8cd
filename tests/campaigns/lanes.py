"""A campaign on several lanes at once: points handed out, outcomes gathered, figures made of them."""

import argparse
import contextlib
import json
import os
import random
import selectors
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rig.record.signing import VARIABLE

Outcome = dict[str, Any]
Campaign = Callable[[random.Random, int], Iterator[Outcome]]
COUNTED = ("lost_measurements", "wrong_values", "false_pass", "left_energised", "unrecovered", "unverified", "hung")


def chosen(name: str, text: str | None, arguments: list[str], *, points: int = 20) -> argparse.Namespace:
    """Read the options that all campaigns share."""
    parser = argparse.ArgumentParser(prog=name, description=text)
    parser.add_argument("--points", type=int, default=points, help="how many strikes")
    parser.add_argument("--seed", type=int, default=1, help="draws units, victims and moments")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1, help="runs at once")
    return parser.parse_args(arguments)


def gathered(campaign: Campaign, options: argparse.Namespace) -> list[Outcome]:
    """Run the points, each lane in a process of its own, and show each as it ends.

    Keys and guards of the campaign live in a directory of its own.
    """
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="vibrosculpt-campaign-") as directory:
        os.environ[VARIABLE] = os.path.join(directory, "signing-key.pem")
        os.environ["XDG_RUNTIME_DIR"] = directory
        for outcome in _in_lanes(campaign, options):
            outcomes.append(outcome)
            told = {key: value for key, value in outcome.items() if not isinstance(value, dict)}
            shown = ", ".join(f"{key} {value}" for key, value in told.items() if value not in (None, "", False, 0))
            print(f"[{len(outcomes)}/{options.points}] {shown}", file=sys.stderr, flush=True)
    return outcomes


def figures(outcomes: Iterable[Outcome], options: argparse.Namespace, started: float) -> Outcome:
    """Sum up: counts over all points, times of the energised ones over all and for each victim."""
    told = list(outcomes)
    victims = sorted({one["victim"] for one in told})
    answer = {"points": len(told), **{key: sum(int(one[key]) for one in told) for key in COUNTED}}
    answer |= {key: sum(int(one[key]) for one in told) for key in ("acknowledged", "recovered", "left_running")}
    answer |= times(told)
    answer |= {victim: times([one for one in told if one["victim"] == victim]) for victim in victims}
    return answer | {"seed": options.seed, "seconds": round(time.monotonic() - started, 1)}


def times(told: list[Outcome]) -> Outcome:
    """How long it took until no energy could reach the unit, where it could before."""
    off = sorted(one["off_s"] for one in told if one["off_s"] is not None)
    return {
        "struck": len(told),
        "energised": len(off),
        "worst_off_s": off[-1] if off else 0.0,
        "p50_off_s": off[len(off) // 2] if off else 0.0,
    }


def _in_lanes(campaign: Campaign, options: argparse.Namespace) -> Iterator[Outcome]:
    lanes = max(1, min(options.lanes, options.points))
    pipes, pids = [], []
    for lane in range(lanes):
        share = options.points // lanes + (lane < options.points % lanes)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            _lane(campaign, random.Random(options.seed * 1000 + lane), share, write)  # noqa: S311 - repeatable
        os.close(write)
        pipes.append(os.fdopen(read))
        pids.append(pid)
    try:
        with selectors.DefaultSelector() as selector:
            for pipe in pipes:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    line = key.fileobj.readline()  # lines are short, and each is written at once
                    if line:
                        yield json.loads(line)
                    else:
                        selector.unregister(key.fileobj)
    finally:
        for pipe in pipes:
            pipe.close()
        statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    if any(statuses):
        raise RuntimeError("a lane ended early; its reason stands above")


def _lane(campaign: Campaign, chance: random.Random, share: int, write: int) -> None:
    """In the forked process; doesn't return."""
    status = 1
    try:
        with contextlib.closing(campaign(chance, share)) as told:
            for outcome in told:
                os.write(write, json.dumps(outcome).encode() + b"\n")
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)
