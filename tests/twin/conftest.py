"""The twin as a stranger gets it."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

PACE = "50"


@pytest.fixture(scope="module")
def stranger_twin() -> Iterator[dict[str, str]]:
    """The twin as a stranger gets it: a process with addresses, its time following the wall clock."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rig.twin", "--pace", PACE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()
        process.wait(timeout=10)
