"""The uncertainty budget of a unit's readings, line by line, as `rig show --budget` gives it."""

from collections.abc import Iterator, Mapping
from typing import Any

from reports.attempts import known_attempts
from rig.errors import UsageError
from rig.measure import Budget, condition_text
from rig.measure.decide import COVERAGE
from rig.record import BUDGETS, MEASURED, Record


def budget_of(record: Record, serial: str, id_: str) -> dict[str, Any]:
    """Return what the uncertainty of an id's readings was made of, in the serial's latest run that measured it.

    Raises UsageError for a serial or a measurement that isn't there, and for a text or state, which has none.
    """
    for attempt in reversed(known_attempts(record, serial)):
        taken = [body for body in record.events(attempt.run_id, MEASURED) if body["id"] == id_]
        if taken:
            budgets = record.events(attempt.run_id, BUDGETS)
            return _shown(serial, attempt.run_id, id_, taken, budgets[0] if budgets else {})
    raise UsageError(f"--budget {id_!r}: no run of {serial} measured it; `rig show {serial}` lists what there is")


def lines_of_budget(shown: Mapping[str, Any]) -> Iterator[str]:
    """Yield it as lines for people: each reading with its contributions, largest share of the variance marked."""
    for reading in shown["measurements"]:
        conditions = condition_text(reading["conditions"])
        name = f"{shown['id']}, {conditions}" if conditions else shown["id"]
        yield f"{name}: {reading['value']:.6g} {reading['unit']} ±{reading['expanded_u']:.2g} (k = {shown['k']:g})"
        yield (
            f"  {'contribution':44} {'width':>18} {'distribution':12} {'divisor':>8} {'sensitivity':>12} "
            f"{'u, ' + reading['unit']:>12} {'share':>6}  source"
        )
        for line in reading["lines"]:
            width = f"{line['value']:.3g} {line['unit']}"
            yield (
                f"  {line['name']:44} {width:>18} {line['distribution']:12} {line['divisor']:8.3g} "
                f"{line['sensitivity']:12.4g} {line['u']:12.3g} {line['share']:6.1%}  {line['source']}"
            )
        for first, second, coefficient in reading["correlations"]:
            yield f"  correlated {coefficient:+g}: {first}, {second}"
        yield f"  {'combined standard uncertainty':44} {'':18} {'':12} {'':8} {'':12} {reading['u']:12.3g}"


def _shown(
    serial: str, run_id: str, id_: str, taken: list[Mapping[str, Any]], budgets: Mapping[str, Any]
) -> dict[str, Any]:
    if id_ not in budgets:
        state = isinstance(taken[0]["value"], str | bool)
        reason = "is a text or a state, which has no uncertainty" if state else "was recorded without a budget"
        raise UsageError(f"--budget {id_!r}: {reason}")
    budget = Budget.from_json(id_, budgets[id_])
    return {
        "serial": serial,
        "run": run_id,
        "id": id_,
        "k": COVERAGE,
        "measurements": [_reading(budget, body) for body in taken],
    }


def _reading(budget: Budget, body: Mapping[str, Any]) -> dict[str, Any]:
    lines = budget.lines(body["value"], body["own_u"])
    total = sum(line["u"] ** 2 for line in lines)
    for line in lines:
        line["share"] = line["u"] ** 2 / total if total else 0.0
    return {
        "conditions": dict(body["conditions"]),
        "value": body["value"],
        "unit": body["unit"],
        "u": body["u"],
        "expanded_u": COVERAGE * body["u"],
        "lines": lines,
        "correlations": [[one.first, one.second, one.coefficient] for one in budget.correlations],
    }
