"""What the serial instruments share: replies take processing time and wire time, one after the other."""

from rig.twin.instruments.terminals import Send
from rig.twin.kernel import Kernel

_BITS_PER_BYTE = 10


class SerialSession:
    """One serial port. It never owes a reply: nobody can tell from a port whether an answer will come."""

    def __init__(self, kernel: Kernel, send: Send, baud: int) -> None:
        self._kernel = kernel
        self._send = send
        self._ns_per_byte = _BITS_PER_BYTE * 1_000_000_000 // baud
        self._free_ns = 0
        self._open = True

    @property
    def owes_reply(self) -> bool:
        """Always False."""
        return False

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""
        return self._open

    def transmit(self, data: bytes, processing_ns: int) -> None:
        """Send after the processing time; the bytes arrive together when the last one has left the wire."""
        start_ns = max(self._kernel.now_ns + processing_ns, self._free_ns)
        self._free_ns = start_ns + len(data) * self._ns_per_byte
        self._kernel.at(self._free_ns, lambda: self._deliver(data))

    def close(self) -> None:
        """Send nothing more."""
        self._open = False

    def _deliver(self, data: bytes) -> None:
        if self._open:
            self._send(data)
