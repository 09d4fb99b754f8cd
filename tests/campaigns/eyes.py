"""The twin seen from outside, by its control channel: what is energised, and when that ended, in wall time."""

import json
import time
from collections.abc import Mapping
from typing import Any

from tests.doors import opened

LIVE_VOLTS = 1.0
PATIENCE_SECONDS = 6.0  # far beyond what the watchdog relay may take
LOOK_SECONDS = 0.0005


class Eyes:
    """An observer with a clock of its own, who has nothing to do with the run."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._socket = opened(addresses, wall_seconds=30.0)
        self._received = b""

    def ask(self, **request: object) -> dict[str, Any]:
        """Have the twin do something; raises OSError when it has gone."""
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while b"\n" not in self._received:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionResetError("the twin has gone")
            self._received += chunk
        text, _, self._received = self._received.partition(b"\n")
        answer = json.loads(text)
        if not answer["ok"]:
            raise ValueError(answer["error"])
        return answer

    def state(self) -> dict[str, Any]:
        """What is energised now."""
        return self.ask(op="state")

    def off_after(self, struck: float, patience_seconds: float) -> float | None:
        """Wall seconds from then until no energy could reach the unit any more; None when it still can."""
        while True:
            state = self.state()
            elapsed = time.monotonic() - struck
            if not live(state):
                return elapsed
            if elapsed > patience_seconds:
                return None
            pause(LOOK_SECONDS)

    def close(self) -> None:
        """Look away."""
        self._socket.close()


def live(state: dict[str, Any]) -> bool:
    """Whether energy reaches the unit, or could: a supply is on behind a closed contactor, or volts are there."""
    return bool(state["contactor"] and (state["battery_on"] or state["charger_on"])) or (
        abs(state["unit_volts"]) >= LIVE_VOLTS
    )


def pause(seconds: float) -> None:
    """Wait in wall time: whoever looks from outside has no bench clock."""
    time.sleep(max(0.0, seconds))  # noqa: TID251 - seen from outside, in wall time
