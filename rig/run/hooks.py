"""What a run asks of the plug-ins above it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rig.run.context import RunContext


@pytest.hookspec(firstresult=True)
def pytest_rig_warmth(run: "RunContext") -> Iterator[Mapping[str, float]] | None:
    """Yield, again and again, how far each place on the unit is from the ambient, by the bench's thermocouples, in K.

    Nothing is powered for it. Asked before a run begins; between two values it waits as `retest.cool` says.
    """
