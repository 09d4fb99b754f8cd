"""The watchdog relay, proved: its timer is let expire on purpose, and both supply lines are seen to go dead."""

from collections.abc import Callable

from rig.bench.guard.outputs import Outputs
from rig.bench.guard.settings import GuardSettings
from rig.clock import Clock
from rig.errors import BenchError, NotSafe

LIVE_AMPERES = 0.003  # a unit that is awake draws 9 mA
DEAD_AMPERES = 0.001
PATIENCE_SECONDS = 1.0
BEYOND_SECONDS = 0.15
START_SECONDS = 5.0
POLL_SECONDS = 0.02


class WatchdogProof:
    """Feeds the unit over each supply line in turn, and lets the contactor's timer end it."""

    def __init__(self, outputs: Outputs, settings: GuardSettings, clock: Clock) -> None:
        self._outputs = outputs
        self._settings = settings
        self._clock = clock

    def run(self, battery_volts: float, charger_volts: float, limit_amperes: float) -> dict[str, float]:
        """Seconds from the timer's last restart until no current flowed, for the battery's and the charger's line.

        Raises BenchError when no unit draws current or the restart didn't prolong the time, NotSafe when the
        current goes on; whatever happens, all is off afterwards.
        """
        outputs = self._outputs
        try:
            outputs.battery.power_mode()
            outputs.battery.set(battery_volts, limit_amperes)
            outputs.charger.set(charger_volts, limit_amperes)
            outputs.restart_watchdog()
            outputs.battery.energise()
            battery = self._expire("battery", lambda: outputs.battery.measure()[1])
            # a unit that charges takes nothing from its battery: the charger's line is looked at by itself
            outputs.restart_watchdog()
            outputs.charger.energise()
            outputs.power_box.set(self._settings.charger_line)
            charger = self._expire("charger", outputs.charger.measured_amperes)
        finally:
            outputs.make_safe()
        return {"battery": battery, "charger": charger}

    def _expire(self, line: str, amperes: Callable[[], float]) -> float:
        seconds = self._settings.watchdog_seconds
        give_up = self._clock.now() + START_SECONDS  # a unit boots first, and then perhaps charges
        while amperes() < LIVE_AMPERES:
            if self._clock.now() > give_up:
                raise BenchError(f"watchdog not proved: no current on the {line} line; put a unit into the nest")
            self._outputs.restart_watchdog()
            self._clock.sleep(0.25 * seconds)
        started = self._clock.now()
        self._outputs.restart_watchdog()
        self._clock.sleep(0.5 * seconds)
        restarted = self._clock.now()
        self._outputs.restart_watchdog()
        # beyond the first start's end, and before the restart's, though a card may end a timer 0.6 s early
        self._clock.sleep(started + seconds + BEYOND_SECONDS - self._clock.now())
        if amperes() < LIVE_AMPERES:
            raise BenchError(
                f"the power box's timer isn't restarted by command 41: the {line} line went dead too early; "
                "don't use this bench"
            )
        while amperes() >= DEAD_AMPERES:
            if self._clock.now() - restarted > seconds + PATIENCE_SECONDS:
                raise NotSafe(
                    f"the watchdog relay didn't open {seconds:g} s after its last restart: the {line} line is live; "
                    "don't use this bench"
                )
            self._clock.sleep(POLL_SECONDS)
        return self._clock.now() - restarted
