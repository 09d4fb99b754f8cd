"""Custody of the outputs: leases given, watched and ended; whatever ends a lease ends its energy."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rig.bench.guard.envelope import UTMOST, SourceEnvelope, require_call
from rig.bench.guard.leases import Budget, Lease, Leases
from rig.bench.guard.outputs import SOURCES, Outputs, call
from rig.bench.guard.proof import WatchdogProof
from rig.bench.guard.settings import GuardSettings
from rig.clock import AttendingClock
from rig.errors import BenchError, LeaseLost, NotSafe, RigError, UsageError, blamed

TIMER_SHORT_SECONDS = 0.6  # a K8090's timer may end 0.5 s early, and 0.1 s before that together with another
RESTART_SHARE = 0.5  # of the shortest time that the watchdog may take: how often its timer is restarted
TICK_SECONDS = 1e-9  # bench time comes in nanoseconds: what is due by less is due now
LOOK_SECONDS = 2.0  # between looks at temperatures and lid
HELD_UP = "the guard itself was held up: the watchdog relay may have opened"


@dataclass(frozen=True, slots=True)
class Trip:
    """Why the energy was taken away, from whom, when, and what was last seen.

    `wall_seconds` is Unix time; `off_seconds` is wall time from the decision until all was read back as off.
    """

    who: str
    reason: str
    bench_seconds: float
    wall_seconds: float
    off_seconds: float
    confirmed: bool
    message: str
    sources: tuple[str, ...]
    readings: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)


class Custody:
    """Who may use the outputs, for how long, and what happens when that ends."""

    def __init__(self, settings: GuardSettings, clock: AttendingClock, tripped: Callable[[Trip, Lease], None]) -> None:
        """Bring the bench into its safe state first; `tripped` hears of each time the energy was taken away.

        Raises BenchError when the outputs can't be reached, NotSafe when they can't be confirmed as off.
        """
        self._settings = settings
        self._clock = clock
        self._tripped = tripped
        self._outputs = Outputs(settings, clock)
        self._leases = Leases()
        self._tell: Callable[[Lease], None] | None = None
        self._restart_due = 0.0
        self._look_due = 0.0

    @property
    def identities(self) -> dict[str, str]:
        """What each instrument says it is, by role."""
        return self._outputs.identities()

    @property
    def bench_due(self) -> float | None:
        """When something is due, in bench seconds; None while nothing is on."""
        energised = self._energised
        if not energised:
            return None
        dues = [self._restart_due, self._look_due, *(lease.deadline or 0.0 for lease in energised)]
        return min(dues)

    @property
    def silence_ends(self) -> float | None:
        """When, in wall time, the first holder will have been silent for too long; None while nothing is on."""
        return min((lease.beaten + self._settings.beat_seconds for lease in self._energised), default=None)

    def listen_meanwhile(self, patience: Callable[[float], None]) -> None:
        """Wait like this for what takes long; it raises LeaseLost when a holder has gone, or is silent."""
        self._outputs.patience = patience

    def tell_ends(self, tell: Callable[[Lease], None]) -> None:
        """Call this as soon as a lease has ended, before its energy is taken away."""
        self._tell = tell

    def acquire(
        self, who: str, resources: Iterable[str], data: str, envelopes: Mapping[str, Mapping[str, Any]]
    ) -> Lease:
        """Give a lease on all of the resources, the supplies programmed to its envelopes, which are the product's.

        Raises BenchError naming who holds one of the resources, UsageError for an envelope that is none.
        """
        wanted = frozenset(resources)
        within = {source: UTMOST.within(one) for source, one in self._settings.envelopes.items()}
        for source, one in envelopes.items():
            _check(source)
            within[source] = within[source].within(SourceEnvelope.of(one))
        lease = self._leases.grant(who, wanted, data, time.monotonic())
        if lease is None:
            holder = self._leases.holder_of(wanted)
            raise BenchError(
                f"bench {self._settings.station}: in use by {holder.who if holder else 'somebody'}; "
                "wait until that has ended"
            )
        lease.envelopes = within
        try:
            self._outputs.program(within)
        except RigError:
            self._leases.release(lease)
            raise
        return lease

    def release(self, lease: Lease, reason: str) -> None:
        """Take the resources back, and the energy where any is left."""
        if lease.ended is None and lease.energised:
            self.end(lease, reason)
        self._leases.release(lease)

    def valid(self, lease: Lease | None, who: str) -> Lease:
        """Give the lease back while it holds; raises LeaseLost saying why it doesn't."""
        if lease is None:
            raise LeaseLost(f"guard: {who} holds no lease on this bench")
        if lease.ended is not None:
            raise LeaseLost(f"the guard took the energy away: {lease.ended}", lease.blames)
        return lease

    def energise(self, lease: Lease, source: str, budget: Budget) -> None:
        """Switch a supply on within a budget; raises InstrumentFault when it stays off."""
        _check(source)
        lease.envelopes[source].require_allowance(source, budget.max_seconds, budget.max_celsius)
        if not lease.energised:
            now = self._clock.now()
            self._restart_due = now + RESTART_SHARE * self._watchdog_seconds
            self._look_due = now + LOOK_SECONDS
        lease.energise(source, budget, self._clock.now())  # before it is on: whatever fails now ends safe
        self._outputs.energise(source)

    def calm(self, lease: Lease, source: str) -> None:
        """Switch a supply off and read that back; raises NotSafe."""
        _check(source)
        self._outputs.calm(source)
        lease.calm(source)

    def call(self, lease: Lease, device: str, method: str, arguments: Any) -> Any:
        """Have a device do something that gives no energy; raises LeaseLost for a device that isn't leased."""
        if device not in lease.resources:
            raise LeaseLost(f"guard: {lease.who} has no lease on the {device}")
        require_call(lease.envelopes, device, method, arguments)
        return call(self._outputs, device, method, arguments)

    def prove_watchdog(
        self, lease: Lease, battery_volts: float, charger_volts: float, limit_amperes: float
    ) -> dict[str, float]:
        """See `WatchdogProof.run`; raises UsageError for what lies outside the lease's envelopes."""
        lease.envelopes["battery"].require_setting("battery", battery_volts, limit_amperes)
        lease.envelopes["charger"].require_setting("charger", charger_volts, limit_amperes)
        proof = WatchdogProof(self._outputs, self._settings, self._clock)
        return proof.run(battery_volts, charger_volts, limit_amperes)

    def make_safe(self, lease: Lease | None = None) -> str | None:
        """Take all energy away; why the lease had ended before, if it had. Raises NotSafe."""
        self._outputs.make_safe()
        for held in self._leases:
            held.budgets.clear()
        return None if lease is None else lease.ended

    def watch(self, heard: Callable[[Lease], bool]) -> None:
        """End the leases that must end, and restart the watchdog for those that go on.

        `heard` says whether a holder that seems silent has said something meanwhile.
        """
        for lease in self._energised:
            silent = lease.silent(time.monotonic(), self._settings.beat_seconds)
            if silent is not None and not heard(lease):
                self._clock.expel_others()  # it holds time up, too
                self.end(lease, silent)
                continue
            reason = lease.overspent(self._clock.now() + TICK_SECONDS) or self._duties(lease)
            if reason is not None:
                self.end(lease, reason)

    def end(self, lease: Lease, reason: str) -> None:
        """Take the energy away now, read it back, and say so."""
        lease.ended = reason
        if self._tell is not None:
            self._tell(lease)
        sources = tuple(sorted(lease.budgets))
        wall, started = time.time(), time.monotonic()
        message = ""
        try:
            self._outputs.make_safe()
        except NotSafe as error:
            message = str(error)
            lease.ended = f"{reason}; {error}"
        off_seconds = round(time.monotonic() - started, 6)
        lease.budgets.clear()
        readings = dict(self._outputs.readings)
        trip = Trip(lease.who, reason, self._clock.now(), wall, off_seconds, not message, message, sources, readings)
        self._tripped(trip, lease)

    def close(self) -> None:
        """Give the ports back."""
        self._outputs.close()

    @property
    def _energised(self) -> list[Lease]:
        return [lease for lease in self._leases if lease.energised]

    def _duties(self, lease: Lease) -> str | None:
        """Restart the watchdog, look at temperatures and lid; what must end the energy, if anything."""
        try:
            now = self._clock.now() + TICK_SECONDS
            opens = self._watchdog_opens
            if self._restart_due <= now < opens:
                self._outputs.restart_watchdog(listening=True)
                self._restart_due = now + RESTART_SHARE * self._watchdog_seconds
                for source in lease.budgets:
                    self._outputs.require_fed(source)
            if self._clock.now() >= opens:
                return HELD_UP  # and the relay stays open
            reason = None
            if now >= self._look_due:
                self._look_due = now + LOOK_SECONDS
                reason = self._outputs.look(lease.max_celsius or self._settings.max_celsius)
            return HELD_UP if self._clock.now() >= self._watchdog_opens else reason
        except LeaseLost:
            return None  # a holder has gone, which its own lease is ended for
        except BenchError as error:
            lease.blames = blamed(error)
            return str(error)

    @property
    def _watchdog_opens(self) -> float:
        """When the relay may open by itself, in bench seconds, unless it is restarted."""
        return self._restart_due + (1.0 - RESTART_SHARE) * self._watchdog_seconds

    @property
    def _watchdog_seconds(self) -> float:
        """The shortest time for which the relay surely holds."""
        return self._settings.watchdog_seconds - TIMER_SHORT_SECONDS


def _check(source: str) -> None:
    if source not in SOURCES:
        raise UsageError(f"guard: {source!r} is no supply; known: {', '.join(SOURCES)}")
