"""CALCulate2: limit tests of a Keithley graphical meter's measure functions, for the terminals and each channel.

Source: DMM6500 and DAQ6510 reference manuals, CALCulate2 subsystem. Unverified (?): that only readings taken while a
test is on are judged, and that FAIL? answers NONE before the first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rig.twin.instruments.ieee488 import plain
from rig.twin.instruments.keithley_functions import MEASURE, Function
from rig.twin.instruments.parameters import Boolean, Channels, Number, Parameter, ScpiError
from rig.twin.instruments.scpi import Command, CommandTree

_TESTS = (1, 2)
_Key = tuple[str, int | None, int]


@dataclass
class _LimitTest:
    low: float = -1.0
    high: float = 1.0
    on: bool = False
    clears: bool = True
    failed: str = "NONE"


class LimitTests:
    """Two tests for each function and channel."""

    def __init__(self, commands: CommandTree, channels: Callable[[], frozenset[int]]) -> None:
        self._tests: dict[_Key, _LimitTest] = {}
        listed = Channels(channels)
        level = Number(-9.99999e11, 9.99999e11)
        settings: tuple[tuple[str, Parameter, str], ...] = (
            ("LOWer[:DATA]", level, "low"),
            ("UPPer[:DATA]", level, "high"),
            ("STATe", Boolean(), "on"),
            ("CLEar:AUTO", Boolean(), "clears"),
        )
        for function in MEASURE:
            prefix = f"CALCulate2:{function.header}:LIMit<n>"
            for header, parameter, name in settings:
                commands.add(Command(f"{prefix}:{header}", (parameter, listed), partial(self._set, function, name)))
                commands.add(Command(f"{prefix}:{header}?", (listed,), partial(self._get, function, name)))
            commands.add(Command(f"{prefix}:FAIL?", (listed,), partial(self._get, function, "failed")))
            commands.add(Command(f"{prefix}:CLEar[:IMMediate]", (listed,), partial(self._clear, function)))

    def set_up(self) -> None:
        """Take the reset state: all off."""
        self._tests.clear()

    def judge(self, function: Function, channel: int | None, value: float) -> None:
        """Look at a reading; what failed stays failed until it is cleared, or the next reading clears it."""
        for number in _TESTS:
            test = self._tests.get((function.name, channel, number))
            if test is None or not test.on:
                continue
            above, below = value > test.high, value < test.low
            if test.clears or test.failed == "NONE":
                test.failed = "HIGH" if above else "LOW" if below else "NONE"
            elif (above and test.failed == "LOW") or (below and test.failed == "HIGH"):
                test.failed = "BOTH"

    def _chosen(self, function: Function, number: int, channels: tuple[int, ...] | None) -> list[_LimitTest]:
        if number not in _TESTS:
            raise ScpiError(-222)
        keys: list[_Key] = [(function.name, channel, number) for channel in channels or (None,)]
        return [self._tests.setdefault(key, _LimitTest()) for key in keys]

    def _set(self, function: Function, name: str, number: int, value: object, channels: tuple[int, ...] | None) -> None:
        for test in self._chosen(function, number, channels):
            setattr(test, name, value)

    def _get(self, function: Function, name: str, number: int, channels: tuple[int, ...] | None) -> str:
        return ",".join(plain(getattr(test, name)) for test in self._chosen(function, number, channels))

    def _clear(self, function: Function, number: int, channels: tuple[int, ...] | None) -> None:
        for test in self._chosen(function, number, channels):
            test.failed = "NONE"
