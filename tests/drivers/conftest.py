"""Fake ends of wires: each accepts exactly the bytes it was told to expect, and complains about leftovers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.scpi import ScpiSession


class InstantClock:
    """A clock whose waits cost nothing; `seconds` counts what they would have cost."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.ports: list[int] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += max(0.0, seconds)

    def wait_until(self, predicate: Callable[[], bool], seconds: float, every: float | None = None) -> bool:
        end = self.seconds + seconds
        while not predicate():
            if self.seconds >= end:
                return False
            self.seconds = min(end, self.seconds + (every or seconds))
        return True

    def attach(self, line: object) -> None:
        pass

    def detach(self, line: object) -> None:
        pass

    def instrument_answered(self) -> None:
        pass

    def attach_instrument(self, local_port: int) -> None:
        self.ports.append(local_port)

    def data_arrived(self) -> None:
        pass

    def close(self) -> None:
        pass


class Wire:
    """Pairs of (sent, received); what is sent must be the next pair's."""

    def __init__(self) -> None:
        self.pairs: list[tuple[bytes, bytes]] = []
        self.incoming = bytearray()

    def expect(self, sent: str | bytes, received: str | bytes = b"") -> None:
        self.pairs.append(tuple(part.encode() if isinstance(part, str) else part for part in (sent, received)))

    def settings(self, *commands: str) -> None:
        """Expect commands with their error query in the same segment, answered without error."""
        self.expect(";".join(commands) + "\n:SYST:ERR?\n", '0,"No error"\n')

    def send(self, data: bytes) -> None:
        assert self.pairs, f"nothing more was expected, but {data!r} was sent"
        sent, received = self.pairs.pop(0)
        assert data == sent
        self.incoming += received

    def receive(self, count: int | None = None) -> bytes:
        data = bytes(self.incoming[:count])
        del self.incoming[:count]
        return data

    def assert_used_up(self) -> None:
        assert not self.pairs, f"never sent: {self.pairs}"
        assert not self.incoming, f"never read: {bytes(self.incoming)!r}"


class WireResource:
    """The part of a pyvisa resource that ScpiSession uses."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def write(self, message: str) -> None:
        self._wire.send(message.encode() + b"\n")

    def read(self) -> str:
        line, end, _ = bytes(self._wire.incoming).partition(b"\n")
        if not end:
            raise TimeoutError("nothing more was received")
        return self._wire.receive(len(line) + 1).decode()

    def read_bytes(self, count: int) -> bytes:
        if len(self._wire.incoming) < count:
            raise TimeoutError("nothing more was received")
        return self._wire.receive(count)

    def set_visa_attribute(self, name: object, state: object) -> None:
        pass

    def close(self) -> None:
        self._wire.incoming.clear()


class WireSession(ScpiSession):
    """A session whose far end is a Wire instead of VISA."""

    def __init__(self, wire: Wire, clock: InstantClock, model: str) -> None:
        self._wire = wire
        self.connections = 0
        super().__init__("TCPIP0::wire::5025::SOCKET", clock, role="role", model=model)

    def _connect(self) -> str:
        self.connections += 1
        self._resource: Any = WireResource(self._wire)
        self._socket: Any = object()
        return f"MAKER,MODEL {self.model},1,1"

    def _await_reply(self) -> None:
        pass


class WireLine:
    """The part of a SerialLine that drivers use, its far end a Wire."""

    url = "wire"
    baud = 115200

    def __init__(self, wire: Wire, clock: InstantClock, role: str) -> None:
        self._wire = wire
        self.clock = clock
        self.role = role
        self.closed = False

    def write(self, data: bytes) -> None:
        self._wire.send(data)

    def take(self) -> bytes:
        return self._wire.receive()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock() -> InstantClock:
    return InstantClock()


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.assert_used_up()


@pytest.fixture
def session_of(wire: Wire, clock: InstantClock) -> Callable[[str], WireSession]:
    return lambda model: WireSession(wire, clock, model)


@pytest.fixture
def line_of(wire: Wire, clock: InstantClock) -> Callable[[str], WireLine]:
    return lambda role: WireLine(wire, clock, role)
