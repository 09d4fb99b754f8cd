"""What can go wrong, as one small tree.

A `UnitError` speaks about the unit under test; every other error speaks about the rig or its user, and must
never be counted against a unit. `NoReply` and `Rebooted` leave open which of them it is. Messages are one
line: what, where, what to do.
"""

import inspect
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

_C = TypeVar("_C", bound=type)


class RigError(Exception):
    """Something the rig can name; the message is one line saying what, where and what to do."""


class UsageError(RigError):
    """The command was called wrongly: exit status 64."""


class ConfigError(RigError):
    """A definition file (product, station, plan) can't be used: exit status 2."""


class RecordError(RigError):
    """The record can't be read or written (disk full, read-only, broken chain): exit status 2."""


class RetestRefused(RigError):  # noqa: N818
    """The unit mustn't be tested now: blocked, too warm, or in another nest; nothing was judged: exit status 2."""


class BenchError(RigError):
    """The bench, not the unit, is in trouble: the unit isn't judged.

    `blames` names the instruments and sensors whose readings are in doubt by it; empty where nobody knows.
    """

    def __init__(self, message: str = "", blames: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.blames = frozenset(blames)


class ConnectionLost(BenchError):  # noqa: N818 - the field's word, not an "Error"
    """An instrument or port stopped answering, or never answered."""


class InstrumentFault(BenchError):  # noqa: N818
    """An instrument answered with an error, an overload or something that is no reading."""


class NotSafe(BenchError):  # noqa: N818
    """The outputs couldn't be read back as off: remove power by hand."""


class LeaseLost(BenchError):  # noqa: N818
    """The guard took the energy away: budget, missed beat, over-temperature or open interlock."""


class WrongUnit(BenchError):  # noqa: N818
    """The unit in the nest isn't the one whose label was scanned: nothing is known about the scanned one."""


class CalibrationDue(BenchError):  # noqa: N818
    """An instrument or sensor is past its calibration date."""


class EnvironmentOutOfRange(BenchError):  # noqa: N818
    """Ambient, contact force or another surrounding isn't what the plan may judge in."""


class UnitError(RigError):
    """The unit under test did something it must not, or didn't answer."""


class NoReply(UnitError):  # noqa: N818
    """The unit didn't answer a command in time."""


class Rebooted(UnitError):  # noqa: N818
    """The unit started anew in the middle of what was asked of it."""


class Refused(UnitError):  # noqa: N818
    """The unit answered ERR; `number` and `name` are those of the interface document."""

    def __init__(self, message: str, number: int, name: str) -> None:
        super().__init__(message)
        self.number = number
        self.name = name


@contextmanager
def blaming(*names: str) -> Generator[None]:
    """Let every trouble of the bench in this block, or in the function decorated, blame these instruments, too."""
    try:
        yield
    except BenchError as error:
        error.blames |= frozenset(names)
        raise


def blames_its_role(kind: _C) -> _C:
    """Let every trouble of the bench that an instrument's public methods raise blame its `role` (class decorator)."""
    for name, method in tuple(vars(kind).items()):
        if inspect.isfunction(method) and (name == "__init__" or not name.startswith("_")):
            setattr(kind, name, _blaming_role(method))
    return kind


def _blaming_role(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def carried_out(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return method(self, *arguments, **named)
        except BenchError as error:
            error.blames |= {self.role}
            raise

    return carried_out


def blamed(error: BaseException | None) -> frozenset[str]:
    """Return what an error blames, and the errors that it came from."""
    found: frozenset[str] = frozenset()
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        found |= getattr(error, "blames", frozenset[str]())
        error = error.__cause__
    return found
