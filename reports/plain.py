"""The unit's own plain page: one small HTML file that needs nothing but the record."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

from reports.files import write_whole
from reports.marks import marks_strip
from reports.standing import disposition_line, standing_line, words_of
from reports.wording import acceptance_of, limit_of, name_of, value_of
from rig.product.model import Requirement
from rig.record import Attempt, MeasurementRow, Record

NAME = "plain.html"
STYLE = (
    "body{font:14px system-ui,sans-serif;margin:2em;max-width:70em}"
    "table{border-collapse:collapse}"
    "td,th{padding:.2em 1em .2em 0;text-align:left;border-bottom:1px solid #ddd}"
    ".PASS{color:#1a7f37}.FAIL,.ERROR{color:#cf222e}.MARGINAL,.INTERRUPTED,.INCOMPLETE{color:#bf6a02}"
)


def build_plain_page(record: Record, attempts: list[Attempt], known: Mapping[str, Requirement], out_dir: Path) -> Path:
    """Write `plain.html` for a unit's attempts, newest first, and return its path. Raises RecordError."""
    latest = attempts[-1]
    history = record.history(latest.serial)
    words = words_of(record, latest)
    title = escape(f"{latest.serial}: {words.marked}")
    parts = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>"
    ]
    parts.append(f"<p><strong>{words.shape} {escape(words.instruction)}</strong></p>")
    parts.append(f"<p><b>{escape(standing_line(history.status))}</b></p>")
    parts.extend(f"<p>{escape(disposition_line(one))}</p>" for one in history.dispositions)
    parts.insert(1, marks_strip(record))
    parts.extend(_attempt(record, attempt) for attempt in reversed(attempts))
    parts.append(_requirements(known))
    parts.append("</body></html>\n")
    return write_whole(out_dir / NAME, "\n".join(parts).encode())


def _attempt(record: Record, attempt: Attempt) -> str:
    kind, verdict = attempt.verdict or "", attempt.state
    rows = record.measurements(attempt.run_id)
    facts = (
        f"station {attempt.station}, operator {attempt.operator}, slot {attempt.slot}, pad {attempt.pad}, "
        f"{attempt.started_utc}, limits {attempt.limits_hash[:12]}, plan {attempt.plan_hash[:12]}, "
        f"run {attempt.run_id}"
    )
    again = attempt.extra.get("again")
    lines = [
        f"<h2>Attempt {attempt.attempt}, plan {escape(attempt.plan)}: "
        f'<span class="{escape(kind)}">{escape(verdict)}</span></h2>',
        f"<p>{escape(facts)}</p>",
        *([f"<p>tested again: {escape(str(again))}</p>"] if again is not None else []),
        *(f"<p>{escape(reason)}</p>" for reason in attempt.reasons),
        "<table><tr><th>Measurement</th><th>Result ± U (k = 2)</th><th>Limits</th><th>Accepted</th>"
        "<th>Verdict</th><th>Requirement</th></tr>",
        *map(_row, rows),
        "</table>",
    ]
    missing = record.missing(attempt.run_id)
    if missing:
        names = ", ".join(f"{entry.id} {dict(entry.conditions) or ''}".strip() for entry in missing)
        lines.append(f"<p><b>{len(missing)} expected measurements are missing:</b> {escape(names)}</p>")
    return "\n".join(lines)


def _row(row: MeasurementRow) -> str:
    verdict = escape(row.verdict)
    requirement = escape(row.requirement)
    cells = (
        *(escape(text) for text in (name_of(row), value_of(row), limit_of(row), acceptance_of(row))),
        f'<b class="{verdict}">{verdict}</b>',
        f'<a href="#{requirement}">{requirement}</a>',
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _requirements(known: Mapping[str, Requirement]) -> str:
    """Return the requirements that the tables link to."""
    lines = ["<h2>Requirements</h2><table>"]
    for id_, requirement in known.items():
        cells = f"<td>{escape(id_)}</td><td>{escape(requirement.text)}</td><td>{escape(requirement.source)}</td>"
        lines.append(f'<tr id="{escape(id_)}">{cells}</tr>')
    return "\n".join([*lines, "</table>"])
