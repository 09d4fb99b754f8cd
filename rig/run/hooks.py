"""What a run asks of the plug-ins above it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rig.run.context import RunContext


@pytest.hookspec(firstresult=True)
def pytest_rig_unit_sensors(run: "RunContext") -> Iterator[Mapping[int, float]] | None:
    """Yield, again and again, how far each of the unit's sensors is from the ambient, by its number, in K.

    The bench is opened at the first value and safe again once the iterator is closed. Asked before a run begins.
    """
