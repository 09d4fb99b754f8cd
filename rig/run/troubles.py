"""What went wrong in a run beyond its measurements: of the rig, the plan, the unit; each noted once."""

from collections.abc import Callable, Mapping

from rig.errors import BenchError, blamed
from rig.measure import Verdict
from rig.measure.blame import BenchTrouble, Failure, Sorted, sort_failures
from rig.product import Product
from rig.record.history import BENCH, UNIT, depending
from rig.run.manifest import Key, Manifest
from rig.run.observer import Measurement


class Troubles:
    """The lists that the verdict is made of, and what they say about a failure.

    `record` keeps each new one, with the test that is going on.
    """

    def __init__(self, record: Callable[[Mapping[str, object]], None]) -> None:
        self.test = ""  # the one that is going on
        self.rig: list[str] = []
        self.plan: list[str] = []
        self.unit: list[str] = []
        self.silent: list[str] = []
        self.bench: list[BenchTrouble] = []
        self.failures: list[Failure] = []
        self._record = record

    @property
    def untrusted(self) -> bool:
        """Whether rig or plan can't be trusted any more."""
        return bool(self.rig or self.plan)

    def of_rig(self, message: str, cause: BaseException | None = None) -> None:
        """Say that the rig can't be trusted: the run will be an ERROR and no further test is begun.

        Where the cause is trouble of the bench, what it blames is put in doubt (see `rig.measure.blame`).
        """
        if not isinstance(cause, BenchError):
            self._note(self.rig, message)
            return
        trouble = BenchTrouble(self.test, blamed(cause))
        if self._note(self.rig, message, kind=BENCH, blames=sorted(trouble.blames)):
            self.bench.append(trouble)

    def of_plan(self, message: str) -> None:
        """Say that the plan has a fault: the unit isn't judged."""
        self._note(self.plan, message)

    def of_unit(self, message: str) -> None:
        """Say that the unit did what it must not, beyond any measurement: the run will be a FAIL.

        Once the unit is silent nothing more is held against it: what comes then is a consequence.
        """
        if self.silent:
            self.of_silence(message)
        elif self._note(self.unit, message, kind=UNIT):
            self.failures.append(Failure(message, self.test))

    def of_silence(self, message: str) -> None:
        """Say that the unit stopped answering, or started anew: no further test is begun.

        The run will be an ERROR, since a worn pin looks the same, unless something had failed before.
        """
        self._note(self.silent, message)

    def sorted(self, measured: Mapping[Key, Measurement], manifest: Manifest, product: Product) -> Sorted:
        """Return what has failed, sorted by whose doing it may be."""
        out = [
            Failure(one.expected.name, one.expected.test, one.limit.safety)
            for one in measured.values()
            if one.decision.verdict is not Verdict.PASS
        ]
        planned = [(one.test, one.id) for one in manifest.expected]
        made_with = {id: product.made_with(id) for _, id in planned}
        return sort_failures(depending([*out, *self.failures], made_with, planned), self.bench)

    def _note(self, troubles: list[str], message: str, **more: object) -> bool:
        if message in troubles:
            return False
        troubles.append(message)
        self._record({"message": message, "test": self.test, **more})
        return True
