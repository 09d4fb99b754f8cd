"""A tiny host for the simulated unit: frames lines, waits in bench time, keeps what it hears."""

import dataclasses
import zlib
from collections.abc import Callable, Mapping

import pytest

from rig.twin.kernel import Kernel
from rig.twin.unit import spread
from rig.twin.unit import unit as unit_module
from rig.twin.unit.eeprom import crc16
from rig.twin.unit.unit import Unit


class Battery:
    """A supply: volts behind ohms, a limit beyond which it collapses."""

    def __init__(self, volts: float = 7.4, ohm: float = 0.0, limit: float = 6.0) -> None:
        self._volts, self._ohm, self._limit = volts, ohm, limit

    def volts(self, amperes: float) -> float:
        over = max(0.0, amperes - self._limit)
        return max(0.0, self._volts - amperes * self._ohm - over * 200.0)


class Host:
    """One unit, its supply and what it said."""

    def __init__(self, seed: int = 1, defects: Mapping[str, float] | None = None, pad: str = "FLAT") -> None:
        self.kernel = Kernel()
        self.lines: list[tuple[int, str]] = []
        self._buffer = b""
        self._sequence = 100
        self.unit = Unit(self.kernel, seed=seed, defects=defects or {}, pad=pad, send=self._hear)

    @property
    def seconds(self) -> float:
        return self.kernel.now_ns * 1e-9

    def power(self, volts: float = 7.4, ohm: float = 0.0) -> "Host":
        self.unit.connect_battery(Battery(volts, ohm))
        return self

    def boot(self, volts: float = 7.4, ohm: float = 0.0) -> "Host":
        self.power(volts, ohm).run(1.5)
        return self

    def _hear(self, data: bytes) -> None:
        self._buffer += data
        while b"\n" in self._buffer:
            line, self._buffer = self._buffer.split(b"\n", 1)
            self.lines.append((self.kernel.now_ns, line.decode().rstrip("\r")))

    def run(self, seconds: float) -> None:
        self.kernel.run_until(self.kernel.now_ns + round(seconds * 1e9))

    def send(self, text: str) -> None:
        self.unit.receive(f"{text}\r\n".encode())

    def framed(self, command: str) -> str:
        self._sequence += 1
        body = f"{self._sequence} {command}"
        return f"!{body}*{crc16(body.encode()):04X}"

    def replies(self) -> list[str]:
        return [line for _, line in self.lines if line.startswith("@")]

    def events(self, kind: str) -> list[str]:
        return [line.rpartition("*")[0] for _, line in self.lines if line.split()[1:2] == [kind] and line[0] == "#"]

    def ask(self, command: str, seconds: float = 0.06) -> str:
        """The reply's text without sequence number and checksum; empty when none came."""
        self.send(self.framed(command))
        seen = len(self.lines)
        end = self.kernel.now_ns + round(seconds * 1e9)
        while self.kernel.now_ns < end:
            self.run(0.001)
            for _, line in self.lines[seen:]:
                if line.startswith(f"@{self._sequence} "):
                    return line.rpartition("*")[0].partition(" ")[2]
        return ""

    def ok(self, command: str, seconds: float = 0.06) -> dict[str, str]:
        reply = self.ask(command, seconds)
        assert reply.startswith("OK"), f"{command}: {reply!r}"
        return dict(field.split("=", 1) for field in reply.split()[1:])

    def unlock(self) -> "Host":
        challenge = self.ok("TEST?")["challenge"]
        self.ok(f"TEST UNLOCK {zlib.crc32((challenge + 'VS1FACTORY').encode()):08X}")
        return self

    def state(self) -> str:
        return self.ok("STAT?")["state"]

    def amperes(self, seconds: float = 0.1) -> float:
        self.run(seconds)
        now = self.kernel.now_ns
        return self.unit.battery_amperes.mean(now - round(seconds * 1e9), now)

    def off_after(self, since_ns: int, below: float, seconds: float) -> float:
        """Run so long; when the battery current fell for good below a value, in seconds after a moment."""
        self.run(seconds)
        rate = 20e3
        count = int((self.kernel.now_ns - since_ns) * 1e-9 * rate)
        samples = self.unit.battery_amperes.samples(since_ns, rate, count)
        on = (samples > below).nonzero()[0]
        assert len(on), "no current at all"
        assert on[-1] < count - 200, "the current never ended"
        return float(on[-1] + 1) / rate


MakeHost = Callable[..., Host]


@pytest.fixture
def make_host() -> MakeHost:
    """Individuals with their production spread."""
    return Host


@pytest.fixture
def make_nominal(monkeypatch: pytest.MonkeyPatch) -> MakeHost:
    """Individuals in the middle of every spread."""

    class Middle:
        def __init__(self, *_key: object) -> None: ...

        def normal(self) -> float:
            return 0.0

        def uniform(self) -> float:
            return 0.5

    with monkeypatch.context() as patch:
        patch.setattr(spread, "Noise", Middle)
        middle = spread.draw(0)
    assert dataclasses.is_dataclass(middle)
    monkeypatch.setattr(unit_module, "draw", lambda _seed: middle)
    return Host
