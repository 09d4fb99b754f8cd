r"""A weighing platform with the Mettler-Toledo standard interface command set (9600 baud, lines end `\r\n`).

`S` waits for a stable weight and gives up with `S I`; `SI` answers at once, `S S` stable or `S D` dynamic: on
a unit that vibrates only `SI` gives a number. Source: MT-SICS reference manual, level 0 and 1.
Unverified (?): the time `S` waits (3 s here), the identity strings.
"""

import re
from collections.abc import Callable

from rig.twin.instruments.serial import SerialSession
from rig.twin.instruments.terminals import Send
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

_CAPACITY_G = 8200.0
_RESOLUTION_G = 0.01
_STILL_NOISE_G, _VIBRATING_NOISE_G = 0.006, 4.0
_PROCESSING_NS = 20_000_000
_CONVERSION_NS = 100_000_000
_STABILITY_TRIES = 30
_SERIAL_NUMBER = "B021 002593"  # texts have blanks in them
_NOISE_SIGMAS = 5.0
_GRAMS = {"g": 1.0, "kg": 1000.0}
_WEIGHT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?) +(g|kg)", re.ASCII)
_COMMAND = re.compile(r"[A-Z@][A-Z0-9]*$")


class MtSics:
    """The scale under the nest: `grams` is the load on it, `vibrating` says whether it can settle."""

    def __init__(
        self, kernel: Kernel, noise: Noise, *, grams: Callable[[], float], vibrating: Callable[[], bool]
    ) -> None:
        self.kernel = kernel
        self._noise = noise
        self._grams = grams
        self._vibrating = vibrating
        self._zero_g = 0.0
        self._tare_g = 0.0

    def connect(self, send: Send) -> "ScaleSession":
        """Open the port."""
        return ScaleSession(self, send)

    def reset_power(self) -> None:
        """Zero and tare as after power-on (here: the platform was empty at power-on)."""
        self._zero_g = self._tare_g = 0.0

    @property
    def stable(self) -> bool:
        """Whether the weight stands still."""
        return not self._vibrating()

    @property
    def _spread_g(self) -> float:
        return _STILL_NOISE_G if self.stable else _VIBRATING_NOISE_G

    def gross_g(self) -> float:
        """One conversion, in grams above zero."""
        return self._grams() + self._spread_g * self._noise.normal() - self._zero_g

    def weigh(self, command: str) -> str:
        """Format the present weight: `S S     312.45 g`, or `S +` and `S -` outside the weighing range."""
        gross = self.gross_g()
        if gross > _CAPACITY_G:
            return f"{command} +"
        if gross < -0.02 * _CAPACITY_G:
            return f"{command} -"
        return _format_weight(command, "S" if self.stable else "D", gross - self._tare_g)

    def zero(self, command: str) -> str:
        """Take the present load as zero, within 2 % of the capacity around the zero of power-on."""
        offset = self.gross_g() + self._zero_g
        if abs(offset) > 0.02 * _CAPACITY_G:
            return f"{command} {'+' if offset > 0 else '-'}"
        self._zero_g, self._tare_g = offset, 0.0
        return f"{command} A" if command == "Z" else f"{command} {'S' if self.stable else 'D'}"

    def tare(self, command: str) -> str:
        """Take the present load as tare; an empty platform's noise is no load, whatever its sign."""
        gross = self.gross_g()
        if not -_NOISE_SIGMAS * self._spread_g <= gross <= _CAPACITY_G:
            return f"{command} {'+' if gross > 0 else '-'}"
        self._tare_g = max(0.0, gross)
        return _format_weight(command, "S" if self.stable else "D", self._tare_g)

    def preset_tare(self, parameters: str) -> str:
        """Take a weight as tare (`TA 12.50 g`): what is in the memory is answered."""
        found = _WEIGHT.fullmatch(parameters.strip())
        if found is None or float(found[1]) * _GRAMS[found[2]] > _CAPACITY_G:
            return "TA L"
        self._tare_g = float(found[1]) * _GRAMS[found[2]]
        return self.tare_value()

    def tare_value(self) -> str:
        """Answer `TA`: the tare in the memory, 0 where nothing was tared."""
        return _format_weight("TA", "A", self._tare_g)

    def clear_tare(self) -> str:
        """Answer `TAC`."""
        self._tare_g = 0.0
        return "TAC A"

    def reset(self) -> str:
        """Answer `@`: as after power-on, but the zero stays."""
        self._tare_g = 0.0
        return f'I4 A "{_SERIAL_NUMBER}"'


class ScaleSession(SerialSession):
    """Reads command lines; commands that wait for a stable weight are dropped by `@`."""

    def __init__(self, scale: MtSics, send: Send, baud: int = 9600) -> None:
        super().__init__(scale.kernel, send, baud)
        self._scale = scale
        self._input = bytearray()
        self._generation = 0
        self._at_once: dict[str, Callable[[], str]] = {
            "SI": lambda: scale.weigh("S"),
            "ZI": lambda: scale.zero("ZI"),
            "TI": lambda: scale.tare("TI"),
            "TA": scale.tare_value,
            "TAC": scale.clear_tare,
            "I0": _command_list,
            "I1": lambda: 'I1 A "01" "2.30" "2.20" "" ""',
            "I2": lambda: f'I2 A "Platform Standard {_CAPACITY_G:.2f} g"',
            "I3": lambda: 'I3 A "2.10 10.28.0.493.142"',
            "I4": lambda: f'I4 A "{_SERIAL_NUMBER}"',
        }
        self._when_stable: dict[str, Callable[[], str]] = {
            "S": lambda: scale.weigh("S"),
            "Z": lambda: scale.zero("Z"),
            "T": lambda: scale.tare("T"),
        }

    def receive(self, data: bytes) -> None:
        """Take bytes; each line feed ends a command."""
        self._input += data
        while (end := self._input.find(b"\n")) >= 0:
            line = self._input[:end].decode("latin-1").rstrip("\r")
            del self._input[: end + 1]
            self._execute(line)
        if len(self._input) > 200:
            self._input.clear()
            self._answer("ET")

    def _execute(self, line: str) -> None:
        if not line:
            return
        name, _, parameters = line.partition(" ")
        known = name in self._at_once or name in self._when_stable or name in ("@", "SIR")
        if not known or _COMMAND.match(name) is None:
            self._answer("ES")
        elif parameters and name == "TA":
            self._kernel_after(_CONVERSION_NS, lambda: self._answer(self._scale.preset_tare(parameters)))
        elif parameters:
            self._answer("EL")
        elif name == "@":
            self._generation += 1
            self._answer(self._scale.reset())
        elif name == "SIR":
            self._generation += 1
            self._repeat(self._generation)
        elif name in self._at_once:
            self._generation += name == "SI"
            self._kernel_after(_CONVERSION_NS, lambda: self._answer(self._at_once[name]()))
        else:
            self._generation += 1
            self._await_stable(name, self._generation, _STABILITY_TRIES)

    def _await_stable(self, name: str, generation: int, tries: int) -> None:
        """Answer once the weight is stable; give up after some time: `S I`."""
        if generation != self._generation or not self.is_open:
            return
        if tries == 0:
            self._answer(f"{name} I")
        elif self._scale.stable and tries < _STABILITY_TRIES:
            self._answer(self._when_stable[name]())
        else:
            self._kernel_after(_CONVERSION_NS, lambda: self._await_stable(name, generation, tries - 1))

    def _repeat(self, generation: int) -> None:
        """Send a weight at each conversion until another command stops it."""
        if generation == self._generation and self.is_open:
            self._answer(self._scale.weigh("S"))
            self._kernel_after(2 * _CONVERSION_NS, lambda: self._repeat(generation))

    def _kernel_after(self, delay_ns: int, action: Callable[[], None]) -> None:
        self._scale.kernel.after(delay_ns, action)

    def _answer(self, text: str) -> None:
        self.transmit(f"{text}\r\n".encode(), _PROCESSING_NS)


def _format_weight(command: str, status: str, grams: float) -> str:
    rounded = round(grams / _RESOLUTION_G) * _RESOLUTION_G + 0.0
    return f"{command} {status} {rounded:10.2f} g"


def _command_list() -> str:
    level_0 = ("I0", "I1", "I2", "I3", "I4", "S", "SI", "SIR", "Z", "ZI", "@")
    level_1 = ("T", "TI", "TA", "TAC")
    lines = [*(("0", name) for name in level_0), *(("1", name) for name in level_1)]
    last = len(lines) - 1
    return "\r\n".join(
        f'I0 {"A" if place == last else "B"} {level} "{name}"' for place, (level, name) in enumerate(lines)
    )
