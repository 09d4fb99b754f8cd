"""Reference pages made from the product definition, so that they can't say anything else."""

from collections.abc import Iterator

from rig.measure import Limit, format_limit
from rig.product import Product


def measurements_page(product: Product) -> str:
    """Write docs/reference/measurements.md: each measurement's meaning, limits and plans."""
    lines = [
        "# Measurements",
        "",
        f"The measurements of the {product.title}, in the order of its vocabulary. Ids are stable:",
        "new ones are added, none is renamed. This page is made from the product definition by",
        "`reports.reference.measurements_page`; change the definition, never this page.",
        "",
        f"Limits: SHA-256 `{product.limits_hash}`.",
        "",
        "Rules: *simple*, a reading passes inside the limits. *guarded*, inside the limits narrowed by",
        "twice its standard uncertainty. *guarded-reject*, as guarded, but it fails only outside the limits",
        "widened by as much, and is MARGINAL between.",
        "",
    ]
    for id_ in product.measurements:
        lines += _measurement(product, id_)
    return "\n".join(lines)


def _measurement(product: Product, id_: str) -> Iterator[str]:
    meaning = product.measurements[id_]
    plans = [name for name, plan in product.plans.items() if id_ in plan.minimum]
    yield f"## `{id_}`"
    yield ""
    yield meaning.text + (" Only with a heated pad." if meaning.needs_heater else "")
    yield ""
    facts = [f"Unit: {meaning.unit or 'none, a text or state'}", f"plans: {', '.join(plans) or 'none'}"]
    if meaning.conditions:
        facts.insert(1, f"conditions: {', '.join(meaning.conditions)}")
    yield "; ".join(facts) + "."
    yield ""
    yield "| Conditions | Limit | Rule | Requirement | Source |"
    yield "|---|---|---|---|---|"
    for conditions, limit in _rows(product, id_):
        rule = f"{limit.rule}, safety" if limit.safety else limit.rule
        yield f"| {conditions} | {format_limit(limit)} | {rule} | {limit.requirement} | {limit.source} |"
    yield ""


def _rows(product: Product, id_: str) -> Iterator[tuple[str, Limit]]:
    """Conditions in words with their limit; those that share a limit share a row."""
    rows: dict[tuple[str, ...], tuple[dict[str, dict[str, None]], Limit]] = {}
    for candidates in product.pad_limits.values():
        for entry in candidates:
            limit = entry.limit
            if limit.id != id_:
                continue
            pads = " or ".join(entry.pads)
            key = (format_limit(limit), limit.rule, limit.requirement, limit.source, pads)
            values, _ = rows.setdefault(key, ({}, limit))
            for name, value in limit.conditions.items():
                values.setdefault(name, {})[str(value)] = None
    for (*_, pads), (values, limit) in rows.items():
        parts = [f"{name} {', '.join(seen)}" for name, seen in values.items()]
        yield "; ".join([*parts, *([f"pad {pads} fitted"] if pads else [])]) or "any", limit
