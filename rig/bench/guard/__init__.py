"""The guard: a process of its own, the only owner of supplies, relays and temperature logger.

A run takes a lease on them; whatever ends the lease ends the energy.
"""

from rig.bench.guard.leases import Budget
from rig.bench.guard.settings import LID_CLOSED_VOLTS, GuardSettings

__all__ = ["LID_CLOSED_VOLTS", "Budget", "GuardSettings"]
