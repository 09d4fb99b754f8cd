"""Fault codes, their classes, and the book that keeps them (vs1.md section 4)."""

from rig.twin.unit.eeprom import Latch, Memory

LATCHED = frozenset({"F01", "F02", "F03", "F04", "F05", "F06", "F08", "F09", "F10", "F11", "F19", "F20"})
SAFETY = LATCHED - {"F09", "F10"}
LOGGED = frozenset({"F16", "F17"})


class FaultBook:
    """Latched faults (kept in the EEPROM) and active recoverable ones, each in the order they came."""

    def __init__(self, memory: Memory, latching: bool) -> None:
        self._memory = memory
        self._latching = latching
        self.latched: dict[str, Latch] = dict(memory.latches)
        self.active: dict[str, Latch] = {}

    def add(self, code: str, t_ms: int) -> bool:
        """Enter a fault; False when it's already there."""
        if code in LATCHED:
            known = self.latched.get(code)
            if known is not None:
                return False
            self.latched[code] = Latch(1, t_ms)
            if self._latching:
                self._memory.latches[code] = self.latched[code]
            return True
        if code in self.active:
            return False
        self.active[code] = Latch(1, t_ms)
        return True

    def again(self, code: str) -> None:
        """The condition of a fault already in the book came again."""
        latch = self.latched.get(code) or self.active.get(code)
        if latch is not None:
            latch.count += 1

    def clear(self, code: str) -> None:
        """Forget a fault."""
        self.latched.pop(code, None)
        self.active.pop(code, None)
        self._memory.latches.pop(code, None)

    @property
    def codes(self) -> list[str]:
        """All present faults, latched ones first."""
        return [*self.latched, *self.active]

    @property
    def first(self) -> str:
        """The fault to show; NONE without one."""
        return next(iter(self.codes), "NONE")
