"""What became of a test, read from how it ended."""

from collections.abc import Iterator
from enum import StrEnum

import pytest

from rig.errors import NoReply, Rebooted, RigError, UnitError


class OutOfLimits(AssertionError):  # noqa: N818 - the field's word
    """Measurements of a test aren't in; the message names every one of them."""


class RunInterrupted(RigError):  # noqa: N818
    """A signal, or a plan that left pytest, in the middle of a test: whatever it measured, it is no pass."""


class UnitFailed(AssertionError):  # noqa: N818
    """The unit did what it must not: reported as a failure of the unit."""


class PlanFault(RigError):  # noqa: N818
    """The plan itself stumbled: the unit isn't judged by it."""


class Outcome(StrEnum):
    """How a test of the manifest ended; the later ones outrank the earlier."""

    NOT_RUN = "not run"
    PASSED = "passed"
    SKIPPED = "skipped"
    EXPECTED_FAILURE = "marked as expected to fail"
    OUT_OF_LIMITS = "out of limits"
    UNIT_TROUBLE = "unit trouble"
    UNIT_SILENT = "unit not answering"
    PLAN_TROUBLE = "plan trouble"
    RIG_TROUBLE = "rig trouble"
    INTERRUPTED = "interrupted"


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}


def worse(one: Outcome, other: Outcome) -> Outcome:
    """Return the outcome that outranks the other."""
    return max(one, other, key=_RANK.__getitem__)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield what a (nested) exception group holds, or the exception itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            yield from leaves(inner)  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield error


def classify(error: BaseException) -> Outcome:
    """Say what an exception means for the run.

    A plain assertion or any other exception of plan code is trouble of the plan, which must not scrap a
    unit; what the rig can name speaks about the rig, unless it is a UnitError. A unit that doesn't answer, or that
    restarts, is a kind of its own: pin, cable and unit look alike from here.
    """
    found = Outcome.NOT_RUN
    for leaf in leaves(error):
        if isinstance(leaf, RunInterrupted | KeyboardInterrupt | pytest.exit.Exception):
            kind = Outcome.INTERRUPTED
        elif isinstance(leaf, pytest.skip.Exception):
            kind = Outcome.SKIPPED
        elif isinstance(leaf, pytest.xfail.Exception):
            kind = Outcome.EXPECTED_FAILURE
        elif isinstance(leaf, OutOfLimits):
            kind = Outcome.OUT_OF_LIMITS
        elif isinstance(leaf, NoReply | Rebooted):
            kind = Outcome.UNIT_SILENT
        elif isinstance(leaf, UnitError | UnitFailed):
            kind = Outcome.UNIT_TROUBLE
        elif isinstance(leaf, RigError) and not isinstance(leaf, PlanFault):
            kind = Outcome.RIG_TROUBLE
        else:
            kind = Outcome.PLAN_TROUBLE
        found = worse(found, kind)
    return found


def one_line(error: BaseException) -> str:
    """Tell an exception in one line, with its kind where the message alone wouldn't say it."""
    texts: list[str] = []
    for leaf in leaves(error):
        text = " ".join(str(leaf).split())
        texts.append(
            text if isinstance(leaf, RigError | OutOfLimits | UnitFailed) and text else f"{type(leaf).__name__}: {text}"
        )
    return "; ".join(texts)


def translated(error: BaseException) -> BaseException:
    """Return what pytest and its reporters shall see instead: unit trouble as a failure, all else as broken.

    Leaving pytest from inside a test would be reported as a pass by some of them, and an assertion of the
    plan as a failure of the unit.
    """
    kind = classify(error)
    if kind is Outcome.INTERRUPTED:
        return RunInterrupted(one_line(error))
    if kind is Outcome.UNIT_TROUBLE:
        return UnitFailed(one_line(error))
    if kind is Outcome.PLAN_TROUBLE and not isinstance(error, PlanFault):
        return PlanFault(one_line(error))
    return error
