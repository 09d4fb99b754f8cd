"""What a sound record may show that is no number: findings about the unit, never faults of the rig."""

from rig.errors import UnitError


class NoTone(UnitError):  # noqa: N818 - a finding, not an "Error"
    """No tone stands out of the noise where one was looked for."""


class NeverStopped(UnitError):  # noqa: N818
    """The current flows to the end of the record, or too close to it to be sure."""


class NeverStarted(UnitError):  # noqa: N818
    """Nothing flows, moves or steps in the record."""


class NoCycle(UnitError):  # noqa: N818
    """The record doesn't rise and fall, or not twice."""
