"""Tables of a run's measurements, made from the record's DataFrame: HTML for pages, CSV for spreadsheets."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reports.wording import acceptance_of, limit_of, measurement_name, value_of
from rig.record import MeasurementRow
from rig.record.text import clean

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1000  # a large CSV hangs the page, from some thousands on
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")  # some spreadsheets take the wide ones, too
_COLOURS = {"PASS": "#1a7f37", "FAIL": "#cf222e", "MARGINAL": "#bf6a02"}


def limits_table(frame: Any, rows: dict[int, MeasurementRow], requirement_page: str = "") -> str:
    """Return an HTML table of measurements with their limits, one row each, everything escaped.

    `rows` are the same measurements by their place in the frame; requirements link to `requirement_page`.
    """
    heads = ("Measurement", "Result ± U (k = 2)", "Limits", "Accepted", "Verdict", "Requirement")
    lines = ["<table>", "<tr>" + "".join(f"<th align=left>{head}</th>" for head in heads) + "</tr>"]
    for place, conditions in frame["conditions"].items():
        row = rows[place]
        name = measurement_name(row.id, str(conditions).replace("=", " "))
        colour = _COLOURS.get(row.verdict, "#57606a")
        verdict = f'<b style="color:{colour}">{escape(row.verdict)}</b>'
        requirement = escape(row.requirement)
        if requirement_page and requirement:
            requirement = f'<a href="{escape(requirement_page)}#{requirement}">{requirement}</a>'
        texts = (name, value_of(row), limit_of(row), acceptance_of(row))
        cells = (*map(escape, texts), verdict, requirement)
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return "\n".join([*lines, "</table>"])


def measurements_csv(frame: "pd.DataFrame") -> str:
    """Return the measurements as CSV; a text that a spreadsheet would take for a formula is quoted."""
    safe: Any = frame.copy()
    for name in safe.columns:
        if safe[name].dtype.kind not in "fib":
            safe[name] = safe[name].map(_no_formula)
    return str(safe.to_csv(index=False, lineterminator="\n"))


def waveform_csv(samples: NDArray[np.floating], rate_hz: float, unit: str) -> str:
    """Return a waveform as CSV of at most 1000 rows: all samples, or lowest and highest of each stretch."""
    # by hand: a DataFrame would take a second for the dozen tables of a page
    stretch = -(-len(samples) // MOST_ROWS) or 1
    if stretch == 1:
        columns = {"t_s": np.arange(len(samples)) / rate_hz, f"value_{unit}": samples}
    else:
        low, high = envelope(samples, stretch)
        columns = {"t_s": np.arange(len(low)) * stretch / rate_hz, f"low_{unit}": low, f"high_{unit}": high}
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(f"{value:.7g}" for value in row) for row in rows)]
    return "\n".join(lines) + "\n"


def envelope(samples: NDArray[np.floating], stretch: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the lowest and the highest sample of each stretch of that many; the last may be shorter."""
    starts = np.arange(0, len(samples), stretch)
    return np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)


def _no_formula(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = clean(value)  # a lone carriage return isn't quoted by the csv module, and begins a row in some spreadsheets
    return f"'{text}" if text.startswith(_FORMULA) else text
