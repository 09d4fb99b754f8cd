"""One virtual unit: which individual it is, and what the plan made of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from rig.product.serials import first_serial, numbered


@dataclass(frozen=True, slots=True)
class VirtualUnit:
    """An individual of the twin: `defect` is `ID` or `ID=SEVERITY`, empty for a healthy one."""

    seed: int
    defect: str = ""
    first_serial: str = field(default_factory=first_serial)  # of the product

    @property
    def serial(self) -> str:
        """A serial made of the seed."""
        return numbered(self.first_serial, self.seed)

    @property
    def defect_id(self) -> str:
        """The defect without its severity."""
        return self.defect.partition("=")[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the plan said: verdict, ids out of limits, reasons, and every number it measured by name."""

    seed: int
    defect: str
    verdict: str
    failed: tuple[str, ...]
    reasons: tuple[str, ...]
    bench_s: float
    wall_s: float
    values: Mapping[str, float] = field(default_factory=dict[str, float])
    standing: str = ""  # of the unit, after this run
    scan_again: bool = False  # the unit said another serial than its label: the run doesn't judge it

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """From JSON types."""
        return cls(
            seed=int(found["seed"]),
            defect=str(found["defect"]),
            verdict=str(found["verdict"]),
            failed=tuple(found["failed"]),
            reasons=tuple(found["reasons"]),
            bench_s=float(found["bench_s"]),
            wall_s=float(found["wall_s"]),
            values=dict(found["values"]),
            standing=str(found["standing"]),
            scan_again=bool(found["scan_again"]),
        )

    def as_json(self) -> dict[str, object]:
        """As JSON types."""
        return asdict(self)
