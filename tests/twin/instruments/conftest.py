"""A bench of simulated instruments in this process, and a client that lets bench time run while it waits."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from rig.twin.instruments.battery_2281s import Battery2281S
from rig.twin.instruments.charger_e36312a import ChargerE36312A
from rig.twin.instruments.daq6510 import DAQ6510
from rig.twin.instruments.dmm6500 import DMM6500
from rig.twin.instruments.terminals import Instrument, TriggerLine
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise
from rig.twin.signals import FloatArray, Signal, Steady


class Sine:
    """A sine around an offset: a signal whose mean and samples depend on time."""

    def __init__(self, amplitude: float, hertz: float, offset: float = 0.0) -> None:
        self.amplitude, self.hertz, self.offset = amplitude, hertz, offset

    def mean(self, start_ns: int, stop_ns: int) -> float:
        times = np.linspace(start_ns, stop_ns, 1000, endpoint=False) * 1e-9
        return float(np.mean(self._at(times)))

    def samples(self, start_ns: int, rate_hz: float, count: int) -> FloatArray:
        return self._at(start_ns * 1e-9 + np.arange(count) / rate_hz)

    def _at(self, times: FloatArray) -> FloatArray:
        return self.offset + self.amplitude * np.sin(2 * np.pi * self.hertz * times)


@dataclass
class Circuit:
    """A resistor behind a supply's terminals; `set` calls are recorded with their time."""

    kernel: Kernel
    load_ohm: float = 10.0
    calls: list[tuple[int, bool, float, float, float]] = field(default_factory=list)
    state: tuple[bool, float, float, float] = (False, 0.0, 0.0, 0.0)
    push_amperes: float = 0.0

    def set(self, on: bool, volts: float, amperes_limit: float, series_ohm: float) -> None:
        self.state = (on, volts, amperes_limit, series_ohm)
        self.calls.append((self.kernel.now_ns, on, volts, amperes_limit, series_ohm))

    def _amperes(self) -> float:
        on, volts, limit, series = self.state
        return min(limit, volts / (self.load_ohm + series)) - self.push_amperes if on else 0.0

    @property
    def amperes(self) -> Signal:
        return Steady(self._amperes)

    @property
    def volts(self) -> Signal:
        return Steady(lambda: self._amperes() * self.load_ohm if self.state[0] else 0.0)

    @property
    def constant_current(self) -> bool:
        on, volts, limit, series = self.state
        return on and volts / (self.load_ohm + series) > limit


class Client:
    """A client of an instrument; `ask` runs bench time until the reply is there or none is owed."""

    def __init__(self, kernel: Kernel, instrument: Instrument) -> None:
        self.kernel = kernel
        self.received: list[bytes] = []
        self.conversation = instrument.connect(self.received.append)

    def write(self, message: str) -> None:
        self.conversation.receive(message.encode() + b"\n")

    def ask_bytes(self, message: str) -> bytes | None:
        self.received.clear()
        self.write(message)
        for _ in range(100_000):
            if not self.conversation.owes_reply or self.kernel.next_ns() is None:
                break
            self.kernel.step()
        assert len(self.received) <= 1, "a reply must come in one call"
        return self.received[0] if self.received else None

    def ask(self, message: str) -> str:
        reply = self.ask_bytes(message)
        assert reply is not None, f"no reply to {message}"
        assert reply.endswith(b"\n")
        return reply[:-1].decode()

    def errors(self) -> list[int]:
        """Empty the event queue; the numbers."""
        numbers: list[int] = []
        while (number := int(self.ask("SYST:ERR?").split(",")[0])) != 0:
            numbers.append(number)
        return numbers


@dataclass
class Wires:
    """What the instruments of this bench are connected to; tests change it."""

    volts: dict[int | None, Signal] = field(default_factory=lambda: {None: Steady(lambda: 1.0)})
    amperes: Signal = field(default_factory=lambda: Steady(lambda: 0.5))
    celsius: dict[int, float] = field(default_factory=lambda: {101: 43.0, 107: math.nan})


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def wires() -> Wires:
    return Wires()


@pytest.fixture
def cable() -> TriggerLine:
    return TriggerLine()


@pytest.fixture
def meter(kernel: Kernel, wires: Wires, cable: TriggerLine) -> Client:
    """The vibration meter, which sends triggers."""
    instrument = DMM6500(
        kernel,
        Noise(1, "vibration"),
        model_serial="04400001",
        volts=lambda channel: wires.volts.get(channel, Steady(lambda: 0.0)),
        amperes=Steady(lambda: 0.0),
        trigger_in=None,
        trigger_out=cable,
    )
    return Client(kernel, instrument)


@pytest.fixture
def current_meter(kernel: Kernel, wires: Wires, cable: TriggerLine) -> Client:
    """The current meter, which takes triggers."""
    instrument = DMM6500(
        kernel,
        Noise(1, "current"),
        model_serial="04400002",
        volts=lambda channel: Steady(lambda: 0.0),
        amperes=wires.amperes,
        trigger_in=cable,
        trigger_out=None,
    )
    return Client(kernel, instrument)


@pytest.fixture
def logger(kernel: Kernel, wires: Wires) -> Client:
    """The temperature logger."""
    instrument = DAQ6510(
        kernel,
        Noise(1, "temperature"),
        celsius=lambda channel: Steady(lambda: wires.celsius.get(channel, 25.0)),
        volts=lambda channel: Steady(lambda: 5.0),
    )
    return Client(kernel, instrument)


@pytest.fixture
def circuit(kernel: Kernel) -> Circuit:
    return Circuit(kernel)


@pytest.fixture
def battery(kernel: Kernel, circuit: Circuit) -> Client:
    return Client(kernel, Battery2281S(kernel, Noise(1, "battery"), output=circuit))


@pytest.fixture
def charger(kernel: Kernel, circuit: Circuit) -> Client:
    outputs = (circuit, Circuit(kernel), Circuit(kernel))
    return Client(kernel, ChargerE36312A(kernel, Noise(1, "charger"), outputs=outputs))


@pytest.fixture
def connect(kernel: Kernel) -> Callable[[Instrument], Client]:
    """Another client."""
    return lambda instrument: Client(kernel, instrument)


@pytest.fixture
def sine() -> type[Sine]:
    """A signal that depends on time: `sine(amplitude, hertz, offset)`."""
    return Sine
