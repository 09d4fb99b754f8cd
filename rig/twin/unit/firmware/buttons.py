"""Three keys: debounce, events, and what a press does (vs1.md section 5, BTN)."""

from rig.twin.kernel import Kernel, Timer
from rig.twin.unit.firmware.controller import Controller
from rig.twin.unit.firmware.request import Refusal
from rig.twin.unit.firmware.states import State
from rig.twin.unit.nominal import HEATS, PADS

DEBOUNCE_NS = 30_000_000
POWER, LEVEL, HEAT = 1, 2, 3
TOGGLE_MS = 1000.0
CLEAR_MS = 3000.0


class Buttons:
    """Debounced keys of one run of the firmware."""

    def __init__(self, kernel: Kernel, unit: Controller) -> None:
        self._kernel = kernel
        self._unit = unit
        self._raw = {POWER: False, LEVEL: False, HEAT: False}
        self._stable = dict(self._raw)
        self._pressed_ms = dict.fromkeys(self._raw, 0.0)
        self._timers: dict[int, Timer] = {}

    def edge(self, button: int, down: bool) -> None:
        """The contact opened or closed; believed once it has stayed so for 30 ms."""
        if self._raw[button] == down or (button == HEAT and not self._unit.truth.heat_key):
            return
        self._raw[button] = down
        timer = self._timers.pop(button, None)
        if timer is not None:
            timer.cancel()
        if down != self._stable[button]:
            since_ms = self._unit.now_ms()
            self._timers[button] = self._kernel.after(DEBOUNCE_NS, lambda: self._settled(button, down, since_ms))

    def pretend(self, button: int, milliseconds: float) -> None:
        """BTN: as if pressed that long, after the debouncing."""
        if self._stable[button]:
            raise Refusal("BUSY")
        self._settled(button, True, self._unit.now_ms())
        self._kernel.after(
            round(milliseconds / self._unit.clock * 1e6),
            lambda: self._settled(button, False, self._unit.now_ms()),
        )

    def _settled(self, button: int, down: bool, since_ms: float) -> None:
        self._timers.pop(button, None)
        unit = self._unit
        if not unit.alive or self._stable[button] == down:
            return
        self._stable[button] = down
        if down:
            self._pressed_ms[button] = since_ms
            return
        if unit.state == State.BOOT:
            return  # nothing is up yet that a press could change
        held = since_ms - self._pressed_ms[button]
        unit.button_event(button, held)
        unit.touch_idle()
        if button == POWER:
            self._power(held)
        elif not unit.inhibited and unit.outputs.program is None and not unit.outputs.drives:
            self._cycle(button)

    def _power(self, held: float) -> None:
        unit = self._unit
        if held >= CLEAR_MS:
            unit.reactions.clear(everything=False)
        elif held >= TOGGLE_MS:
            unit.outputs.halt()
            unit.go_off()

    def _cycle(self, button: int) -> None:
        unit = self._unit
        outputs = unit.outputs
        if button == LEVEL and not unit.reactions.blocking(heat=False):
            outputs.set_level((outputs.level + 1) % (unit.level_cap + 1))
        elif button == HEAT and PADS[unit.fitted].heater_ohm is not None and not unit.reactions.blocking(heat=True):
            outputs.set_heat(HEATS[(HEATS.index(outputs.heat) + 1) % len(HEATS)])
