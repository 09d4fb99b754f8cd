"""One transport fault at a random moment on a random cable of each production run: no wrong value, no false PASS.

Half of the units are defective, each with another of the certain defects. Each unit first runs through the proxy
without a fault; its points then differ by their fault alone. What counts as wrong: see `tests/campaigns/wrong.py`.
Cables of supplies, relay boards and temperature logger are the guard's, the others the run's.
"""

import argparse
import json
import os
import random
import selectors
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig.errors import BenchError, RecordError
from rig.prove.catalogue import load_catalogue
from rig.prove.lane import Lane
from rig.prove.unit import Outcome, VirtualUnit
from rig.record import Record
from tests.campaigns.wrong import Value, wrong_values
from tests.faults.fault import DIRECTIONS, KINDS, Fault
from tests.faults.outside import Outside, Testimony

PATIENCE_SECONDS = 4.0  # of an instrument's reply, wall time: the usual ten would only make the campaign longer
MOST_POINTS_A_UNIT = 10
SOUND_ATTEMPTS = 3  # without a fault there is a verdict, unless the machine was too slow for the patience above
BAD = ("without_sound_run", "lost_measurements", "false_pass", "left_energised", "wrong_values", "crashed")


@dataclass(slots=True)
class Point:
    """What one run came to."""

    verdict: str = "CRASHED"
    values: dict[str, Value] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    lost: int = 0
    trips: list[dict[str, Any]] = field(default_factory=list)
    seen: Testimony = field(default_factory=Testimony)


class FaultyLane(Lane):
    """A lane whose runs and guards reach everything through the fault proxy."""

    def __init__(self, plan: str, core: int | None) -> None:
        super().__init__(plan, core)
        self._own = tempfile.TemporaryDirectory(prefix="vibrosculpt-faults-")
        told = Path(self._own.name) / "told"
        os.mkfifo(told)
        self.acknowledge = str(told)
        self.fault: tuple[str, Fault] | None = None
        self.point = Point()
        self._outside: Outside | None = None

    def close(self) -> None:
        super().close()
        self._own.cleanup()

    def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        if request["op"] == "unit":
            arguments: Any = request["arguments"]
            # links that the proxy speaks
            twin = super()._ask({**request, "arguments": [*arguments, "--links", "socket"]})
            return {**twin, "station": self._through_proxy(twin)}
        if self._outside is not None:  # guard and run have ended
            self.point.seen = self._outside.testify()
            self._outside = None
            self._read_record()
        return super()._ask(request)

    def _through_proxy(self, twin: dict[str, Any]) -> str:
        self.point = Point()
        addresses = {name: value for name, value in twin.items() if name not in ("pid", "station")}
        self._outside = Outside(addresses, Path(str(self.acknowledge)), self.fault)
        text = Path(twin["station"]).read_text(encoding="utf-8")
        for role, address in self._outside.addresses.items():
            text = text.replace(f'"{twin[role]}"', f'"{address}"')
        text = text.replace('::SOCKET"\n', f'::SOCKET"\nreply_seconds = {PATIENCE_SECONDS}\n')
        station = Path(self._own.name) / "station.toml"
        station.write_text(text, encoding="utf-8")
        return str(station)

    def _run(self, unit: VirtualUnit, station: str, directory: Path) -> Outcome:
        self._unit, self._directory = unit, directory
        outcome = super()._run(unit, station, directory)
        self.point.verdict, self.point.reasons = outcome.verdict, outcome.reasons
        return outcome

    def _read_record(self) -> None:
        """What the journal holds, and whether all of it is there that an observer was told of."""
        point = self.point
        with Record.read(self._directory / "data") as record:
            if not record.verify().ok:
                raise RecordError("the journal doesn't verify")
            point.trips = [dict(trip) for trip in record.events("", "guard.tripped")]
            runs = [attempt.run_id for attempt in record.attempts(self._unit.serial)]
            for row in (row for run in runs for row in record.measurements(run)):
                point.values[f"{row.id} {sorted(row.conditions.items())}"] = Value(row.value, row.u, row.verdict)
            kept = [_identity(body, run) for run in runs for body in record.events(run, "measurement")]
        told = (one for one in point.seen.told if one["acknowledged"] == "measurement")
        point.lost = sum(_identity(one, one["run"]) not in kept for one in told)


def _identity(body: Mapping[str, Any], run: str) -> str:
    own = {key: value for key, value in body.items() if key not in ("acknowledged", "run")}
    return json.dumps([run, own], sort_keys=True)


def points_of(seed: int, points: int) -> Iterator[dict[str, Any]]:
    """Run some units with their points, and tell what came of each; the first of a unit has no fault."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    certain = [one.id for one in load_catalogue().values() if one.kind == "certain"]
    chance.shuffle(certain)
    lane = FaultyLane("production", None)
    each = min(MOST_POINTS_A_UNIT, max(1, points // 2))
    try:
        for number in range(-(-points // each)):
            defect = certain[number // 2 % len(certain)] if (seed + number) % 2 else ""
            unit = VirtualUnit(chance.randrange(1_000_000), defect)
            for _ in range(SOUND_ATTEMPTS):
                sound = _point(lane, unit, None)
                chunks = lane.point.seen.chunks
                if sound["verdict"] in ("PASS", "FAIL"):
                    break
            yield sound
            for _ in range(min(each, points - number * each)):
                role, direction = chance.choice(sorted(chunks)), chance.choice(DIRECTIONS)
                chunk = chance.randrange(max(1, chunks[role][direction]))
                fault = Fault(chance.choice(KINDS), direction, chunk, chance.randrange(1 << 32))
                yield _point(lane, unit, (role, fault))
    finally:
        lane.close()


def _point(lane: FaultyLane, unit: VirtualUnit, fault: tuple[str, Fault] | None) -> dict[str, Any]:
    lane.fault = fault
    trouble = ""
    try:
        lane.run(unit)
    except BenchError as error:
        trouble = str(error)
    point, seen = lane.point, lane.point.seen
    told = "" if fault is None else "{1.kind} {1.direction} {0} {1.chunk} {1.seed}".format(*fault)
    return {
        "unit": unit.seed,
        "defect": unit.defect,
        "fault": told,
        "verdict": point.verdict,
        "values": point.values,
        "lost": point.lost,
        "energised": seen.left_energised,
        "struck": seen.struck_at is not None,
        "tripped": [trip["reason"] for trip in point.trips],
        "off_seconds": _off_seconds(point),
        "strike_off_seconds": _since(seen.struck_at, seen.fed_at),
        "trouble": trouble or "; ".join(point.reasons[:1]),
    }


def _off_seconds(point: Point) -> float | None:
    """Wall seconds until nothing fed the unit, since run or guard could know; None where the run went on."""
    trips = [float(trip["off_seconds"]) for trip in point.trips]
    known = _since(point.seen.broken_at, point.seen.fed_at)
    return max([*trips, *([] if known is None else [known])], default=None)


def _since(start: float | None, end: float | None) -> float | None:
    """Wall seconds from the one to the other, 0 where the end came first; None without a start."""
    return None if start is None else round(max(0.0, (end or 0.0) - start), 4)


def main(arguments: list[str]) -> int:
    """Run the points in so many processes; the last line is one JSON object, the status 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="transport", description=__doc__)
    parser.add_argument("--points", type=int, default=20, help="how many runs with a fault")
    parser.add_argument("--seed", type=int, default=1, help="draws units, defects and faults")
    parser.add_argument("--lanes", type=int, default=2 * (os.cpu_count() or 1), help="runs at once; they mostly wait")
    parser.add_argument("--keep", type=Path, help="a file for every point's values, one line of JSON each")
    chosen = parser.parse_args(arguments)
    started = time.monotonic()
    told: list[dict[str, Any]] = []
    sound: dict[tuple[int, str], dict[str, Any]] = {}
    for one in _in_lanes(chosen.points, chosen.seed, chosen.lanes):
        if chosen.keep is not None:
            with chosen.keep.open("a") as file:
                file.write(json.dumps(one) + "\n")
        unit = (one["unit"], one["defect"])
        if not one["fault"]:
            sound[unit] = one
            continue
        without = sound[unit]
        one["sound"] = without["verdict"]
        one["wrong"] = wrong_values(one["values"], without["values"])
        told.append(one)
        _show(one)
    answer = _summary(told, chosen.seed, time.monotonic() - started)
    print(json.dumps(answer))
    return 1 if any(answer[key] for key in BAD) else 0


def _summary(told: list[dict[str, Any]], seed: int, seconds: float) -> dict[str, Any]:
    off = sorted(one["off_seconds"] for one in told if one["off_seconds"] is not None)
    return {
        "points": len(told),
        "struck": sum(one["struck"] for one in told),
        "defective": sum(bool(one["defect"]) for one in told),
        "lost_measurements": sum(one["lost"] for one in told),
        "without_sound_run": sum(one["sound"] not in ("PASS", "FAIL") for one in told),
        "false_pass": sum(one["verdict"] == "PASS" and one["sound"] != "PASS" for one in told),
        "false_fail": sum(one["verdict"] == "FAIL" and one["sound"] == "PASS" for one in told),
        "left_energised": sum(one["energised"] for one in told),
        "ended_early": len(off),
        "tripped": sum(bool(one["tripped"]) for one in told),
        "worst_off_s": round(off[-1], 3) if off else 0.0,
        "p50_off_s": round(off[len(off) // 2], 3) if off else 0.0,
        "worst_strike_off_s": max((one["strike_off_seconds"] or 0.0 for one in told if one["off_seconds"]), default=0),
        "recovered": sum(one["verdict"] == one["sound"] for one in told),
        "wrong_values": sum(len(one["wrong"]) for one in told),
        "crashed": sum(one["verdict"] == "CRASHED" for one in told),
        "seed": seed,
        "seconds": round(seconds, 1),
    }


def _show(one: dict[str, Any]) -> None:
    bad = (
        one["wrong"]
        or one["verdict"] == "CRASHED"
        or one["lost"]
        or one["energised"]
        or (one["verdict"] == "PASS" != one["sound"])
    )
    print(
        f"{one['unit']:06d} {one['defect'] or 'healthy':20} {one['fault']:44} {one['sound']} -> {one['verdict']} "
        f"{'WRONG ' if bad else ''}{'; '.join(one['wrong'][:3])} {one['trouble']} {'; '.join(one['tripped'])}",
        file=sys.stderr,
        flush=True,
    )


def _in_lanes(points: int, seed: int, lanes: int) -> Iterator[dict[str, Any]]:
    lanes = max(1, min(lanes, points // MOST_POINTS_A_UNIT or 1))
    pids: list[int] = []
    with selectors.DefaultSelector() as selector:
        for lane in range(lanes):
            read, write = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(read)
                with os.fdopen(write, "w") as out:
                    for one in points_of(seed * 1000 + lane, points // lanes + (lane < points % lanes)):
                        out.write(json.dumps(one) + "\n")
                        out.flush()
                os._exit(0)
            os.close(write)
            selector.register(os.fdopen(read), selectors.EVENT_READ)
            pids.append(pid)
        while selector.get_map():
            for key, _ in selector.select():
                line = key.fileobj.readline()
                if line:
                    yield json.loads(line)
                else:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    for pid in pids:
        os.waitpid(pid, 0)
