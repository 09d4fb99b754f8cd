"""Release: the unit leaves locked, as it arrived."""

import pytest


@pytest.mark.requirement("PRD-005")
@pytest.mark.measures("release.lock")
def test_lock(lock, measure):
    """What was opened for accelerated timers is locked again, and refuses them."""
    lock.close()
    measure("release.lock", lock.holds())
