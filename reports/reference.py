"""Reference pages made from what they describe, so that they can't say anything else.

Command line and station model are handed in: reports know neither.
"""

import datetime
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rig.definitions import Within
from rig.measure import Limit, format_limit
from rig.product import Product

WORDS: Mapping[Any, str] = MappingProxyType(
    {str: "a text", int: "a whole number", float: "a number", bool: "true or false", datetime.date: "a date"}
)
WIDTH: Mapping[str, Any] = MappingProxyType({"terminal_width": 110})
DEFECT_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "certain": "Severity 1 moves a measurement of the production plan far out of its limits: the unit must FAIL.",
        "sampled": "Only a long plan (soak, pads, programs) can see it.",
        "line": "One unit can't show it: it shifts every unit of a line alike.",
        "invisible": "No electrical test without destruction can see it.",
        "rig": "Trouble of the bench: the run must end in ERROR, never in a unit's FAIL.",
    }
)


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


def command_line_page(program: click.Group, own_help: Mapping[str, str]) -> str:
    """Write docs/reference/command-line.md: every command with its arguments, options and help.

    `own_help` holds what commands print for --help that read their options themselves, by name.
    """
    lines = [
        "# Command line",
        "",
        *_made_from("the commands' own help", "command_line_page", "rig/cli.py"),
        "In a clone of the repository, write `uv run rig` for `rig`. Errors are one line each on standard error: what,",
        "where, what to do.",
        "",
        "```text",
        *_help_of(context := click.Context(program, info_name="rig", **WIDTH, **program.context_settings)),
        "```",
    ]
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        if command is None:
            continue
        below = click.Context(command, parent=context, info_name=name, **WIDTH, **command.context_settings)
        # the usage line of a command that reads its own options is laid out differently by each Python
        options = re.search("\n\n[Oo]ptions:\n(.*)", own_help.get(name, ""), re.DOTALL)
        own = ["", "Options:", *options[1].rstrip().splitlines()] if options else []
        lines += ["", f"## `rig {name}`", "", "```text", *_help_of(below), *own, "```"]
    return "\n".join([*lines, ""])


def station_file_page(station: type[BaseModel], example: str) -> str:
    """Write docs/reference/station-file.md: every key of a station file, then the commented example."""
    lines = [
        "# Station file",
        "",
        *_made_from("the model that checks station files", "station_file_page", "rig/station/model.py"),
        "A station file is TOML. An unknown key is an error; all errors of a file are reported at once, with their key",
        "paths.",
        "",
        *_keys(station, "Top level"),
        "## Example",
        "",
        "```toml",
        *example.rstrip().splitlines(),
        "```",
    ]
    return "\n".join([*lines, ""])


def defects_page(catalogue: Sequence[Mapping[str, Any]]) -> str:
    """Write docs/reference/defects.md from what `python -m rig.twin --catalogue` prints."""
    lines = [
        "# Defects",
        "",
        *_made_from("`python -m rig.twin --catalogue`", "defects_page", "rig/twin/unit/defects.py"),
        "`rig test --defect ID=S` gives the simulated unit or bench a defect of severity S, from 0 to 2: 0 is healthy,",
        "1 (the default) is what the table says. For a defect that is there or isn't, S is the share of placements in",
        "which it shows.",
        "",
    ]
    for kind, meaning in DEFECT_CLASSES.items():
        rows = [one for one in catalogue if one["class"] == kind]
        lines += [
            f"## {kind.capitalize()}",
            "",
            meaning,
            "",
            "| Defect | What is wrong | Measured by |",
            "|---|---|---|",
        ]
        for one in rows:
            measured = ", ".join(f"`{id_}`" for id_ in one["caught_by"]) or "none"
            lines.append(f"| `{one['id']}` | {one['text']} | {measured} |")
        lines.append("")
    return "\n".join(lines)


def _made_from(source: str, function: str, change: str) -> list[str]:
    return [
        f"This page is made from {source} by `reports.reference.{function}`;",
        f"change `{change}`, then run `uv run python -m tests.docs.pages`.",
        "",
    ]


def _help_of(context: click.Context) -> list[str]:
    return [line.rstrip() for line in context.command.get_help(context).splitlines()]


def _keys(model: type[BaseModel], heading: str) -> Iterator[str]:
    """One table of a model's keys, then those of the models inside it."""
    yield f"## {heading}"
    yield ""
    yield inspect.cleandoc(model.__doc__ or "")
    yield ""
    yield "| Key | Value | Default |"
    yield "|---|---|---|"
    inner: list[tuple[str, type[BaseModel]]] = []
    table = "" if heading == "Top level" else heading.strip("`[]") + "."
    for name, field in model.model_fields.items():
        value, below = _value(field.annotation, field.metadata)
        inner += [(f"`[{table}{name}{suffix}]`", one) for suffix, one in below]
        yield f"| `{name}` | {value} | {_default(field)} |"
    yield ""
    for place, one in inner:
        yield from _keys(one, place)


def _value(annotation: Any, metadata: Sequence[Any]) -> tuple[str, list[tuple[str, type[BaseModel]]]]:
    """Say what a key's value is, and which tables lie below it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "a table, below", [("", annotation)]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(arguments[0], [*arguments[1:], *metadata])
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in arguments), []
    if origin is UnionType or origin is Union:
        return _value(next(one for one in arguments if one is not type(None)), metadata)
    if origin is dict:
        names, _ = _value(arguments[0], ())
        value, below = _value(arguments[1], ())
        key = "NAME" if names == "a text" else "ROLE"
        roles = "" if names == "a text" else f", one for each role: {names}"
        return f"tables{roles}" if below else value, [(f".{key}{suffix}", one) for suffix, one in below]
    if origin is tuple:
        value, below = _value(arguments[0], ())
        return "a list of tables, below" if below else f"{_length(metadata)}: {value}", below
    return WORDS.get(annotation, "a value") + _bounds(metadata), []


def _flat(metadata: Sequence[Any]) -> Iterator[Any]:
    """Constraints as single marks, whether they came alone or gathered in a Field."""
    for one in metadata:
        yield from _flat(one.metadata) if isinstance(one, FieldInfo) else [one]


def _bounds(metadata: Sequence[Any]) -> str:
    signs = {"gt": "above", "ge": "from", "le": "to", "lt": "below"}
    parts = [
        f"{word} {getattr(one, sign)}" for one in _flat(metadata) for sign, word in signs.items() if hasattr(one, sign)
    ]
    parts += [f"from {one.text}" for one in _flat(metadata) if isinstance(one, Within)]
    patterns = [f"matching `{one.pattern}`" for one in _flat(metadata) if getattr(one, "pattern", None)]
    return "".join(f" {part}" for part in [*parts, *patterns])


def _length(metadata: Sequence[Any]) -> str:
    longest = [one.max_length for one in _flat(metadata) if hasattr(one, "max_length")]
    return f"a list of {longest[0]}" if longest else "a list"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "the defaults below"
    if value in ((), {}):
        return "empty"
    return f"`{list(cast('Sequence[object]', value)) if isinstance(value, tuple) else value}`"
