"""The fault box's sensor emulator: sixteen resistances from four relays, as a calibrated ladder.

Conductances in parallel, evenly spaced, from about 54.2 C (all relays open) to about 63.2 C (all closed) of a
10 kohm, beta 3435 NTC: steps of 0.6 K, two of them inside the comparator's promise of 56 to 60 C by 0.17 K (decision
0014). That is more than the parts' tolerance (0.03 K) takes from a bracket at the edge, which passes if it lies inside
by 0.08 of its width. The calibrated values of one bench stand in its station file.
"""

from rig.twin.noise import Noise

OPEN_OHM = 3578.0
CLOSED_OHM = 2702.0
TOLERANCE = 0.001  # 0.1 % parts


class Emulator:
    """The ladder of one bench: its parts differ within their tolerance, by seed."""

    def __init__(self, noise: Noise) -> None:
        step_siemens = (1.0 / CLOSED_OHM - 1.0 / OPEN_OHM) / 15.0
        self._base_siemens = (1.0 / OPEN_OHM) * (1.0 + TOLERANCE * noise.normal())
        self._step_siemens = [(1 << bit) * step_siemens * (1.0 + TOLERANCE * noise.normal()) for bit in range(4)]

    def ohm(self, code: int) -> float:
        """Resistance for a code 0..15; bit 0 is the first ladder relay."""
        closed = sum(siemens for bit, siemens in enumerate(self._step_siemens) if code >> bit & 1)
        return 1.0 / (self._base_siemens + closed)
