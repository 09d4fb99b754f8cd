"""The bytes between us and one VISA instrument, with the traps of pyvisa-py closed.

Facts measured on pyvisa-py 0.8.1: opening a closed port succeeds; without TCP_NODELAY two writes in a row
cost 46 ms; after a time-out the late reply answers the next query; a `#0` block reads as an empty array; a
peer that has hung up costs the whole time-out at full processor load.
"""

import select
import socket
from typing import Any

from drivers.scpi_replies import Malformed
from rig.clock import Clock

OPEN_SECONDS = 3.0
READ_CHUNK_BYTES = 1 << 20  # pyvisa-py's own 4096 makes large blocks slow


class VisaLink:
    """One open VISA resource; its methods raise what `is_transport_error` knows, and Malformed for no block."""

    def __init__(self, address: str, clock: Clock, timeout_seconds: float) -> None:
        """Open the address; a closed port may only show at the first query."""
        import pyvisa  # here, not above: it costs a tenth of a second at start-up

        self._timeout_seconds = timeout_seconds
        self._socket: socket.socket | None = None
        self._resource: Any = pyvisa.ResourceManager("@py").open_resource(
            address,
            open_timeout=round(min(OPEN_SECONDS, timeout_seconds) * 1000),
            read_termination="\n",
            write_termination="\n",
            timeout=round(timeout_seconds * 1000),
        )
        session: Any = self._resource.visalib.sessions[self._resource.session]
        sockets = _sockets(session)
        if address.upper().endswith("::SOCKET"):
            session.max_recv_size = READ_CHUNK_BYTES
            (self._socket,) = sockets
        for one in sockets:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            clock.attach_instrument(one.getsockname()[1])

    def be_patient(self, seconds: float) -> None:
        """Wait for a reply for that long from now on."""
        self._timeout_seconds = seconds
        self._resource.timeout = round(seconds * 1000)

    def query(self, *messages: str) -> str:
        """Send messages, the last one a query, and return its reply without line end.

        On a raw socket they are one segment: a parser that drops the rest of a faulty message still answers.
        """
        if self._socket is not None:
            self._resource.write("\n".join(messages))
        else:
            for message in messages:
                self._resource.write(message)
        self._await_reply()
        return str(self._resource.read()).strip()

    def block(self, query: str, expected_bytes: int) -> bytes:
        """Send a query and return its block's bytes; raises Malformed when it isn't one of that length."""
        from pyvisa.constants import ResourceAttribute

        self._resource.set_visa_attribute(ResourceAttribute.termchar_enabled, False)
        self._resource.write(query)
        self._await_reply()
        header = self._resource.read_bytes(2)
        if header[:1] != b"#" or not header[1:].isdigit():
            raise Malformed(f"answered {header!r}..., no binary block")
        if digits := int(header[1:]):
            announced = self._resource.read_bytes(digits)
            if not announced.isdigit() or int(announced) != expected_bytes:
                raise Malformed(f"announced {announced.decode('ascii', 'replace')} bytes, not {expected_bytes}")
        try:
            payload: bytes = self._resource.read_bytes(expected_bytes + 1)
        except Exception as error:
            if not is_transport_error(error):
                raise
            raise Malformed(f"answered fewer than {expected_bytes} bytes ({one_line(error)})") from error
        if payload[-1:] != b"\n":
            raise Malformed(f"answered more than {expected_bytes} bytes")
        self._resource.set_visa_attribute(ResourceAttribute.termchar_enabled, True)
        return payload[:-1]

    def close(self) -> None:
        """Hang up, whatever state it is in."""
        try:
            self._resource.close()
        except Exception as error:
            if not is_transport_error(error):
                raise

    def _await_reply(self) -> None:
        """Wait for a reply's first byte on a raw socket; notice at once when the peer has hung up."""
        if self._socket is None:
            return
        if not select.select([self._socket], [], [], self._timeout_seconds)[0]:
            raise TimeoutError(f"silent for {self._timeout_seconds:g} s")
        if not self._socket.recv(1, socket.MSG_PEEK):
            raise EOFError("it closed the connection")


def is_transport_error(error: Exception) -> bool:
    """Whether an exception is one of those that VISA and sockets speak in."""
    import pyvisa

    return isinstance(error, OSError | EOFError | UnicodeDecodeError | pyvisa.Error)


def one_line(error: Exception) -> str:
    """Return an exception's text in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _sockets(session: Any) -> list[socket.socket]:
    """Find a pyvisa-py session's TCP sockets: raw, VXI-11 (`.sock`), HiSLIP (`._sync`, `._async`)."""
    interface = getattr(session, "interface", None)
    candidates = [interface, *(getattr(interface, name, None) for name in ("sock", "_sync", "_async"))]
    return [one for one in candidates if isinstance(one, socket.socket)]
