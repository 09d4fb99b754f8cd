"""The run that is going on: what fixtures and plans reach through `config.stash[RUN]`."""

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rig.clock import Clock
from rig.errors import ConfigError, RigError
from rig.measure import Budget, Decision, Reading, Verdict, decide, format_reading
from rig.measure.blame import Sorted
from rig.measure.limit import Condition
from rig.product import Product
from rig.record.projection import TROUBLE
from rig.run.audience import Audience
from rig.run.bench_use import BenchUse
from rig.run.builtin_twin import BuiltinTwin
from rig.run.manifest import Expected, Key, Manifest
from rig.run.observer import Measurement
from rig.run.options import RunOptions
from rig.run.outcome import Outcome, OutOfLimits, RunInterrupted, worse
from rig.run.reasons import out_of_limits
from rig.run.troubles import Troubles
from rig.run.verdict import Facts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rig.bench.guard.process import GuardProcess
    from rig.bench.lease import BenchLease
    from rig.record import RunRecord
    from rig.station import Station


class RunContext:
    """One run of one unit through one plan.

    `product` has the pad of the run fitted; `bench` is how the run uses its bench.
    """

    def __init__(
        self,
        options: RunOptions,
        product: Product,
        twin: BuiltinTwin | None,
        audience: Audience,
        guard: "GuardProcess | None" = None,
    ) -> None:
        self.options = options
        self.product = product
        self.twin = twin
        self.guard = guard
        self.lease: BenchLease | None = None  # taken for a look before the run began, for the bench to go on with
        self.no_lease: RigError | None = None  # why there was none to be had
        self.cool: Mapping[str, float] = {}  # how far the unit was from the ambient before the run began, K by place
        self.manifest = Manifest((), (), "")
        self.budgets: Mapping[str, Budget] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.measurements: dict[Key, Measurement] = {}
        self.deselected: list[str] = []
        self.interrupted: str | None = None
        self.stopped: str | None = None
        self.scan_again = False  # the unit isn't the scanned one: what was measured says nothing about that one
        self._record: RunRecord | None = None
        self._events_before: Callable[[str], Sequence[Mapping[str, Any]]] | None = None
        self._station: Station | None = None
        self._audience = audience
        audience.lost = self._lost_observer
        self._expected: dict[Key, Expected] = {}
        self.troubles = Troubles(lambda body: self._keep(TROUBLE, body))
        self.bench = BenchUse(self.troubles)

    @property
    def serial(self) -> str:
        """The unit's serial, as on its label."""
        return self.options.serial

    @property
    def station_path(self) -> Path:
        """The station file: the one given, or the built-in twin's; waits for the twin to be up.

        Raises ConnectionLost or UsageError when the twin doesn't come up.
        """
        if self.options.station is not None:
            return self.options.station
        if self.twin is None:
            raise ConfigError("no station and no twin: give --station FILE")
        return self.twin.station

    @property
    def station(self) -> "Station":
        """The station definition, read at first use; raises ConfigError, or what `station_path` raises."""
        if self._station is None:
            from rig.station import load_station

            self._station = load_station(self.station_path)
        return self._station

    @property
    def began(self) -> bool:
        """Whether the run is in the record."""
        return self._record is not None

    @property
    def record(self) -> "RunRecord":
        """The run's record; raises ConfigError before the run has begun."""
        if self._record is None:
            raise ConfigError("the run hasn't begun: nothing can be recorded yet")
        return self._record

    @property
    def clock(self) -> Clock | None:
        """The bench clock, None while no bench is open."""
        return self.bench.clock

    @property
    def halted(self) -> bool:
        """Whether the rest of the tests is pointless: rig trouble, a silent unit, an interruption."""
        return bool(self.untrusted or self.troubles.silent or self.stopped)

    @property
    def untrusted(self) -> bool:
        """Whether rig or plan can't be trusted any more, or somebody wants the run to end."""
        return bool(self.troubles.untrusted or self.interrupted)

    @property
    def all_passed(self) -> bool:
        """Whether something was measured and nothing has failed so far."""
        return (
            bool(self.measurements)
            and not (self.halted or self.troubles.unit)
            and all(one.decision.verdict is Verdict.PASS for one in self.measurements.values())
        )

    def begin(
        self,
        manifest: Manifest,
        budgets: Mapping[str, Budget],
        record: "RunRecord",
        events_before: Callable[[str], Sequence[Mapping[str, Any]]],
    ) -> None:
        """Fix the manifest and the budgets of its numbers; from now on readings are taken.

        `events_before` looks up the events of a kind that the run before this one, in the same nest, has recorded.
        """
        self.manifest = manifest
        self.budgets = budgets
        self._expected = {one.key: one for one in manifest.expected}
        self._record = record
        self._events_before = events_before
        whose, count = (self.serial, self.options.plan, record.attempt), (len(manifest.tests), len(manifest.expected))
        self._audience.tell(lambda one: one.started(*whose, *count))

    def seconds(self) -> float:
        """Bench time now, or when it was last known."""
        return self.bench.seconds()

    def wall_seconds(self) -> float:
        """Wall time since the run was asked for."""
        return time.monotonic() - self.options.asked_at

    def measure(
        self,
        test: str,
        id: str,
        value: Reading | float | str | bool,
        **conditions: Condition,
    ) -> Decision:
        """Judge a reading against its limit, record and show it; a bare value is in the limit's unit.

        The uncertainty that a number brings along becomes one line of its budget, which gives the combined one.

        Raises ConfigError when the test hasn't declared it, or has taken it before, or when units differ;
        InstrumentFault for what is no number; LeaseLost when the guard has taken the energy away meanwhile.
        """
        if "pad" not in conditions and "pad" in self.product.condition_names(id):
            conditions["pad"] = self.product.fitted_pad
        key: Key = test, (id, frozenset(conditions.items()))
        if (expected := self._expected.get(key)) is None:
            name = Expected(test, id, conditions).name
            raise ConfigError(f"{test}: {name} was measured but not declared; add it to measures(...)")
        if key in self.measurements:
            raise ConfigError(f"{test}: {expected.name} was measured twice")
        limit = self.product.limit(id, **conditions)
        taken = value if isinstance(value, Reading) else Reading(value, limit.unit)
        # a number without a budget has stopped the run before it began
        reading = self.budgets[id].applied(taken) if taken.is_number else taken
        decision = decide(reading, limit)
        self.bench.vouch()
        if decision.verdict is not Verdict.PASS:
            self.bench.before_blame()
        seconds = self.seconds()
        self.record.measurement(test, id, expected.conditions, reading, limit, decision, seconds, taken.u)
        self.measurements[key] = measurement = Measurement(expected, reading, limit, decision, seconds)
        if decision.verdict is not Verdict.PASS:
            self.record.commit()  # what somebody has seen fail stays so, whatever becomes of this run
        self._audience.tell(lambda one: one.measured(measurement))
        return decision

    def waveform(self, name: str, samples: "NDArray[np.floating]", rate_hz: float, unit: str) -> str:
        """Record samples taken at that rate in hertz, in the test that is going on; returns their SHA-256."""
        return self.record.waveform(name, samples, rate_hz, unit, self.troubles.test, self.seconds())

    @property
    def today(self) -> datetime.date:
        """The calendar day, UTC."""
        return datetime.datetime.now(datetime.UTC).date()

    def event(self, kind: str, **body: object) -> None:
        """Record something that isn't a measurement."""
        self.record.event(kind, body)

    def events_before(self, kind: str) -> Sequence[Mapping[str, Any]]:
        """Return the events of that kind of the run before this one in the same nest; raises RecordError."""
        return () if self._events_before is None else self._events_before(kind)

    def measures(self, id: str) -> bool:
        """Whether the plan measures that."""
        return any(one.id == id for one in self._expected.values())

    def note(self, text: str) -> None:
        """Show a line to whoever watches."""
        self._audience.note(text)

    def stop(self, reason: str) -> None:
        """Begin no further test: the unit has failed so that they would be pointless or unsafe; a FAIL."""
        self.stopped = self.stopped or reason

    def interrupt(self, reason: str) -> None:
        """Note that somebody stopped the run."""
        self.interrupted = self.interrupted or reason

    def checkpoint(self) -> None:
        """Raise RunInterrupted when somebody has stopped the run; cheap, for loops that wait long."""
        if self.interrupted is not None:
            raise RunInterrupted(self.interrupted)

    def give_lease_back(self) -> None:
        """Close a lease that no bench has taken over."""
        if self.lease is not None:
            self.lease.close()
            self.lease = None

    def out_of_limits(self, test: str) -> OutOfLimits | None:
        """Return what a test has to fail with at its end, naming every measurement that isn't in."""
        lines = [
            f"{one.expected.name}: {format_reading(one.reading, one.limit)} {one.decision.verdict}"
            for one in self.measurements.values()
            if one.expected.test == test and one.decision.verdict is not Verdict.PASS
        ]
        return OutOfLimits("\n".join(lines)) if lines else None

    def ended(self, test: str, outcome: Outcome) -> None:
        """Note how a phase of a test ended; the worst one counts."""
        self.outcomes[test] = worse(self.outcomes.get(test, Outcome.NOT_RUN), outcome)

    def facts(self, *, changed_files: Sequence[str]) -> Facts:
        """Return all that counts for the verdict."""
        return Facts(
            manifest=self.manifest,
            outcomes=dict(self.outcomes),
            measured={key: one.decision.verdict for key, one in self.measurements.items()},
            out_of_limits=tuple(out_of_limits(self.measurements.values())),
            rig_trouble=tuple(self.troubles.rig),
            unit_trouble=tuple(self.troubles.unit),
            unit_silent=tuple(self.troubles.silent),
            plan_trouble=tuple(self.troubles.plan),
            interrupted=self.interrupted,
            stopped=self.stopped,
            safe=self.bench.safe,
            bench_used=self.bench.used,
            changed_files=tuple(changed_files),
            deselected=tuple(self.deselected),
        )

    def failures(self) -> Sorted:
        """Return what has failed so far, sorted by whose doing it may be; nothing of a unit that isn't the scanned."""
        return Sorted() if self.scan_again else self.troubles.sorted(self.measurements, self.manifest, self.product)

    def _lost_observer(self, message: str) -> None:
        self._keep("observer.lost", {"message": message})
        self._audience.note(message)

    def _keep(self, kind: str, body: Mapping[str, object]) -> None:
        if self._record is not None:
            self._record.event(kind, body)


RUN = pytest.StashKey[RunContext]()
