"""The serials of a product's simulated units: they are counted from its first one."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

from rig.definitions import read_toml, validate
from rig.product.model import ProductFacts
from rig.product.place import BUILT_IN


@cache
def first_serial(directory: Path = BUILT_IN) -> str:
    """Return the serial of the first simulated unit; raises ConfigError where the definition can't be read."""
    path = directory / "product.toml"
    return validate(ProductFacts, read_toml(path), str(path)).first_serial


def numbered(first: str, number: int) -> str:
    """Return the serial like the first one whose last digits are this number, or the end of it."""
    digits = re.search(r"[0-9]*$", first)
    width = len(digits[0]) if digits else 0
    return first[: len(first) - width] + f"{number % 10**width:0{width}d}"


def counted(first: str) -> Iterator[str]:
    """Yield the first serial and those that follow."""
    digits = re.search(r"[0-9]*$", first)
    start = int(digits[0] or 0) if digits else 0
    return (numbered(first, number) for number in count(start))
