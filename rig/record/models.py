"""What a reader of the record gets: frozen rows, no database types."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ExpectedMeasurement:
    """One measurement that the plan's manifest promises."""

    test: str
    id: str
    conditions: Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of one unit through one plan; `verdict` is None until it has ended, `alive` false where it never will."""

    run_id: str
    serial: str
    plan: str
    attempt: int
    verdict: str | None
    reasons: tuple[str, ...]
    started_utc: str
    ended_utc: str | None
    wall_s: float | None
    bench_s: float | None
    station: str
    operator: str
    slot: int | str
    pad: str
    firmware: str | None
    product: str
    limits_hash: str
    plan_hash: str
    seed: int | None
    tests: tuple[str, ...]
    manifest: tuple[ExpectedMeasurement, ...]
    instruments: tuple[Mapping[str, Any], ...]
    extra: Mapping[str, Any]
    alive: bool = True

    @property
    def state(self) -> str:
        """Its verdict, or what is known of a run that has none yet."""
        if self.verdict is not None:
            return self.verdict
        return "still running" if self.alive else "cut off (its process died; the next run closes it as INTERRUPTED)"


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test of a run; without `outcome` it was lost, or is still going on."""

    __test__ = False  # not a test class for pytest

    event: int
    run_id: str
    nodeid: str
    outcome: str | None
    message: str
    started_s: float
    ended_s: float | None
    started_utc: str
    ended_utc: str | None


@dataclass(frozen=True, slots=True)
class MeasurementRow:
    """One judged reading; `event` is its place in the journal, `u` its standard uncertainty."""

    event: int
    run_id: str
    test: str
    id: str
    conditions: Mapping[str, Any]
    value: float | str | bool
    unit: str
    u: float | None
    low: float | None
    high: float | None
    one_of: tuple[Any, ...] | None
    acceptance_low: float | None
    acceptance_high: float | None
    p_conform: float | None
    verdict: str
    safety: bool
    requirement: str
    t_s: float


@dataclass(frozen=True, slots=True)
class WaveformRow:
    """One waveform of a run; the samples lie in the file named by `sha256`."""

    event: int
    run_id: str
    test: str
    name: str
    sha256: str
    rate_hz: float
    unit: str
    count: int
    t_s: float


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file that the run's reporter wrote, as it was."""

    name: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check of the whole record found; `broken_at` is the first event that doesn't hold.

    The head that vouches for most stands at event `signed_to`; `keys` are all that signed, in hex; `strays` counts
    waveform files that no event names; `rebuilt` says that the tables were made anew from the events.
    """

    ok: bool
    events: int
    runs: int
    broken_at: int | None
    reason: str | None
    signed_to: int = 0
    keys: tuple[str, ...] = ()
    strays: int = 0
    rebuilt: bool = False

    def as_json(self) -> dict[str, object]:
        """Return it with the keys of the command line's contract."""
        return {**asdict(self), "keys": list(self.keys)}

    def lines(self) -> Iterator[str]:
        """Yield it as lines for people."""
        state = "whole" if self.ok else f"broken at event {self.broken_at}: {self.reason}"
        yield f"{self.events} events, {self.runs} runs: {state}"
        if self.keys:
            yield f"signed up to event {self.signed_to} by {', '.join(self.keys)}"
        if self.strays:
            yield f"{self.strays} waveform files that no event names: left by a death, they say nothing"
        if self.rebuilt:
            yield "the tables were made anew from the journal"
