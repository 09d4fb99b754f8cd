"""Leases: who holds which resources, what each energising may cost, and when that ends. Pure, no I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rig.bench.guard.envelope import SourceEnvelope


@dataclass(frozen=True, slots=True)
class Budget:
    """What one energising may take: bench seconds, and degrees Celsius of anything a person touches."""

    max_seconds: float
    max_celsius: float


@dataclass(slots=True)
class Lease:
    """A set of resources held by somebody; `ended` says why it was taken away, `blames` by which devices.

    `envelopes` are what its supplies may be set to; `data` is the directory of the holder's record;
    `beaten` the wall time of its last sign of life, seconds.
    """

    who: str
    resources: frozenset[str]
    data: str
    beaten: float
    ended: str | None = None
    blames: frozenset[str] = frozenset()
    budgets: dict[str, tuple[Budget, float]] = field(default_factory=dict[str, tuple[Budget, float]])
    envelopes: Mapping[str, SourceEnvelope] = field(default_factory=dict[str, SourceEnvelope])

    def energise(self, source: str, budget: Budget, now: float) -> None:
        """Count what a source may take from now on (bench seconds)."""
        self.budgets[source] = budget, now + budget.max_seconds

    def calm(self, source: str) -> None:
        """The source is off."""
        self.budgets.pop(source, None)

    @property
    def energised(self) -> bool:
        """Whether any source is on."""
        return bool(self.budgets)

    @property
    def deadline(self) -> float | None:
        """When the first budget ends, in bench seconds; None while nothing is on."""
        return min((end for _, end in self.budgets.values()), default=None)

    @property
    def max_celsius(self) -> float | None:
        """The lowest temperature that a budget allows; None while nothing is on."""
        return min((budget.max_celsius for budget, _ in self.budgets.values()), default=None)

    def overspent(self, now: float) -> str | None:
        """Say which source has been on for longer than its budget allows."""
        for source, (budget, end) in self.budgets.items():
            if now >= end:
                return f"{source} was on for more than its budget of {budget.max_seconds:g} s"
        return None

    def silent(self, wall: float, beat_seconds: float) -> str | None:
        """Say that its holder shows no progress; only counts while energised."""
        if self.energised and wall - self.beaten > beat_seconds:
            return f"no sign of progress for {beat_seconds:g} s"
        return None


class Leases:
    """All leases of a bench; a set of resources is granted whole or not at all."""

    def __init__(self) -> None:
        self._held: list[Lease] = []

    def __iter__(self) -> Iterator[Lease]:
        return iter(tuple(self._held))

    def holder_of(self, resources: Iterable[str]) -> Lease | None:
        """Who stands in the way of a grant."""
        wanted = set(resources)
        return next((lease for lease in self._held if lease.resources & wanted), None)

    def grant(self, who: str, resources: Iterable[str], data: str, wall: float) -> Lease | None:
        """Give all of them, or None when any is held."""
        wanted = frozenset(resources)
        if self.holder_of(wanted) is not None:
            return None
        lease = Lease(who, wanted, data, wall)
        self._held.append(lease)
        return lease

    def release(self, lease: Lease) -> None:
        """Take the resources back; a second call does nothing."""
        if lease in self._held:
            self._held.remove(lease)
