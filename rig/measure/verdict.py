"""Verdicts, and what a decision rule says about one reading."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a measurement, a test or a run; only PASS is a pass."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    MARGINAL = "MARGINAL"
    ERROR = "ERROR"
    INTERRUPTED = "INTERRUPTED"
    INCOMPLETE = "INCOMPLETE"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one reading, the interval of acceptance, and the probability of conformance.

    `acceptance_low` and `acceptance_high` are in the limit's unit, None where the limit has no such side.
    `p_conform` is None for texts, states and readings without a standard uncertainty.
    """

    verdict: Verdict
    acceptance_low: float | None = None
    acceptance_high: float | None = None
    p_conform: float | None = None
