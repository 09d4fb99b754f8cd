"""Text and JSON as the record stores them: nothing that arrives can break it or a page made from it."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, cast

# control characters but tab and newline, lone surrogates, the two non-characters that XML refuses, and what turns
# the direction of a line around, so that a text could be read as another one
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
# the same as an ASCII encoder spells them; may find too much, never too little
HOSTILE_JSON = re.compile(r"\\(?:[bfr]|u00[0189]|u007f|ud[89a-f]|ufff[ef]|u061c|u20[026])")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def clean(text: str) -> str:
    r"""Return the text with control bytes and lone surrogates written out as `\x1b` or `\udc80`."""
    return _HOSTILE.sub(_written_out, text) if _HOSTILE.search(text) else text


def clean_tree(value: object) -> Any:
    """Return the value as JSON can hold it: texts cleaned, numbers plain, non-finite numbers as text."""
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {clean(str(key)): clean_tree(entry) for key, entry in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_tree(entry) for entry in cast("list[object]", value)]
    item = getattr(value, "item", None)  # numpy's scalars
    if callable(item):
        return clean_tree(item())
    return clean(str(value))


def canonical(value: object) -> str:
    """Return cleaned JSON with one spelling for each value: keys sorted, no blanks, ASCII."""
    try:
        text = _ENCODER.encode(value)
    except (TypeError, ValueError):  # a type or number that JSON doesn't know
        return _ENCODER.encode(clean_tree(value))
    # most values need no cleaning, and walking them costs more than writing them
    return _ENCODER.encode(clean_tree(value)) if HOSTILE_JSON.search(text) else text


def spelled(conditions: Mapping[str, object]) -> str:
    """Return conditions for people and for grouping: `level=3, sensor=NTC1`, in the order of their names."""
    return ", ".join(f"{name}={conditions[name]}" for name in sorted(conditions))


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
