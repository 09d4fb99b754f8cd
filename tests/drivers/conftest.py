"""Fake ends of wires: each accepts exactly the bytes it was told to expect, and complains about leftovers."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.scpi import ScpiSession
from drivers.scpi_link import VisaLink


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

    def settings(self, *commands: str, error: str = '0,"No error"') -> None:
        """Expect commands with their error query in the same segment, answered without error."""
        self.tagged(":SYST:ERR?", error, before=";".join(commands) + "\n")

    def set(self, *settings: tuple[str, str, str], error: str = '0,"No error"') -> None:
        """Expect settings as (command, query, answer), asked back in the same segment."""
        commands, queries, answers = zip(*settings, strict=True)
        question = ";".join([*queries, ":SYST:ERR?"])
        self.tagged(question, ";".join([*answers, error]), before=";".join(commands) + "\n")

    def twice(self, query: str, reply: str, again: str | None = None) -> None:
        """Expect a query asked twice in one message, and its two replies."""
        self.tagged(f"{query};{query if again is None else again}", f"{reply};{reply}")

    def tagged(self, question: str, answer: str, before: str = "") -> None:
        """Expect a question behind the exchange's tag, answered with that tag in front."""
        self.expect(f"{before}*ESE TAG;*ESE?;{question}\n", f"TAG;{answer}\n")

    def send(self, data: bytes) -> None:
        assert self.pairs, f"nothing more was expected, but {data!r} was sent"
        sent, received = self.pairs.pop(0)
        tag = re.search(rb"\*ESE (\d+);", data)
        if tag is not None:
            sent, received = (part.replace(b"TAG", tag.group(1)) for part in (sent, received))
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
    """The part of a pyvisa resource that a VisaLink uses; its identity is asked for without the wire's knowledge."""

    def __init__(self, wire: Wire, model: str) -> None:
        self._wire = wire
        self._model = model
        self._identities = 0

    def write(self, message: str) -> None:
        if message == "*IDN?":
            self._identities += 1
        else:
            self._wire.send(message.encode() + b"\n")

    def read(self) -> str:
        if self._identities:
            self._identities -= 1
            return f"MAKER,MODEL {self._model},1,1\n"
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


class WireLink(VisaLink):
    """A link on a Wire."""

    def __init__(self, wire: Wire, model: str) -> None:
        self._resource: Any = WireResource(wire, model)
        self._socket: Any = object()

    def _await_reply(self) -> None:
        pass

    def be_patient(self, seconds: float) -> None:
        pass


class WireSession(ScpiSession):
    """A session whose far end is a Wire instead of VISA."""

    def __init__(self, wire: Wire, clock: InstantClock, model: str) -> None:
        self._wire = wire
        self.connections = 0
        super().__init__("TCPIP0::wire::5025::SOCKET", clock, role="role", model=model)

    def _new_link(self, patience_seconds: float) -> VisaLink:
        self.connections += 1
        return WireLink(self._wire, self.model)


class WireLine:
    """The part of a SerialLine that drivers use, its far end a Wire."""

    url = "wire"
    baud = 115200

    def __init__(self, wire: Wire, clock: InstantClock, role: str) -> None:
        self._wire = wire
        self.clock = clock
        self.role = role
        self.closed = False
        self.written: list[tuple[float, bytes]] = []
        self.told: list[bytes] = []

    def write(self, data: bytes, told: bytes | None = None) -> None:
        self.written.append((self.clock.seconds, data))
        self._wire.send(data)
        self.told.append(data if told is None else told)

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
