"""A virtual line tells of every unit that it was given, or says why it can't."""

import subprocess
import sys

import pytest

LINE = """
import os, signal
from rig.errors import BenchError
from rig.prove import line
from rig.prove.unit import Outcome, VirtualUnit

class Lane:
    def __init__(self, plan, core, product):
        pass

    def run(self, unit):
        if unit.seed == 2:
            {second}
        return Outcome(unit.seed, "", "PASS", (), (), 37.0, 1.0)

    def close(self):
        pass

line.Lane, line.cores = Lane, lambda: [None]
try:
    for outcome in line.run_units([VirtualUnit(seed) for seed in (1, 2, 3)], "production"):
        print(outcome.seed, outcome.verdict)
except BenchError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("second", "end"),
    [
        ("pass", ["2 PASS", "3 PASS"]),
        ("os.kill(os.getpid(), signal.SIGKILL)", ["virtual line: a lane died with 2 units left; run the lot again"]),
        ("raise ValueError('half a result')", ["virtual line: a lane died with 2 units left; run the lot again"]),
        ("raise BenchError('left no result')", ["left no result"]),
    ],
)
def test_a_lot_never_comes_out_smaller(second: str, end: list[str]) -> None:
    # in a process of its own: it forks
    command = [sys.executable, "-c", LINE.format(second=second)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines() == ["1 PASS", *end]
