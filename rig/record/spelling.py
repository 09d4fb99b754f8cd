"""Rows spelled as the bodies of their events: writing a body takes a third of the time that reading one does.

Each part put in is one whole JSON value (texts that hold JSON are checked for that), so a row that spells its event's
body holds what the body says. A row that doesn't spell may hold it, too: then the body has to be read.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rig.record.text import canonical

_KNOWN = 4096  # names and conditions come again and again
_TRUTH = {0: "false", 1: "true"}
_RUN_TEXTS = ("limits_hash", "operator", "pad", "plan", "plan_hash", "product", "serial", "station")
_SPELLED_FLOAT = float.__repr__
_OWN_U, _AFTER_OWN_U = ',"own_u":', ',"p_conform":'
_OWN_UNCERTAINTY = re.compile(_OWN_U + r"(?:null|[-+.0-9e]+)")


def measured(row: Sequence[Any], body: str) -> bool:
    """Return whether a row of the measurement table spells that body, but for the one value that no column holds."""
    (_, _, test, id, conditions, value, text, unit, u, low, high) = row[:11]
    (one_of, acceptance_low, acceptance_high, p_conform, verdict, safety, requirement, t_s) = row[11:]
    start = body.find(_OWN_U)
    own = "" if start < 0 else body[start : body.find(_AFTER_OWN_U, start)]
    if own and not _OWN_UNCERTAINTY.fullmatch(own):
        return False
    try:
        return body == (
            f'{{"acceptance_high":{_number(acceptance_high)},"acceptance_low":{_number(acceptance_low)}'
            f"{_of_limit(conditions, high, id, low, one_of)}{own}"
            f',"p_conform":{_number(p_conform)}{_of_test(requirement, safety)}'
            f',"t_s":{_number(t_s)},"test":{_text(test)},"u":{_number(u)},"unit":{_text(unit)}'
            f',"value":{_number(value) if text is None else _text(text)},"verdict":{_text(verdict)}}}'
        )
    except (KeyError, TypeError, ValueError):
        return False


def run_begun(row: Mapping[str, Any]) -> str | None:
    """Return the body of the event that began a run; None where the columns hold what no event puts there."""
    try:
        extra, instruments, manifest, tests = _parts(row["details"])
        texts = {name: _text(row[name]) for name in _RUN_TEXTS}
        return (
            f'{{"attempt":{_json(str(row["attempt"]))},"extra":{_json(extra)}'
            f',"firmware":{"null" if row["firmware"] is None else _text(row["firmware"])}'
            f',"instruments":{_json(instruments)},"limits_hash":{texts["limits_hash"]},"manifest":{_json(manifest)}'
            f',"operator":{texts["operator"]},"pad":{texts["pad"]},"plan":{texts["plan"]}'
            f',"plan_hash":{texts["plan_hash"]},"product":{texts["product"]},"seed":{_json(row["seed"])}'
            f',"serial":{texts["serial"]},"slot":{_json(row["slot"])},"station":{texts["station"]},"tests":{_json(tests)}}}'
        )
    except (TypeError, ValueError):
        return None


def begun(nodeid: object, started_s: object) -> str | None:
    """Return the body of the event that began a test; None where the columns hold what no event puts there."""
    try:
        return f'{{"nodeid":{_text(nodeid)},"t_s":{_number(started_s)}}}'
    except TypeError:
        return None


def ended(nodeid: object, outcome: object, message: object, ended_s: object) -> str | None:
    """Return the body of the event that ended a test, None as `begun`."""
    try:
        texts = f'{{"message":{_text(message)},"nodeid":{_text(nodeid)},"outcome":{_text(outcome)}'
        return f'{texts},"t_s":{_number(ended_s)}}}'
    except TypeError:
        return None


def _number(value: Any) -> str:
    return "null" if value is None else _SPELLED_FLOAT(value)  # raises TypeError for anything but a float


@lru_cache(_KNOWN)
def _text(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError
    return json.dumps(text)


@lru_cache(_KNOWN)
def _json(text: str) -> str:
    """Return a text that is whole JSON as it is; raises ValueError for another, TypeError for none."""
    if canonical(json.loads(text)) != text:
        raise ValueError
    return text


@lru_cache(_KNOWN, typed=True)
def _of_limit(conditions: Any, high: Any, id: Any, low: Any, one_of: Any) -> str:
    allowed = "null" if one_of is None else _json(one_of)
    return (
        f',"conditions":{_json(conditions)},"high":{_number(high)},"id":{_text(id)},"low":{_number(low)}'
        f',"one_of":{allowed}'
    )


@lru_cache(_KNOWN, typed=True)
def _of_test(requirement: Any, safety: Any) -> str:
    return f',"requirement":{_text(requirement)},"safety":{_TRUTH[safety]}'


def _parts(details: str) -> list[str]:
    """Cut a run's details at their keys; where a key stands inside a part, too, that one is no whole JSON."""
    parts: list[str] = []
    rest = details.removeprefix('{"extra":')
    for key in (',"instruments":', ',"manifest":', ',"tests":'):
        part, _, rest = rest.partition(key)
        parts.append(part)
    return [*parts, rest.removesuffix("}")]
