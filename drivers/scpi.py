"""A conversation with one SCPI instrument over VISA, with the traps of pyvisa-py closed.

Facts measured on pyvisa-py 0.8.1: opening a closed port succeeds; without TCP_NODELAY two writes in a row
cost 46 ms; after a time-out the late reply answers the next query; a `#0` block reads as an empty array; a
peer that has hung up costs the whole time-out at full processor load.
"""

import math
import select
import socket
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rig.clock import Clock
from rig.errors import BenchError, ConnectionLost, InstrumentFault

OVERLOAD = 9.9e37  # SCPI: this and above (9.91E37 is "not a number") are no readings
OPEN_SECONDS = 3.0
READ_CHUNK_BYTES = 1 << 20  # pyvisa-py's own 4096 makes large blocks slow
ERRORS_SHOWN = 10

_T = TypeVar("_T")


class ScpiSession:
    """An open, identified instrument; `role` and `model` make its errors readable.

    Every method ends with a reply read, so that operations of several instruments never overtake each other.
    """

    def __init__(self, address: str, clock: Clock, *, role: str, model: str, timeout_seconds: float = 10.0) -> None:
        """Open the VISA address and check with `*IDN?` that the model answers there.

        Raises ConnectionLost when nobody answers, BenchError when another instrument does.
        """
        self.address = address
        self.role = role
        self.model = model
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._closed = False
        self._resource: Any = None
        self._socket: socket.socket | None = None
        self.identity = self._connect()

    @property
    def where(self) -> str:
        """Role, model and address, as error messages begin."""
        return f"{self.role} ({self.model} at {self.address})"

    def write(self, *commands: str) -> None:
        """Send commands as one message and read the error queue in the same round trip.

        Raises InstrumentFault naming the commands and what the instrument says about them, ConnectionLost.
        """
        message = ";".join(commands)
        first = self._talk(message, lambda: self._checked(message))
        if _error_number(first) == 0:
            return
        errors = [first]
        while len(errors) < ERRORS_SHOWN and _error_number(error := self.ask(":SYST:ERR?")) != 0:
            errors.append(error)
        raise InstrumentFault(f"{self.where}: refused '{message}': {' | '.join(errors)}")

    def ask(self, query: str) -> str:
        """Send one query and return the reply without line end; raises ConnectionLost when none comes."""
        return self._talk(query, lambda: self._query(query))

    def ask_number(self, query: str) -> float:
        """Send one query whose reply is a reading.

        Raises InstrumentFault on NaN, infinity, overload or text: never a number.
        """
        return self.number(self.ask(query), query)

    def ask_numbers(self, query: str, count: int) -> list[float]:
        """Like `ask_number` for a reply of that many readings, separated by commas."""
        values = [self.number(part, query) for part in self.ask(query).split(",")]
        if len(values) != count:
            raise InstrumentFault(f"{self.where}: '{query}' answered {len(values)} values, not {count}")
        return values

    def number(self, text: str, query: str) -> float:
        """Read one number out of a reply's text; raises InstrumentFault when it is none."""
        try:
            value = float(text)
        except ValueError:
            raise InstrumentFault(f"{self.where}: '{query}' answered {text!r}: no reading") from None
        if not math.isfinite(value) or abs(value) >= OVERLOAD:
            raise InstrumentFault(f"{self.where}: '{query}' answered {text}: overload or no reading")
        return value

    def ask_block(self, query: str, count: int, dtype: str = "<f4") -> NDArray[Any]:
        """Send one query whose reply is a binary block of `count` numbers (definite, or indefinite `#0`).

        Raises InstrumentFault when the block has another length.
        """
        size = np.dtype(dtype).itemsize
        payload = self._talk(query, lambda: self._block(query, count * size))
        return np.frombuffer(payload, dtype=dtype)

    def close(self) -> None:
        """Close the session; may be called twice."""
        self._closed = True
        self._hang_up()

    def _connect(self) -> str:
        import pyvisa  # here, not above: it costs a tenth of a second at start-up

        try:
            manager = pyvisa.ResourceManager("@py")
            self._resource = manager.open_resource(
                self.address,
                open_timeout=round(OPEN_SECONDS * 1000),
                read_termination="\n",
                write_termination="\n",
                timeout=round(self._timeout_seconds * 1000),
            )
            self._prepare_sockets()
            identity = self._query("*IDN?")
        except Exception as error:  # pyvisa-py raises bare Exception for some refused connections
            self._hang_up()
            raise ConnectionLost(
                f"{self.where}: no answer to *IDN? ({_one_line(error)}); is it on, is the address right?"
            ) from error
        if self.model not in identity:
            self._hang_up()
            raise BenchError(
                f"{self.where}: found '{identity}' there, expected a {self.model}; correct the station file"
            )
        return identity

    def _prepare_sockets(self) -> None:
        session = self._resource.visalib.sessions[self._resource.session]
        sockets = _sockets(session)
        if self.address.upper().endswith("::SOCKET"):
            session.max_recv_size = READ_CHUNK_BYTES
            (self._socket,) = sockets
        for one in sockets:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._clock.attach_instrument(one.getsockname()[1])

    def _hang_up(self) -> None:
        resource, self._resource, self._socket = self._resource, None, None
        if resource is None:
            return
        try:
            resource.close()
        except Exception as error:
            if not _is_transport_error(error):
                raise

    def _talk(self, message: str, exchange: Callable[[], _T]) -> _T:
        """Run one exchange; after any trouble in it the session is a new one, without late replies."""
        if self._closed:
            raise ConnectionLost(f"{self.where}: the session is closed")
        if self._resource is None:
            self._connect()
        try:
            return exchange()
        except InstrumentFault:
            self._reconnect()
            raise
        except Exception as error:
            if not _is_transport_error(error):
                raise
            shown = message.replace("\n", " ")
            raise ConnectionLost(
                f"{self.where}: no reply to '{shown}' ({_one_line(error)}); {self._reconnect()}"
            ) from error
        finally:
            self._clock.instrument_answered()

    def _reconnect(self) -> str:
        """Open a new session and tell what came of it; the error queue often says why a reply was missing."""
        self._hang_up()
        try:
            self._connect()
            return f"reconnected, its error queue says {self._query(':SYST:ERR?')}"
        except BenchError as failure:
            return f"reconnecting failed, too: {failure}"
        except Exception as failure:
            if not _is_transport_error(failure):
                raise
            return "reconnected, but its error queue doesn't answer"

    def _checked(self, message: str) -> str:
        if self._socket is not None:
            # two messages in one segment: a parser that drops the rest of a faulty message still answers
            return self._query(f"{message}\n:SYST:ERR?")
        self._resource.write(message)
        return self._query(":SYST:ERR?")

    def _query(self, message: str) -> str:
        self._resource.write(message)
        self._await_reply()
        return str(self._resource.read()).strip()

    def _await_reply(self) -> None:
        """Wait for a reply's first byte on a raw socket; notice at once when the peer has hung up."""
        if self._socket is None:
            return
        if not select.select([self._socket], [], [], self._timeout_seconds)[0]:
            raise TimeoutError(f"silent for {self._timeout_seconds:g} s")
        if not self._socket.recv(1, socket.MSG_PEEK):
            raise EOFError("it closed the connection")

    def _block(self, query: str, expected_bytes: int) -> bytes:
        from pyvisa.constants import ResourceAttribute

        self._resource.set_visa_attribute(ResourceAttribute.termchar_enabled, False)
        self._resource.write(query)
        self._await_reply()
        header = self._resource.read_bytes(2)
        if header[:1] != b"#" or not header[1:].isdigit():
            raise InstrumentFault(f"{self.where}: '{query}' answered {header!r}..., no binary block")
        if digits := int(header[1:]):
            announced = int(self._resource.read_bytes(digits))
            if announced != expected_bytes:
                raise InstrumentFault(f"{self.where}: '{query}' announced {announced} bytes, not {expected_bytes}")
        try:
            payload: bytes = self._resource.read_bytes(expected_bytes + 1)
        except Exception as error:
            if not _is_transport_error(error):
                raise
            raise InstrumentFault(
                f"{self.where}: '{query}' answered fewer than {expected_bytes} bytes ({_one_line(error)})"
            ) from error
        if payload[-1:] != b"\n":
            raise InstrumentFault(f"{self.where}: '{query}' answered more than {expected_bytes} bytes")
        self._resource.set_visa_attribute(ResourceAttribute.termchar_enabled, True)
        return payload[:-1]


def _is_transport_error(error: Exception) -> bool:
    import pyvisa

    return isinstance(error, OSError | EOFError | UnicodeDecodeError | pyvisa.Error)


def _sockets(session: Any) -> list[socket.socket]:
    """Find a pyvisa-py session's TCP sockets: raw, VXI-11 (`.sock`), HiSLIP (`._sync`, `._async`)."""
    interface = getattr(session, "interface", None)
    candidates = [interface, *(getattr(interface, name, None) for name in ("sock", "_sync", "_async"))]
    return [one for one in candidates if isinstance(one, socket.socket)]


def _error_number(reply: str) -> int:
    number = reply.partition(",")[0].strip()
    return int(number) if number.lstrip("+-").isdecimal() else -300  # whatever it says, not "no error"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
