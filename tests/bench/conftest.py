"""A twin to guard, whose state an outside observer can ask for."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rig.station import Station, load_station
from tests.doors import asked


class Twin:
    """A twin process; `ask` is its control channel."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rig.twin", "--pace", "0", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.addresses: dict[str, str] = json.loads(self.process.stdout.readline())

    @property
    def station(self) -> Station:
        return load_station(Path(self.addresses["station"]))

    def ask(self, **request: object) -> dict[str, Any]:
        answer = asked(self.addresses, request)
        assert answer["ok"], answer
        return answer

    @property
    def live(self) -> bool:
        """Whether any energy can reach the unit."""
        state = self.ask(op="state")
        return bool(state["contactor"] and (state["battery_on"] or state["charger_on"]))

    def seconds_until_off(self, most: float) -> float:
        """Wall seconds until no energy reaches the unit any more."""
        started = time.monotonic()
        while self.live:
            assert time.monotonic() - started < most, self.ask(op="state")
            time.sleep(0.002)  # noqa: TID251 - an outside observer's own pace
        return time.monotonic() - started

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def start_twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Twin]]:
    """Twins of a test's own, and a private place for their guards."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    started: list[Twin] = []

    def start(*arguments: str) -> Twin:
        started.append(Twin(*arguments))
        return started[-1]

    yield start
    for twin in started:
        twin.close()


@pytest.fixture
def twin(start_twin: Callable[..., Twin]) -> Twin:
    return start_twin()


@pytest.fixture
def frozen() -> Iterator[Callable[[int], None]]:
    """Stop processes as a debugger would; they go on at the end."""
    stopped: list[int] = []

    def freeze(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)

    yield freeze
    for pid in stopped:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue
