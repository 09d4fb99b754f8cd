"""Under strace, as the system sees it: nothing is acknowledged before the disk has it.

Needs `strace`, and a system that lets a process trace its children.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.run.conftest import FAKE_BENCH, HEADER, tiny_command

PLAN = '''
import numpy

@pytest.mark.measures("standby.current")
def test_standby(measure, good, run):
    """Standby draws little."""
    measure("standby.current", good("standby.current"))
    run.waveform("current", numpy.linspace(0.0, 1.0, 1000), 1000.0, "A")

@pytest.mark.measures("heater.resistance")
def test_heater(measure, good):
    """The heater is the right one."""
    measure("heater.resistance", good("heater.resistance"))
'''
WRITES, SYNCS, RENAMES = ("write", "pwrite64"), ("fsync", "fdatasync"), ("rename", "renameat", "renameat2")
TRACED = ",".join((*WRITES, *SYNCS, *RENAMES))
CALL = re.compile(r"(?P<process>\d+) +(?P<name>\w+)\((?:\d+<(?P<path>[^>]*)>)?(?P<rest>.*)", re.DOTALL)
RESUMED = re.compile(r"(?P<process>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")


class Call(NamedTuple):
    """One system call that has returned, and when it was made and returned (lines of the trace)."""

    name: str
    path: str
    arguments: str
    made: int
    returned: int


def calls(trace: str) -> Iterator[Call]:
    """Every call of a trace that succeeded, in the order of their returns."""
    unfinished: dict[str, tuple[int, str]] = {}
    for number, whole in enumerate(trace.splitlines()):
        made, line = number, whole
        if resumed := RESUMED.fullmatch(line):
            made, begin = unfinished.pop(resumed["process"])
            line = begin + resumed["rest"]
        call = CALL.fullmatch(line)
        if call is None:
            continue
        if line.endswith("<unfinished ...>"):
            unfinished[call["process"]] = number, line.removesuffix("<unfinished ...>")
            continue
        arguments, _, result = call["rest"].rpartition(" = ")
        if not result.startswith("-1"):
            yield Call(call["name"], call["path"] or "", arguments.replace('\\"', '"'), made, number)


class Traced(NamedTuple):
    """What a run did with its files, and the lines that its outside observer was told."""

    calls: Sequence[Call]
    told: Path

    def of(self, names: Sequence[str], ending: str) -> list[Call]:
        """Calls of these names on files whose path ends so."""
        return [call for call in self.calls if call.name in names and call.path.endswith(ending)]

    def synced_between(self, ending: str, first: int, last: int) -> bool:
        """Whether that file was synchronised entirely between two lines of the trace."""
        return any(first < sync.made and sync.returned < last for sync in self.of(SYNCS, ending))


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, tiny_product: Path) -> Traced:
    """One run of the tiny plan under strace."""
    strace = shutil.which("strace")
    assert strace is not None, "strace is missing: install it (Debian: apt-get install strace)"
    place = tmp_path_factory.mktemp("traced")
    plan, trace, told = place / "tiny", place / "trace", place / "told.jsonl"
    plan.mkdir()
    (plan / "conftest.py").write_text(FAKE_BENCH.replace("SAFE", "True"))
    (plan / "test_tiny.py").write_text(HEADER + PLAN)
    tracing = (strace, "-f", "-y", "-qq", "--seccomp-bpf", "-s", "8192", "-e", f"trace={TRACED}", "-o", str(trace))
    ran = subprocess.run(
        [*tracing, *tiny_command(place, tiny_product), "--acknowledge", str(told), str(plan)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}\n(does this system let a process trace another?)"
    return Traced(list(calls(trace.read_text())), told)


def test_every_line_was_told_after_the_journal_was_on_disk(traced: Traced):
    log = traced.of(WRITES, "record.sqlite-wal")
    told = traced.of(WRITES, "told.jsonl")
    lines = traced.told.read_text().splitlines()
    kinds = [json.loads(line)["acknowledged"] for line in lines]
    assert kinds == ["run.begun", "measurement", "test.ended", "measurement", "test.ended", "run.ended"]
    assert len(told) == len(lines)
    for line, telling in zip(lines, told, strict=True):
        before = [write for write in log if write.made < telling.made]
        assert before, f"nothing was written before {line}"
        assert traced.synced_between("record.sqlite-wal", before[-1].returned, telling.made), f"not on disk: {line}"
        if '"acknowledged":"measurement"' in line:
            body = line[line.index('"acceptance_high"') :]
            assert any(body in write.arguments for write in before), f"not even written: {line}"


def test_the_data_directory_is_on_disk_before_anything_is_told(traced: Traced):
    data = traced.told.parent / "data"
    told = traced.of(WRITES, "told.jsonl")[0].made
    for place in (data.parent, data):  # where its own name stands, and those of what it holds
        assert traced.synced_between(str(place), -1, told), place


def test_a_waveform_is_on_disk_under_its_name_before_the_row_that_names_it(traced: Traced):
    (renamed,) = [call for call in traced.calls if call.name in RENAMES and ".parquet" in call.arguments]
    sha256 = re.findall(r"[0-9a-f]{64}", renamed.arguments)[-1]
    written = [call for call in traced.of(WRITES, "") if f"/waveforms/.{sha256}" in call.path]
    assert written
    assert traced.synced_between(Path(written[-1].path).name, written[-1].returned, renamed.made)
    naming = [write for write in traced.of(WRITES, "record.sqlite-wal") if sha256 in write.arguments]
    assert naming
    assert traced.synced_between("/waveforms", renamed.returned, naming[0].made)
