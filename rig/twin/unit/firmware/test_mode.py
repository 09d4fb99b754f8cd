"""The service flag beside the state: challenge and response, drives, masks, accelerated timers."""

import zlib

from rig.twin.noise import Noise
from rig.twin.unit.nominal import NOMINAL


class TestMode:
    """What TEST has unlocked and set; everything in here is gone after a reset or when TEST ends."""

    __test__ = False  # not a test case, whatever its name looks like

    def __init__(self, seed: int, boots: int, unlocked: bool) -> None:
        self._noise = Noise(seed, "challenge", str(boots))
        self._challenge: str | None = None
        self.unlocked = unlocked
        self.last_ms = 0.0
        self.masked_until = {"F01": 0.0, "F05": 0.0}
        self.timer_factor = 1.0
        self.second_clock_percent = 0.0
        self.corrupt_eeprom = False

    def challenge(self) -> str:
        """A fresh challenge of eight hex digits."""
        self._challenge = f"{int(self._noise.uniform() * 2**32):08X}"
        return self._challenge

    def unlock(self, response: int) -> bool:
        """Whether the response fits the last challenge, which is used up."""
        challenge, self._challenge = self._challenge, None
        if challenge is None or zlib.crc32((challenge + NOMINAL.station_key).encode()) != response:
            return False
        self.unlocked = True
        return True

    def end(self) -> None:
        """Back to a locked unit; self-test provocations stay until a reset."""
        self.unlocked = False
        self._challenge = None
        self.masked_until = {"F01": 0.0, "F05": 0.0}
        self.timer_factor = 1.0
        self.second_clock_percent = 0.0

    def masked(self, code: str, now_ms: float) -> bool:
        """Whether a firmware cut-off is masked at present."""
        return now_ms < self.masked_until[code]
