"""The pogo pads: the unit's debug port as something that a serial cable can be plugged into."""

from collections.abc import Callable

from rig.twin.noise import Noise

LONGEST_GARBAGE_BYTES = 60


class DebugPort:
    """Passes bytes between the unit and whoever holds the cable; the last one who connected hears the unit."""

    def __init__(self) -> None:
        self.receiver: Callable[[bytes], None] | None = None
        self._send: Callable[[bytes], None] | None = None
        self._garbage: Noise | None = None

    def spoil(self, garbage: Noise | None) -> None:
        """A bad cable: bytes of chance, up to a line end, before each line of the unit; None mends it."""
        self._garbage = garbage

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
        if self._send is None:
            return
        if self._garbage is not None:
            count = int(LONGEST_GARBAGE_BYTES * self._garbage.uniform())
            self._send(bytes(int(256 * self._garbage.uniform()) for _ in range(count)) + b"\n")
        self._send(data)

    def receive(self, data: bytes) -> None:
        """Bytes to the unit."""
        if self.receiver is not None:
            self.receiver(data)

    def close(self) -> None:
        """The cable stays in the nest."""
