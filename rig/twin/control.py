"""The control channel: what a person at the bench would do by hand.

JSON lines over TCP, for the command line, the environment fixture and tests; never for plans or drivers.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from rig.lines import LineBuffer, request_of
from rig.twin.instruments.k8090 import K8090
from rig.twin.noise import Noise
from rig.twin.port import DebugPort
from rig.twin.wiring import Nest

ENVIRONMENT_KEYS = frozenset({"ambient_celsius", "contact_newtons", "blanket", "unit_celsius"})
OPERATIONS = ("environment", "pad", "lid", "cable", "dropout", "calibrator", "bath", "relays", "pace", "state", "ping")


class Control:
    """The nest's hands and eyes: force, ambient, blanket, pad, lid, bad contacts; what is energised."""

    def __init__(
        self, nest: Nest, port: DebugPort, boards: Sequence[K8090], follow_wall: Callable[[float, float], None]
    ) -> None:
        """`boards`: fault box and power box."""
        self._nest = nest
        self._port = port
        self._boards = boards
        self._follow_wall = follow_wall

    def connect(self, send: Callable[[bytes], None]) -> "ControlTalk":
        """A new client."""
        return ControlTalk(self, send)

    def operate(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request; raises ValueError, KeyError or TypeError when it can't be understood."""
        match request["op"]:
            case "environment":
                values = {key: value for key, value in request.items() if key != "op"}
                if unknown := values.keys() - ENVIRONMENT_KEYS:
                    raise ValueError(f"unknown surroundings {sorted(unknown)}; known: {sorted(ENVIRONMENT_KEYS)}")
                for key, value in values.items():
                    if value is not None and not math.isfinite(value):
                        raise ValueError(f"{key} {value} is no number")
                self._nest.set_environment(**values)
            case "pad":
                self._nest.unit.fit_pad(str(request["pad"]))
            case "lid":
                self._nest.lid_closed = bool(request["closed"])
            case "cable":
                self._port.spoil(Noise(int(request["seed"]), "cable") if request["garbage"] else None)
            case "dropout":
                rails = {"battery": self._nest.battery, "charger": self._nest.charger}
                rail = rails[request.get("supply", "battery")]
                self._nest.interrupt(rail, float(request["after_seconds"]), float(request["seconds"]))
            case "calibrator":
                axis = request["axis"]
                self._nest.calibrator.mount(None if axis is None else str(axis))
            case "bath":
                celsius = request["celsius"]
                shown = self._nest.bath.set(None if celsius is None else float(celsius))
                return {"ok": True, "reference_celsius": shown}
            case "relays":
                gap_s, short_s = (request.get(key) for key in ("gap_seconds", "timers_short_seconds"))
                for board in self._boards:
                    board.gap_s = board.gap_s if gap_s is None else _seconds(gap_s)
                    board.timers_short_s = board.timers_short_s if short_s is None else _seconds(short_s)
                    if request.get("reset", False):
                        board.reset_power()
                return {"ok": True, "ignored": [board.ignored for board in self._boards]}
            case "pace":
                pace = float(request["pace"])
                if not 0.0 < pace < math.inf:
                    raise ValueError(f"pace {pace} is no positive number of bench seconds a wall second")
                self._follow_wall(pace, float(request.get("after_seconds", 0.0)))
            case "state":
                return {"ok": True, **self._nest.state()}
            case "ping" | "hello":
                pass
            case other:
                raise ValueError(f"unknown operation {other!r}; known: {', '.join(OPERATIONS)}")
        return {"ok": True}


class ControlTalk:
    """One client of the control channel."""

    def __init__(self, control: Control, send: Callable[[bytes], None]) -> None:
        self._control = control
        self._send = send
        self._received = LineBuffer()

    @property
    def owes_reply(self) -> bool:
        """Requests are carried out at once."""
        return False

    def receive(self, data: bytes) -> None:
        """Bytes of requests, one JSON object a line."""
        self._received.add(data)
        while (text := self._received.take()) is not None:
            self._answer(text)
        if self._received.overlong:
            self._received = LineBuffer()
            self._answer(b"a line without an end")

    def close(self) -> None:
        """Nothing is held for a client."""

    def _answer(self, text: bytes) -> None:
        try:
            answer = self._control.operate(request_of(text))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            answer = {"ok": False, "error": str(error)}
        self._send(json.dumps(answer).encode() + b"\n")


def _seconds(value: object) -> float:
    seconds = float(str(value))
    if not 0.0 <= seconds <= 10.0:
        raise ValueError(f"{seconds} s isn't from 0 to 10 s")
    return seconds
