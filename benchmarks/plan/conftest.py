"""A bench without instruments, so that the plug-in alone is measured."""

import pytest

from rig.clock import WallClock


@pytest.fixture(scope="session")
def bench(run):
    """A bench that is always safe."""
    run.bench.opened(WallClock())
    yield run
    run.bench.closed(safe=True)
