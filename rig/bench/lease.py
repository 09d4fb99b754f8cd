"""The guard's lease on a bench: bench time, supplies, relays, temperatures; all other instruments come later."""

from collections.abc import Mapping
from pathlib import Path

from rig.bench.beats import BeatingClock
from rig.bench.guard.client import GuardedLogger, GuardLine
from rig.bench.guard.process import GuardProcess, running_guard
from rig.bench.guard.settings import OWNED, GuardSettings
from rig.bench.ports import Ports
from rig.bench_clock import BenchClock
from rig.clock import Clock, WallClock
from rig.errors import RigError
from rig.station import Station


class BenchLease:
    """Held from its making until `close`; whatever is on then goes off."""

    def __init__(
        self,
        station: Station,
        who: str = "a run",
        data: Path | None = None,
        process: GuardProcess | None = None,
        envelopes: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        """Reach the guard, whose first act made the bench safe, or start one, and take the lease.

        `who` is for whoever is refused meanwhile, `data` takes the guard's black-box events, `process` is a guard
        that was started early, `envelopes` the most that the product lets each supply give
        (`Product.envelopes`). Raises ConnectionLost, BenchError or NotSafe, one line naming the role.
        """
        self.station = station
        self.who = who
        self.ports = Ports()
        try:
            self._take(data, process, envelopes or {})
        except RigError:
            self.close()
            raise

    def _take(
        self, data: Path | None, process: GuardProcess | None, envelopes: Mapping[str, Mapping[str, float]]
    ) -> None:
        settings = GuardSettings.of(self.station)
        contact = running_guard(settings)
        if contact is None:
            contact = (process or self.started_guard()).guard(settings)
        twin = self.station.clock
        # the guard has joined the clock by now, and time has stood still since it was safe
        twins = None if twin is None else BenchClock(twin.address, twin.token)
        inner: Clock = twins or WallClock()
        self.ports.add(inner, inner.close)
        self.line = GuardLine(contact, inner, self.who)
        self.ports.add(self.line, self.line.close)
        self.clock = BeatingClock(inner, self.line, settings.beat_seconds, wall=twins is None)
        if twins is not None:
            twins.while_waiting = self.clock.beat
        resources = (*OWNED, *self.station.instruments, "unit")
        self.line.acquire(sorted(set(resources)), str(data or ""), envelopes)
        self.identities = dict[str, str](self.line.ask("identities"))
        self.logger = GuardedLogger(self.line, self.station.celsius_corrections())

    def started_guard(self) -> GuardProcess:
        """Start a guard's process, which ends with the lease."""
        process = GuardProcess()
        return self.ports.add(process, process.close)

    def close(self) -> None:
        """Give every port back without touching the outputs; the guard ends the lease by itself."""
        self.ports.close()
