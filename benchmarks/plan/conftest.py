"""A bench without instruments, so that the plug-in alone is measured."""

import pytest

from rig.clock import WallClock


@pytest.fixture(scope="session")
def bench(run):
    """A bench that is always safe."""
    run.bench_opened(WallClock())
    yield run
    run.bench_closed(safe=True)
