"""Why a unit is out of limits, as people read it: value, limit and requirement, one line for each cause."""

from collections.abc import Iterable, Sequence

from rig.measure import Verdict, format_limit, format_reading
from rig.measure.limit import condition_text
from rig.run.observer import Measurement

WITHHELD = "withheld"  # what wasn't done because something else had failed: no cause of anything


def out_of_limits(measurements: Iterable[Measurement]) -> list[str]:
    """Return a line for each kind of measurement that isn't in, in the order in which they were taken.

    Levels, sensors and other conditions of one kind that are out on the same side share a line, with the worst of them.
    What was only withheld comes last, and only where nothing else is out.
    """
    groups: dict[tuple[str, str], list[Measurement]] = {}
    withheld: list[Measurement] = []
    for one in measurements:
        if one.decision.verdict is Verdict.PASS:
            continue
        if str(one.reading.value).startswith(WITHHELD):
            withheld.append(one)
        else:
            groups.setdefault((one.limit.id, _side(one)), []).append(one)
    lines = [_line(side, group) for (_, side), group in groups.items()]
    return lines or [f"{one.expected.name}: {one.reading.value}" for one in withheld]


def _side(one: Measurement) -> str:
    """Say on which side of its limits it is."""
    value, limit = one.reading.value, one.limit
    if limit.one_of is not None or isinstance(value, str | bool):
        return "wrong"
    if one.decision.verdict is Verdict.MARGINAL:
        return "too near to its limit"
    acceptance = one.decision.acceptance_high if one.decision.acceptance_high is not None else limit.high
    if acceptance is not None and value > acceptance:
        return "too high"
    acceptance = one.decision.acceptance_low if one.decision.acceptance_low is not None else limit.low
    return "too low" if acceptance is not None and value < acceptance else "out of limits"


def _line(side: str, group: Sequence[Measurement]) -> str:
    worst = max(group, key=_beyond)
    shown = f"{format_reading(worst.reading)}, {_allowed(worst)}"
    requirement = f" [{worst.limit.requirement}]" if worst.limit.requirement else ""
    if len(group) == 1:
        return f"{worst.expected.name} {side}: {shown}{requirement}"
    at, worst_at = _together(group), condition_text(worst.expected.conditions)
    return f"{worst.limit.id} {side} at {at} ({worst_at}: {shown}){requirement}"


def _allowed(one: Measurement) -> str:
    limit = one.limit
    if limit.one_of is not None:
        return f"not {format_limit(limit)}"
    word = "at most" if limit.low is None else "at least" if limit.high is None else "allowed"
    return f"{word} {format_limit(limit).lstrip('≤≥ ')}"


def _beyond(one: Measurement) -> float:
    """How far it is beyond its limit, in parts of the limit."""
    value, limit = one.reading.value, one.limit
    if isinstance(value, str | bool):
        return 0.0
    bounds = [bound for bound in (limit.low, limit.high) if bound is not None]
    return max((abs(value - bound) / (abs(bound) or 1.0) for bound in bounds), default=0.0)


def _together(group: Sequence[Measurement]) -> str:
    """Write what they were taken at: `levels 1 to 5`, `sensors 1 and 3`, `level 3, pad FLAT and level 5, pad FLAT`."""
    names = {name for one in group for name in one.expected.conditions}
    if len(names) != 1:
        return " and ".join(condition_text(one.expected.conditions) for one in group)
    (name,) = names
    values = [one.expected.conditions[name] for one in group]
    if len(values) > 2 and all(isinstance(value, int) for value in values):
        numbers = sorted(int(value) for value in values)
        if numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"{name}s {numbers[0]} to {numbers[-1]}"
    *others, last = map(str, values)
    return f"{name}s {', '.join(others)} and {last}"
