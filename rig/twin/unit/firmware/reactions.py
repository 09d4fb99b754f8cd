"""What the firmware does about a fault: outputs off, memory, event, retry, clearing (vs1.md section 4)."""

from typing import Protocol

from rig.twin.unit.eeprom import Memory
from rig.twin.unit.firmware.faults import LATCHED, SAFETY, FaultBook
from rig.twin.unit.firmware.outputs import Outputs
from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.spread import Truth


class Reporter(Protocol):
    """The rest of the firmware, as the reactions see it."""

    @property
    def truth(self) -> Truth:
        """The individual's parameters."""
        ...

    @property
    def memory(self) -> Memory:
        """The EEPROM."""
        ...

    @property
    def outputs(self) -> Outputs:
        """What is running."""
        ...

    def now_ms(self) -> float:
        """Milliseconds since this boot."""
        ...

    def emit(self, text: str, /) -> None:
        """Send an event."""
        ...

    def condition(self, code: str) -> bool:
        """Whether a latched fault's condition is present."""
        ...

    def changed(self) -> None:
        """Derive the state anew."""
        ...


class Reactions:
    """Keeps the book of faults and pulls the outputs."""

    def __init__(self, unit: Reporter) -> None:
        self._unit = unit
        self.book = FaultBook(unit.memory, unit.truth.latching)
        self._stall_retries = 0.0

    def fault(self, code: str, arg: str) -> None:
        """A condition was found: react, remember, tell."""
        unit = self._unit
        t_ms = round(unit.now_ms())
        if not self.book.add(code, t_ms):
            self.book.again(code)
            return
        latched = code in LATCHED
        unit.memory.record(t_ms, code, arg)
        unit.emit(f"FAULT code={code} latched={int(latched)}")
        outputs = unit.outputs
        if code in ("F01", "F03", "F04") and outputs.heat != "OFF" and not unit.truth.closed_loop_cutoff:
            pass  # the defect `cutoff_open_loop_only`: reported, and nothing stops
        elif latched or code in ("F13", "F18"):
            outputs.halt()
        elif code in ("F07", "F14", "F15"):
            outputs.heat_off()
            if code == "F14":
                outputs.cap_level(2)
        unit.changed()

    def recovered(self, code: str) -> None:
        """A recoverable condition has gone."""
        if code in self.book.active:
            self.book.clear(code)
            self._unit.changed()

    def clear(self, everything: bool) -> tuple[bool, bool]:
        """Clear what may be cleared; (some stayed as their condition is present, some as they are safety's)."""
        kept = safe = False
        for code in [*self.book.latched, *(code for code in self.book.active if code == "F07")]:
            if code in SAFETY and not everything:
                safe = True
            elif self._unit.condition(code):
                kept = True
            else:
                self.book.clear(code)
        self._stall_retries = 0.0
        self._unit.changed()
        return kept, safe

    def unlatch(self) -> None:
        """The defect `fault_not_latched`: a fault goes with its condition."""
        for code, latch in list(self.book.latched.items()):
            if self._unit.now_ms() - latch.t_ms > 500.0 and not self._unit.condition(code):
                self.book.clear(code)
                self._unit.changed()

    def blocking(self, heat: bool) -> bool:
        """Whether a fault forbids massage, or heat."""
        active = self.book.active
        if self.book.latched or any(code in active for code in ("F12", "F13", "F18")):
            return True
        return heat and any(code in active for code in ("F07", "F14", "F15"))

    def stalled(self) -> None:
        """F09: one retry, then latch."""
        unit = self._unit
        if self._stall_retries < unit.truth.stall_retries:
            self._stall_retries += 1.0
            unit.memory.record(round(unit.now_ms()), "F09", "RETRY")
            unit.outputs.pause_motor(NOMINAL.stall_retry_seconds)
            unit.emit("LOG text=STALL_RETRY")
        else:
            self.fault("F09", "STALL")

    def motor_healthy(self) -> None:
        """The motor has run for a while: a later stall gets its retry anew."""
        self._stall_retries = 0.0

    def hot_motor(self, celsius: float, off: bool) -> None:
        """F12: level 1, then off."""
        if off:
            self._unit.outputs.halt()
            return
        self.fault("F12", f"{celsius:.0f}")
        self._unit.outputs.cap_level(1)
