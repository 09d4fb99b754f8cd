"""One production run as processes that can be struck: twin, guard and run, each forked from a preloaded parent."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rig.prove.lane import Lane, _fork_guard
from rig.prove.unit import VirtualUnit
from rig.run.observer import Observer, Summary
from rig.run.options import make_options
from tests.campaigns.eyes import Eyes, pause

DEFECTS = (
    *("magnet_weak", "bearing_dry", "eccentric_light", "heater_wrong", "ntc_drifted"),
    *("overtemp_threshold_high", "stall_cutoff_slow", "pad_loose", "comparator_wrong"),
)
ORPHANS_ARE_OURS = 36  # PR_SET_CHILD_SUBREAPER
RUN_WALL_SECONDS = 60.0  # the longest a struck run may take to its end
GUARD_WALL_SECONDS = 6.0  # the longest a guard may stay without any client
LATE_SECONDS = 0.005  # bench time may have gone on between question and order
TOLD_WALL_SECONDS = 5.0  # and once it was told to end


class _Say(Observer):
    """Writes the verdict down as an operator would hear it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ended(self, summary: Summary) -> None:
        self._path.write_text(str(summary.verdict))


@dataclass(slots=True)
class Scene:
    """A run that goes on; `guard` is None while the run starts one by itself."""

    unit: VirtualUnit
    directory: Path
    data: Path
    twin: int
    guard: int | None
    run: int
    eyes: Eyes
    status: int | None = None
    left_running: int = 0
    hung: bool = False

    @property
    def ended(self) -> bool:
        """Whether the run's process has gone."""
        if self.run:
            try:
                found, status = os.waitpid(self.run, os.WNOHANG)
                self.status = os.waitstatus_to_exitcode(status) if found else None
            except ChildProcessError:
                found = self.run
            self.run = 0 if found else self.run
        return not self.run

    def own_guard(self) -> int | None:
        """The guard that the run has started; None when it hasn't yet."""
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{self.run}/task/{self.run}/children").read_text().split()
            return int(children[0]) if children else None
        return None

    def acknowledged(self) -> list[dict[str, Any]]:
        """What an outside observer was told after the commit."""
        path = self.directory / "acknowledged.jsonl"
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        return [json.loads(line) for line in lines[:-1]]  # a torn last line was told to nobody

    @property
    def said(self) -> str:
        """The verdict that the operator was shown, or that the exit status says; empty for none."""
        path = self.directory / "said.txt"
        text = path.read_text() if path.exists() else ""
        return text or ("PASS" if self.status == 0 else "")

    def wall_pace_from(self, moment: float) -> bool:
        """Let the twin follow the wall from that bench time on, and wait for it; false when the run ended before."""
        now = float(self.eyes.state()["now_ns"]) * 1e-9
        self.eyes.ask(op="pace", pace=1.0, after_seconds=max(0.0, moment - now))
        return self.bench_seconds(moment + LATE_SECONDS)

    def bench_seconds(self, moment: float) -> bool:
        """Wait until that bench time; false when the run ended before."""
        while not self.ended:
            if self.eyes.state()["now_ns"] >= moment * 1e9:
                return True
            pause(0.001)
        return False

    def wait_run(self, seconds: float = RUN_WALL_SECONDS) -> None:
        """Wait for the run's end; one that doesn't end is noted as hung, and killed."""
        if not _until(lambda: self.ended, seconds):
            self.hung = True
            os.kill(self.run, signal.SIGKILL)
            _until(lambda: self.ended, TOLD_WALL_SECONDS)


class StruckLane(Lane):
    """Puts scenes up and takes them down."""

    def __init__(self, plan: str = "production") -> None:
        super().__init__(plan, None)
        ctypes.CDLL(None).prctl(ORPHANS_ARE_OURS, 1, 0, 0, 0)

    def begin(
        self,
        unit: VirtualUnit,
        *,
        pace: float = 0.0,
        guard: bool = True,
        edit: Callable[[str], str] = str,
        data: Path | None = None,
    ) -> Scene:
        """Start twin, guard (or let the run start its own) and run; `edit` changes the station file."""
        arguments = ["--serial", unit.serial, "--seed", str(unit.seed), "--pace", str(pace)]
        arguments += ["--defect", unit.defect] if unit.defect else []
        twin = self._ask({"op": "unit", "arguments": arguments})
        if "error" in twin:
            raise OSError(twin["error"])
        directory = Path(tempfile.mkdtemp(prefix="vibrosculpt-struck-"))
        data = data or directory / "data"
        station = directory / "station.toml"
        station.write_text(edit(Path(twin["station"]).read_text(encoding="utf-8")), encoding="utf-8")
        guard_pid = _fork_guard(str(station), directory) if guard else None
        run = os.fork()
        if run == 0:
            status = 1
            try:
                status = _run(unit, self._plan, station, directory, data, early_guard=not guard)
            except BaseException:
                traceback.print_exc()  # into the run's log
            finally:
                os._exit(status)
        return Scene(unit, directory, data, int(twin["pid"]), guard_pid, run, Eyes(twin))

    def end(self, scene: Scene) -> None:
        """Take it down; notes processes that had to be killed."""
        scene.eyes.close()
        if scene.run and not scene.ended:
            os.kill(scene.run, signal.SIGKILL)
            _until(lambda: scene.ended, TOLD_WALL_SECONDS)
        self.await_guards(scene)
        self._ask({"op": "end", "pid": scene.twin})
        shutil.rmtree(scene.directory, ignore_errors=True)

    def await_guards(self, scene: Scene) -> None:
        """Every guard, also one that the run started for its dead one, ends by itself or when told."""
        if _until(lambda: not self._others(), GUARD_WALL_SECONDS):
            return
        for stronger in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._others():
                scene.left_running += stronger is signal.SIGKILL
                os.kill(pid, stronger)
            if _until(lambda: not self._others(), TOLD_WALL_SECONDS):
                return

    def _others(self) -> list[int]:
        """Our children but the nursery, without those that have ended."""
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        found = [int(pid) for pid in children if int(pid) != self._nursery.pid]
        left: list[int] = []
        for pid in found:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    left.append(pid)
        return left


def _run(unit: VirtualUnit, plan: str, station: Path, directory: Path, data: Path, *, early_guard: bool) -> int:
    """In the forked process: the real run, its output in a file."""
    log = os.open(directory / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    from rig.run.command import run

    options = make_options(
        serial=unit.serial,
        plan=plan,
        data=str(data),
        station=str(station),
        acknowledge=str(directory / "acknowledged.jsonl"),
    )
    return run(options, [_Say(directory / "said.txt")], early_guard=early_guard)


def _until(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        pause(0.005)
    return True
