"""Measurements as people read them: names, results and limits in words."""

from collections.abc import Mapping

from rig.errors import ConfigError
from rig.measure import (
    Decision,
    Limit,
    Reading,
    Verdict,
    condition_text,
    format_acceptance,
    format_limit,
    format_reading,
)
from rig.product import load_product
from rig.product.model import Requirement
from rig.record import MeasurementRow

_SPELLED = {"ntc": "NTC", "id": "ID", "eeprom": "EEPROM"}


def measurement_name(id_: str, conditions: str) -> str:
    """Return the name of a measurement: `Vibration frequency, level 3`."""
    words = " ".join(_SPELLED.get(word, word) for word in id_.replace(".", " ").replace("_", " ").split())
    name = words[:1].upper() + words[1:]
    return f"{name}, {conditions}" if conditions else name


def name_of(row: MeasurementRow) -> str:
    """Return the name of a judged reading."""
    return measurement_name(row.id, condition_text(row.conditions))


def result_of(row: MeasurementRow) -> str:
    """Return the result with its limit: `50.02 Hz ±0.04 (49.00 .. 51.00)`."""
    return format_reading(_reading(row), _limit(row))


def value_of(row: MeasurementRow) -> str:
    """Return value, unit and expanded uncertainty alone."""
    return result_of(row).rpartition(" (")[0]


def limit_of(row: MeasurementRow) -> str:
    """Return the limit alone, with its unit."""
    return format_limit(_limit(row))


def acceptance_of(row: MeasurementRow) -> str:
    """Return the interval of acceptance after the guard band, with its unit; "" where it is the limit itself."""
    decision = Decision(Verdict(row.verdict), row.acceptance_low, row.acceptance_high, row.p_conform)
    return format_acceptance(_reading(row), _limit(row), decision)


def line_of(row: MeasurementRow) -> str:
    """Return name, result and, unless it passed, the verdict: one line, as it stands in a report's step."""
    verdict = "" if row.verdict == Verdict.PASS else f" {row.verdict}"
    return f"{name_of(row)}: {result_of(row)}{verdict}"


def requirements() -> Mapping[str, Requirement]:
    """Return the product's requirements by id; none where the definition can't be read.

    A record of years must show even when the definition of today is broken.
    """
    try:
        return load_product().requirements
    except ConfigError:
        return {}


def _reading(row: MeasurementRow) -> Reading:
    return Reading(row.value, row.unit, row.u)


def _limit(row: MeasurementRow) -> Limit:
    return Limit(row.id, dict(row.conditions), row.unit, row.low, row.high, row.one_of)
