"""The pogo pads: the unit's debug port as something that a serial cable can be plugged into."""

from collections.abc import Callable


class DebugPort:
    """Passes bytes between the unit and whoever holds the cable; the last one who connected hears the unit."""

    def __init__(self) -> None:
        self.receiver: Callable[[bytes], None] | None = None
        self._send: Callable[[bytes], None] | None = None

    @property
    def owes_reply(self) -> bool:
        """A serial line owes nothing: who waits for it waits through the clock."""
        return False

    def connect(self, send: Callable[[bytes], None]) -> "DebugPort":
        """Plug a cable in."""
        self._send = send
        return self

    def send(self, data: bytes) -> None:
        """Bytes from the unit."""
        if self._send is not None:
            self._send(data)

    def receive(self, data: bytes) -> None:
        """Bytes to the unit."""
        if self.receiver is not None:
            self.receiver(data)

    def close(self) -> None:
        """The cable stays in the nest."""
