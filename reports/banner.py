"""The head of a unit's page: the verdict in words, the attempts, and whether they are complete."""

from html import escape

from reports.standing import disposition_line, standing_line
from rig.measure.unit_status import Standing
from rig.record import Attempt, Record

_COLOURS = {"PASS": "#1a7f37", "FAIL": "#cf222e"}
_OTHER_COLOUR = "#bf6a02"
_STYLE = (
    "#rig-verdict{font:14px/1.5 system-ui,sans-serif;color:#fff;padding:.5em 1em}"
    "#rig-verdict summary{cursor:pointer}#rig-verdict b{font-size:1.3em}"
    "#rig-verdict td{padding:.1em 1.5em .1em 0;vertical-align:top}"
    "#rig-verdict a{color:#fff}"
)


def banner(record: Record, attempts: list[Attempt]) -> str:
    """Return the head of the page as HTML: verdict and measurement count, each attempt below a click."""
    latest = attempts[-1]
    verdict = latest.verdict or "still running"
    history = record.history(latest.serial)
    status = history.status
    # green is a unit that has passed, not one attempt of it
    passed = status.standing is Standing.PASSED
    colour = _COLOURS.get(verdict, _OTHER_COLOUR) if passed or verdict != "PASS" else _OTHER_COLOUR
    head = (
        f"<b>{escape(verdict)}</b> &nbsp; {escape(latest.serial)}, plan {escape(latest.plan)}, "
        f"attempt {latest.attempt} of {_count(attempts)}: {_complete(record, latest)}"
        f"<br>{escape(standing_line(status))}"
    )
    decided = "".join(f"<p>{escape(disposition_line(one))}</p>" for one in history.dispositions)
    rows = "".join(_row(record, attempt) for attempt in reversed(attempts))
    return (
        f"<style>{_STYLE}</style>"
        f'<details id="rig-verdict" style="background:{colour}">'
        f"<summary>{head}</summary><table>{rows}</table>{decided}"
        f'<a href="plain.html">plain page</a></details>'
    )


def title_of(attempts: list[Attempt]) -> str:
    """Return the page's title: serial, verdict and attempt count."""
    latest = attempts[-1]
    verdict = latest.verdict or "still running"
    return f"{latest.serial}: {verdict}, attempt {latest.attempt} of {_count(attempts)}"


def _count(attempts: list[Attempt]) -> int:
    return max(attempt.attempt for attempt in attempts if attempt.plan == attempts[-1].plan)


def _complete(record: Record, attempt: Attempt) -> str:
    expected = len(attempt.manifest)
    missing = len(record.missing(attempt.run_id))
    return f"{expected - missing} of {expected} expected measurements" + ("" if not missing else ", INCOMPLETE")


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
        attempt.verdict or "still running",
        attempt.started_utc,
        _complete(record, attempt),
        "; ".join(reasons),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
