"""What an instrument is connected to: its clients, its trigger cable, the circuit its outputs drive."""

from collections.abc import Callable
from typing import Protocol

from rig.twin.signals import Signal

Send = Callable[[bytes], None]


class Conversation(Protocol):
    """One client's connection to an instrument."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the client, now."""
        ...

    @property
    def owes_reply(self) -> bool:
        """Whether a query came in on this connection whose reply hasn't been sent yet."""
        ...

    def close(self) -> None:
        """Send nothing more: the client is gone."""
        ...


class Instrument(Protocol):
    """Anything on the bench that a client can talk to."""

    def connect(self, send: Send) -> Conversation:
        """Open a conversation; `send` delivers one reply in one call, at the kernel's present time."""
        ...

    def reset_power(self) -> None:
        """Be as after power-on."""
        ...


class SourceOutput(Protocol):
    """The circuit behind the output terminals of a supply."""

    def set(self, on: bool, volts: float, amperes_limit: float, series_ohm: float) -> None:
        """Drive the terminals: a voltage behind a resistance, up to a current."""
        ...

    @property
    def amperes(self) -> Signal:
        """The current out of the positive terminal; negative while it is being charged."""
        ...

    @property
    def volts(self) -> Signal:
        """The voltage across the terminals."""
        ...

    @property
    def constant_current(self) -> bool:
        """Whether the current limit, not the voltage, rules at this moment."""
        ...


class TriggerLine:
    """A trigger cable: a pulse at one end is seen by every listener at once."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, callback: Callable[[], None]) -> None:
        """Call back at each pulse."""
        self._listeners.append(callback)

    def pulse(self) -> None:
        """Send one pulse (both of its edges)."""
        for callback in self._listeners:
            callback()
