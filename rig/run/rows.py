"""The rows of the table of measurements, as wide as the terminal: what doesn't fit is left out whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from rig.measure import format_acceptance, format_limit, format_reading
from rig.plain import safe
from rig.run.observer import Measurement

FULL_WIDTH = 128  # characters of the whole table
VERDICT_WIDTH = 8  # of MARGINAL
CUT = "…"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and its width in characters."""

    heading: str
    width: int


WIDE = (Column("measurement", 44), Column("value ± U (k = 2)", 26), Column("limits", 24), Column("accepted", 22))
# the narrower ones drop what can be looked up afterwards: first the acceptance limits, then the limits
MEDIUM = (Column("measurement", 44), Column("value ± U (k = 2)", 26), Column("limits", 24))
NARROW = (Column("measurement", 30), Column("value ± U (k = 2)", 20), Column("limits", 18))
NARROWEST = (Column("measurement", 30), Column("value ± U (k = 2)", 20))


class Rows:
    """Lays measurements out for so many characters a line; None is as many as it takes."""

    def __init__(self, characters: int | None) -> None:
        layouts = (WIDE, MEDIUM, NARROW, NARROWEST)
        fitting = (one for one in layouts if characters is None or _width(one) <= characters)
        self._columns = next(fitting, NARROWEST)
        self._whole = characters is None

    def heading(self) -> str:
        """Return the heading of the table."""
        return self._row([column.heading for column in self._columns]).rstrip()

    def row(self, measurement: Measurement) -> str:
        """Return a measurement's row, without its verdict."""
        texts = (
            measurement.expected.name,
            format_reading(measurement.reading),
            format_limit(measurement.limit),
            format_acceptance(measurement.reading, measurement.limit, measurement.decision),
        )
        return self._row([safe(text) for text in texts])

    def _row(self, texts: Sequence[str]) -> str:
        return " ".join(self._cell(text, column.width) for text, column in zip(texts, self._columns, strict=False))

    def _cell(self, text: str, width: int) -> str:
        cut = text if self._whole or len(text) <= width else text[: width - len(CUT)] + CUT
        return f"{cut:{width}}"


def _width(columns: Sequence[Column]) -> int:
    return sum(column.width + 1 for column in columns) + VERDICT_WIDTH
