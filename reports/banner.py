"""The head of a unit's page: the verdict in words, the attempts, and whether they are complete."""

from html import escape

from reports.standing import disposition_line, standing_line, words_of
from rig.record import Attempt, Record

_COLOURS = {"green": "#1a7f37", "red": "#cf222e", "amber": "#9a5b00", "grey": "#57606a"}
_STYLE = (
    "#rig-verdict{font:14px/1.5 system-ui,sans-serif;color:#fff;padding:.5em 1em}"
    "#rig-verdict summary{cursor:pointer}#rig-verdict b{font-size:1.3em}"
    "#rig-verdict td{padding:.1em 1.5em .1em 0;vertical-align:top}"
    "#rig-verdict a{color:#fff}"
)


def banner(record: Record, attempts: list[Attempt]) -> str:
    """Return the head of the page as HTML: the unit's word and what to do, each attempt below a click."""
    latest = attempts[-1]
    history = record.history(latest.serial)
    words = words_of(record, latest)
    head = (
        f"<b>{words.shape} {escape(words.marked)}</b> &nbsp; {escape(latest.serial)} &nbsp; "
        f"<strong>{escape(words.instruction)}</strong><br>"
        f"attempt {latest.attempt} of {_count(attempts)}, plan {escape(latest.plan)}: "
        f"{escape(latest.state)}, {_complete(record, latest)}"
        f"<br>{escape(standing_line(history.status))}"
    )
    decided = "".join(f"<p>{escape(disposition_line(one))}</p>" for one in history.dispositions)
    rows = "".join(_row(record, attempt) for attempt in reversed(attempts))
    return (
        f"<style>{_STYLE}</style>"
        f'<details id="rig-verdict" style="background:{_COLOURS[words.colour]}">'
        f"<summary>{head}</summary><table>{rows}</table>{decided}"
        f'<a href="plain.html">plain page</a></details>'
    )


def title_of(record: Record, attempts: list[Attempt]) -> str:
    """Return the page's title: serial, the unit's word and attempt count."""
    latest = attempts[-1]
    words = words_of(record, latest)
    return f"{latest.serial}: {words.marked}, attempt {latest.attempt} of {_count(attempts)}"


def _count(attempts: list[Attempt]) -> int:
    return max(attempt.attempt for attempt in attempts if attempt.plan == attempts[-1].plan)


def _complete(record: Record, attempt: Attempt) -> str:
    expected = len(attempt.manifest)
    missing = len(record.missing(attempt.run_id))
    whole = expected and not missing  # a run that promised nothing has shown nothing
    return f"{expected - missing} of {expected} expected measurements" + ("" if whole else ", INCOMPLETE")


def _row(record: Record, attempt: Attempt) -> str:
    missing = record.missing(attempt.run_id)
    again = attempt.extra.get("again")
    reasons = [
        *([f"tested again: {again}"] if again is not None else []),
        *attempt.reasons,
        *(f"missing: {entry.id} {dict(entry.conditions) or ''}" for entry in missing[:10]),
    ]
    if len(missing) > 10:
        reasons.append(f"and {len(missing) - 10} more are missing")
    cells = (
        f"attempt {attempt.attempt}, {attempt.plan}",
        attempt.state,
        attempt.started_utc,
        _complete(record, attempt),
        "; ".join(reasons),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
