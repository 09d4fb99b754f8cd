"""Our plug-in, plain pytest + allure-pytest, and OpenHTF: the same session, side by side in one run.

`uv run --group bench python -m benchmarks.session`. Each contender lives in a process of its own, in which everything
is imported and warm; they take turns (ours, plain, OpenHTF, ours, ...), so that a busy machine troubles all alike.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import workload

ROOT = Path(__file__).parents[1]
NAMES = {"ours": "rig (durable journal)", "plain": "pytest + allure-pytest", "openhtf": "OpenHTF"}
WARM_UPS = 2
RATIO_WITHOUT_FSYNC, RATIO_WITH_FSYNC, MEASUREMENT_SECONDS = 1.3, 1.6, 0.15e-3  # targets

Rounds = dict[str, list[dict[str, Any]]]


class Contender:
    """A process that runs a session each time it is asked."""

    def __init__(self, name: str, directory: Path) -> None:
        directory.mkdir()
        command = [sys.executable, "-m", "benchmarks.contenders", name, str(directory)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._name = name

    def session(self) -> dict[str, Any]:
        """Run one session and return what it says; raises SystemExit when the process has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._name} ended; see `python -m benchmarks.contenders {self._name} DIRECTORY`")
        return json.loads(line)

    def close(self) -> None:
        """End the process by the end of its input."""
        self._process.communicate()


def compare(directory: Path, rounds: int, warm_ups: int = WARM_UPS) -> Rounds:
    """Run that many sessions of each contender by turns; OpenHTF only where it is installed."""
    names = [name for name in NAMES if name != "openhtf" or find_spec("openhtf") is not None]
    contenders = {name: Contender(name, directory / name) for name in names}
    found: Rounds = {name: [] for name in names}
    try:
        for number in range(warm_ups + rounds):
            for name, contender in contenders.items():
                answer = contender.session()
                if number >= warm_ups:
                    found[name].append(answer)
    finally:
        for contender in contenders.values():
            contender.close()
    return found


def medians(found: Rounds) -> dict[str, dict[str, float]]:
    """Medians over the rounds, and ours divided by plain pytest + allure-pytest of the same round."""
    result = {
        name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        for name, rounds in found.items()
    }
    pairs = list(zip(found["ours"], found["plain"], strict=True))
    result["ratio"] = {
        "with_fsync": statistics.median(a["seconds"] / b["seconds"] for a, b in pairs),
        "without_fsync": statistics.median((a["seconds"] - a["fsync_s"]) / b["seconds"] for a, b in pairs),
    }
    return result


def lines(figures: Mapping[str, Mapping[str, float]], rounds: int) -> Sequence[str]:
    """Return the table as people read it, targets beside what was found."""
    ours, ratio = figures["ours"], figures["ratio"]
    shown = [
        f"{workload.TESTS} tests, {workload.MEASUREMENTS} measurements, one waveform of {workload.SAMPLES} samples;"
        f" medians of {rounds} rounds, in session"
    ]
    for name, text in NAMES.items():
        if name in figures:
            shown.append(
                f"{text:26} {figures[name]['seconds'] * 1e3:8.1f} ms, processor {figures[name]['cpu_s'] * 1e3:.1f} ms"
            )
    shown += [
        f"{'  of which fsync (ours)':26} {ours['fsync_s'] * 1e3:8.1f} ms",
        _against("ours / pytest + allure, without fsync", ratio["without_fsync"], RATIO_WITHOUT_FSYNC, "x"),
        _against("ours / pytest + allure, with fsync", ratio["with_fsync"], RATIO_WITH_FSYNC, "x"),
        f"{'a measurement: judged, recorded, shown':40} {ours['call_s'] * 1e3:6.3f} ms",
        f"{'and its share of the commit but fsync':40} {ours['commit_share_s'] * 1e3:6.3f} ms",
        _against("together, before its fsync", ours["measurement_s"] * 1e3, MEASUREMENT_SECONDS * 1e3, "ms"),
    ]
    return shown


def _against(text: str, found: float, target: float, unit: str) -> str:
    judgement = "ok" if found <= target else "MISSED"
    return f"{text:40} {found:6.3f} {unit:2} (target: at most {target:g} {unit}) {judgement}"


def main() -> None:
    """Print the table, and with --json one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=Path.cwd()) as directory:
        figures = medians(compare(Path(directory), options.rounds))
    if "openhtf" not in figures:
        print("OpenHTF isn't installed: run with `uv run --group bench`")
    print("\n".join(lines(figures, options.rounds)))
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
