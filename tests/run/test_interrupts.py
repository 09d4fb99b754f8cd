"""A signal stops a run at the next moment that tears nothing apart."""

import os
import signal
import sys
import time

import pytest

import rig.run.interrupts
from rig.run.interrupts import ROOT, Interrupts

EXCHANGE = """
def part():
    return 1

def exchange(steps, signalled):
    signalled()
    for _ in range(3):
        steps.append(part())
    return steps
"""


@pytest.fixture
def interrupts():
    noted = []
    watching = Interrupts(noted.append)
    watching.install()
    yield watching, noted
    watching.finish()
    watching.restore()


def code_at(place):
    """Return a function whose code seems to lie in that file."""
    names = {}
    exec(compile(EXCHANGE, str(ROOT / place), "exec"), names)  # noqa: S102 - our own text
    return names["exchange"]


def send():
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("place", ["drivers/scpi.py", "rig/clock.py", "rig/record/journal.py", "rig/bench/bench.py"])
def test_exchange_is_finished_first(interrupts, place):
    steps = []
    with pytest.raises(KeyboardInterrupt):
        code_at(place)(steps, send)
    assert steps == [1, 1, 1]
    assert interrupts[1] == ["SIGTERM"]


def test_plan_is_cut_at_once(interrupts):
    steps = []
    with pytest.raises(KeyboardInterrupt):
        code_at("test_plans/production/test_x.py")(steps, send)
    assert steps == []


def test_exchange_that_hangs_is_cut_after_the_grace(interrupts, monkeypatch):
    monkeypatch.setattr(rig.run.interrupts, "GRACE_SECONDS", 0.05)

    def hang():
        send()
        time.sleep(20)  # noqa: TID251 - a driver that hangs

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        code_at("drivers/scpi.py")([], hang)
    assert time.monotonic() - started < 10


def test_second_signal_and_late_ones_are_only_noted(interrupts):
    watching, noted = interrupts
    with pytest.raises(KeyboardInterrupt):
        code_at("drivers/scpi.py")([], send)
    send()
    watching.finish()
    os.kill(os.getpid(), signal.SIGINT)
    assert noted == ["SIGTERM", "SIGTERM", "Ctrl-C"]
    assert sys.getprofile() is None
