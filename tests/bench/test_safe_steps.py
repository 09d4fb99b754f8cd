"""Making safe: in order while everybody answers; who is silent holds nobody up, and is said to be unconfirmed."""

import threading
import time

import pytest

from rig.bench.guard.safe_steps import SafeSteps
from rig.errors import NotSafe


@pytest.fixture
def silence() -> threading.Event:
    """What a silent device waits for."""
    return threading.Event()


def test_who_answers_is_asked_in_order() -> None:
    done: list[str] = []
    steps = SafeSteps()
    for number, device in enumerate(("power_box", "battery", "charger", "fault_box", "battery")):
        steps.add(device, lambda name=f"{device} {number}": done.append(name), beside=device in ("battery", "charger"))
    assert steps.carry_out() == []
    assert done == ["power_box 0", "battery 1", "charger 2", "fault_box 3", "battery 4"]


def test_a_silent_device_holds_nobody_up(silence: threading.Event) -> None:
    done: list[str] = []
    steps = SafeSteps()
    steps.add("power_box", lambda: done.append("contactor"))
    for device in ("battery", "charger"):
        steps.add(device, lambda: silence.wait(20.0) and None, beside=True)
    steps.add("fault_box", lambda: done.append("relays"))
    steps.add("battery", lambda: done.append("asked while it owed an answer"), beside=True)
    began = time.monotonic()
    failures = steps.carry_out()
    assert time.monotonic() - began < 2.5
    assert done == ["contactor", "relays"]
    assert sorted(line.partition(":")[0] for line in failures) == ["battery", "charger"]
    assert steps.is_busy("battery")
    silence.set()
    assert steps.carry_out() == []
    assert done[-1] == "asked while it owed an answer"


def test_every_failure_is_said_and_a_fault_of_ours_confirms_nothing() -> None:
    def fail() -> None:
        raise NotSafe("it stayed on")

    def err() -> None:
        raise ZeroDivisionError("a mistake")

    steps = SafeSteps()
    steps.add("power_box", fail)
    steps.add("battery", fail, beside=True)
    steps.add("battery", lambda: None, beside=True)
    steps.add("charger", err, beside=True)
    assert steps.carry_out() == ["it stayed on", "it stayed on", "ZeroDivisionError('a mistake')"]


def test_a_silent_relay_board_makes_no_supply_a_silent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two boards had used all of the time up: supplies that were off were said to be silent."""
    monkeypatch.setattr("rig.bench.guard.safe_steps.SAFE_WALL_SECONDS", 0.0)

    def no_board() -> None:
        raise NotSafe("no status")

    steps = SafeSteps()
    steps.add("power_box", no_board)
    for device in ("battery", "charger", "battery", "charger"):
        steps.add(device, lambda: threading.Event().wait(0.05) and None, beside=True)
    assert steps.carry_out() == ["no status"]
