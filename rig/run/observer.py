"""Who watches a run, and what it is told: a progress display, a test, the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rig.measure import Decision, Limit, Reading, Verdict
from rig.measure.unit_status import Standing, UnitStatus
from rig.measure.unit_words import ADVICE, UnitWords, words_for
from rig.run.manifest import Expected


@dataclass(frozen=True, slots=True)
class Measurement:
    """One judged reading of the run, at a bench time in seconds."""

    expected: Expected
    reading: Reading
    limit: Limit
    decision: Decision
    seconds: float

    def as_json(self) -> dict[str, object]:
        """Return it with the keys of the command line's contract."""
        return {
            "test": self.expected.test,
            "id": self.expected.id,
            "conditions": dict(self.expected.conditions),
            "value": self.reading.value,
            "unit": self.reading.unit,
            "u": self.reading.u,
            "low": self.limit.low,
            "high": self.limit.high,
            "acceptance_low": self.decision.acceptance_low,
            "acceptance_high": self.decision.acceptance_high,
            "one_of": None if self.limit.one_of is None else list(self.limit.one_of),
            "verdict": str(self.decision.verdict),
            "safety": self.limit.safety,
            "t_s": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class TestEnd:
    """How one test ended, its bench and wall time in seconds."""

    __test__ = False  # not a test class for pytest

    test: str
    outcome: str
    message: str
    bench_s: float
    wall_s: float


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished run."""

    run_id: str
    serial: str
    plan: str
    attempt: int
    verdict: Verdict
    reasons: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    tests: tuple[TestEnd, ...]
    wall_s: float
    bench_s: float
    fsync_s: float
    results: Path
    facts: Mapping[str, object]
    unit: UnitStatus | None = None  # where the unit stands by all its attempts
    advice: str = ADVICE
    scan_again: bool = False  # the unit in the nest wasn't the scanned one
    simulated: bool = False
    trial: str | None = None  # why it counts for nothing
    record: Path = Path()

    @property
    def words(self) -> UnitWords:
        """What people are told first; where nobody knows how the unit stands, it isn't judged."""
        return words_for(
            self.unit or UnitStatus(self.plan, Standing.NOT_JUDGED),
            simulated=self.simulated,
            verdict=self.verdict,
            reasons=self.reasons,
            advice=self.advice,
            trial=self.trial is not None,
        )

    @property
    def marks(self) -> tuple[str, ...]:
        """What must stand beside its verdict, wherever that is shown."""
        return () if self.trial is None else (f"TRIAL: counts for nothing ({self.trial})",)

    @property
    def alarms(self) -> tuple[str, ...]:
        """What a trial has found that mustn't stay a trial's: one line for each failed safety measurement."""
        unsafe = (one for one in self.measurements if one.limit.safety and one.decision.verdict is not Verdict.PASS)
        if self.trial is None:
            return ()
        return tuple(f"SAFETY: {one.expected.name} is {one.decision.verdict}: run production" for one in unsafe)


class Observer:
    """Base of those who watch a run; every method may be left as it is.

    Where one `speaks`, it tells people itself why a run couldn't begin, and pytest keeps quiet about it.
    """

    speaks = False

    def started(self, serial: str, plan: str, attempt: int, tests: int, measurements: int) -> None:
        """Hear that the manifest stands; nothing was energised yet."""

    def test_started(self, test: str, title: str) -> None:
        """Hear that a test begins."""

    def measured(self, measurement: Measurement) -> None:
        """Hear of a judged reading, which isn't durable yet."""

    def test_ended(self, end: TestEnd) -> None:
        """Hear that a test is over, and what it measured durable."""

    def note(self, text: str) -> None:
        """Hear something a person should know."""

    def refused(self, message: str, *, usage: bool) -> None:
        """Hear why the run couldn't begin, a line for each fault; `usage`: it was asked for wrongly."""

    def ended(self, summary: Summary) -> None:
        """Hear the verdict, which is in the record."""
