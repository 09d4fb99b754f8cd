"""What a virtual lot showed: false fails of good units, escapes of bad ones, what caught what."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rig.measure.unit_status import Standing
from rig.prove.catalogue import Defect
from rig.prove.unit import Outcome

LOST = (Standing.FAILED, Standing.BLOCKED)  # where a unit that nothing is wrong with must never stand


@dataclass(frozen=True, slots=True)
class Row:
    """One defect: how many units had it, how many were caught, by which measurements, and how the runs ended."""

    defect: str
    known: Defect
    units: int
    caught: int
    by: tuple[str, ...]
    verdicts: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The keys of the command line's contract."""
        severity = self.defect.partition("=")[2]
        return {
            "id": self.known.id,
            "class": self.known.kind,
            "severity": float(severity or "1"),
            "units": self.units,
            "caught": self.caught,
            "by": list(self.by),
        }


@dataclass(frozen=True, slots=True)
class LotReport:
    """All of a lot; `rate_per_s` is units a second of wall time."""

    outcomes: Sequence[Outcome]
    rows: Sequence[Row]
    rate_per_s: float

    @property
    def false_fails(self) -> list[Outcome]:
        """Healthy units that didn't pass."""
        return [one for one in self.outcomes if not one.defect and one.verdict != "PASS"]

    @property
    def escapes(self) -> list[Outcome]:
        """Defective units that passed, of the classes that the plan is there to catch."""
        missed = {row.defect: row.known for row in self.rows}
        kinds = ("certain", "rig")
        return [
            one for one in self.outcomes if one.defect and missed[one.defect].kind in kinds and one.verdict == "PASS"
        ]

    @property
    def blamed(self) -> list[Outcome]:
        """Units that were judged, or stand failed or blocked, for what the rig did."""
        of_rig = {row.defect for row in self.rows if row.known.kind == "rig"}
        return [
            one for one in self.outcomes if one.defect in of_rig and (one.verdict == "FAIL" or one.standing in LOST)
        ]

    def as_json(self) -> dict[str, object]:
        """The keys of the command line's contract."""
        return {
            "units": len(self.outcomes),
            "healthy": sum(not one.defect for one in self.outcomes),
            "false_fails": len(self.false_fails),
            "escapes": [{"seed": one.seed, "defect": one.defect} for one in self.escapes],
            "blamed": [{"seed": one.seed, "defect": one.defect} for one in self.blamed],
            "defects": [row.as_json() for row in self.rows],
            "rate_per_s": round(self.rate_per_s, 3),
        }


def report_on(outcomes: Sequence[Outcome], catalogue: Mapping[str, Defect], seconds: float) -> LotReport:
    """Count what was caught."""
    rows: list[Row] = []
    for defect in dict.fromkeys(one.defect for one in outcomes if one.defect):
        known = catalogue[defect.partition("=")[0]]
        units = [one for one in outcomes if one.defect == defect]
        caught = [one for one in units if known.caught(one.verdict, one.failed)]
        by = Counter(id_ for one in caught for id_ in one.failed if id_ in known.caught_by)
        verdicts = Counter(one.verdict for one in units).most_common()
        ended = tuple(f"{count} {verdict}" for verdict, count in verdicts)
        rows.append(Row(defect, known, len(units), len(caught), tuple(id_ for id_, _ in by.most_common()), ended))
    return LotReport(outcomes, rows, len(outcomes) / seconds if seconds > 0.0 else 0.0)


def markdown(report: LotReport, command: str) -> str:
    """The table of the docs, with the command that makes it."""
    healthy = sum(not one.defect for one in report.outcomes)
    lines = [
        f"Made by `{command}`.",
        "",
        f"Healthy units: {healthy - len(report.false_fails)} of {healthy} passed.",
        "",
        "| Defect | What it is | Class | Caught | By |",
        "|---|---|---|---|---|",
    ]
    for row in report.rows:
        if row.known.where == "rig" and row.known.kind == "rig":
            by = "ERROR, the unit isn't judged"
        else:
            by = ", ".join(f"`{id_}`" for id_ in row.by) or f"- ({', '.join(row.verdicts)})"
        lines.append(f"| `{row.defect}` | {row.known.text} | {row.known.kind} | {row.caught} of {row.units} | {by} |")
    return "\n".join(lines) + "\n"
