"""What makes a bench safe: in a fixed order while everybody answers, beside each other where somebody doesn't."""

import threading
import time
from collections.abc import Callable

from rig.errors import RigError

PATIENCE_WALL_SECONDS = 0.25  # for a supply that answers; after that the next step begins, and it may take its time
SAFE_WALL_SECONDS = 2.25  # for all of it together, unless a relay board is silent


class _Step:
    """One step in a thread of its own."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._ended = threading.Event()
        self.failure = ""
        threading.Thread(target=self._carry_out, daemon=True).start()

    def ended_within(self, wall_seconds: float) -> bool:
        """Wait for its end; false when it goes on."""
        return self._ended.wait(max(0.0, wall_seconds))

    def _carry_out(self) -> None:
        try:
            self._action()
        except Exception as error:  # a fault of ours confirms nothing either
            self.failure = str(error) if isinstance(error, RigError) else repr(error)
        finally:
            self._ended.set()


class SafeSteps:
    """Carries the steps out, each by the name of its device; a device is never asked two things at once."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], None], bool]] = []
        self._going_on: dict[str, _Step] = {}

    def add(self, device: str, action: Callable[[], None], *, beside: bool = False) -> None:
        """Name the next step; `beside` for one that may be silent for long, and needs no bench clock."""
        self._steps.append((device, action, beside))

    def is_busy(self, device: str) -> bool:
        """Whether a device still owes the answer to an earlier step."""
        step = self._going_on.get(device)
        return step is not None and not step.ended_within(0.0)

    def carry_out(self) -> list[str]:
        """Try every step; what couldn't be confirmed, one line each."""
        deadline = time.monotonic() + SAFE_WALL_SECONDS
        failures: list[str] = []
        begun: dict[str, _Step] = {}
        silent: set[str] = set()
        for device, action, beside in self._steps:
            if not beside:
                try:
                    action()
                except RigError as error:
                    failures.append(str(error))
            elif device in self._going_on and not self._going_on[device].ended_within(PATIENCE_WALL_SECONDS):
                silent.add(device)  # it owes an answer: this step isn't confirmed, whatever it answers now
            else:
                self._collect(begun, device, failures)
                begun[device] = self._going_on[device] = _Step(action)
                begun[device].ended_within(PATIENCE_WALL_SECONDS)
        # a silent relay board may have used all of the time up: who was asked after that gets its own all the same
        deadline = max(deadline, time.monotonic() + PATIENCE_WALL_SECONDS)
        for device in tuple(begun):
            if begun[device].ended_within(deadline - time.monotonic()):
                self._collect(begun, device, failures)
            else:
                silent.add(device)
        what = "silent when it was switched off; disconnect its leads by hand"
        return [*failures, *(f"{device}: {what}" for device in sorted(silent))]

    def _collect(self, begun: dict[str, _Step], device: str, failures: list[str]) -> None:
        step = begun.pop(device, None)
        if step is not None and step.failure:
            failures.append(step.failure)
