"""A run's end of the guard: its lease, and the guarded devices under the names of their drivers."""

import json
import os
import select
from collections.abc import Mapping, Sequence
from typing import Any, cast

import rig.errors
from drivers.correction import Correction
from rig.bench.guard.leases import Budget
from rig.bench.guard.place import Contact
from rig.clock import Clock
from rig.doorstep import enter
from rig.errors import BenchError, InstrumentFault, LeaseLost, RigError
from rig.lines import CHUNK_BYTES, LineBuffer

GUARD = "guard"  # its name among the participants in bench time
REPLY_WALL_SECONDS = 15.0  # the longest honest answer, a proof of the watchdog, takes half of that


class GuardLine:
    """The connection that a lease hangs on: when it ends, the energy ends."""

    def __init__(self, contact: Contact, clock: Clock, who: str) -> None:
        """Connect and show the token; `who` is for whoever is refused meanwhile.

        Raises LeaseLost when the guard isn't there or hangs up.
        """
        self._clock = clock
        self._contact = contact
        self._received = LineBuffer()
        self._tickets = 0
        self._who = who
        self._name = f"{who} {os.getpid()}"
        self._ended: str | None = None
        self.blames: tuple[str, ...] = ()  # the devices whose trouble ended the lease
        self.energised = False
        try:
            self._socket, _ = enter("127.0.0.1", contact.port, contact.token, REPLY_WALL_SECONDS)
        except OSError as error:
            raise LeaseLost(f"guard: not reached ({error}); try again, it is started anew") from error

    @property
    def pid(self) -> int:
        """The guard's process id."""
        return self._contact.pid

    def acquire(self, resources: Sequence[str], data: str, envelopes: Mapping[str, Mapping[str, float]]) -> None:
        """Take the lease on all of these; `envelopes` is the most that the product lets each supply give.

        Raises BenchError naming who holds one of the resources.
        """
        self.ask("acquire", who=self._who, resources=resources, data=data, envelopes=envelopes)

    def ask(self, operation: str, **arguments: object) -> Any:
        """Have something done and return its answer; raises what the guard answered, or LeaseLost."""
        self._tickets += 1
        ticket = f"{self._name} {self._tickets}"
        self._send({"op": operation, "ticket": ticket, **arguments})
        self._clock.hand_over(GUARD, ticket)
        return self._reply(operation)

    def beat(self) -> None:
        """Tell that the run goes on; costs no bench time and no answer."""
        self._send({"op": "beat"})

    def require_lease(self) -> None:
        """Raise LeaseLost once the guard has gone, or told that the lease has ended; asks nothing, takes no time."""
        while self._ended is None and select.select([self._socket], [], [], 0.0)[0]:
            self._receive("a look at the lease")
            self._take()
        if self._ended is not None:
            raise LeaseLost(f"the guard took the energy away: {self._ended}", self.blames)

    def close(self) -> None:
        """Hang up: what is still on goes off."""
        self._socket.close()

    def _send(self, request: Mapping[str, object]) -> None:
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise LeaseLost(f"guard: gone ({error}); the watchdog relay takes the energy away") from error

    def _reply(self, operation: str) -> Any:
        while (answer := self._take()) is None:
            self._receive(operation)
        if "error" in answer:
            raise _error(str(answer["error"]), str(answer["message"]), answer["blames"])
        return answer["value"]

    def _receive(self, operation: str) -> None:
        try:
            chunk = self._socket.recv(CHUNK_BYTES)
        except OSError as error:
            raise LeaseLost(f"guard: no answer to {operation} ({error}); the watchdog relay takes over") from error
        if not chunk:
            raise LeaseLost("guard: it has gone; the watchdog relay takes the energy away")
        self._received.add(chunk)

    def _take(self) -> dict[str, Any] | None:
        """The next answer that has arrived, if any; that the lease has ended comes unasked, and is remembered."""
        while (text := self._received.take()) is not None:
            answer = cast("dict[str, Any]", json.loads(text))
            if "ended" not in answer:
                return answer
            self._ended, self.blames = str(answer["ended"]), tuple(answer["blames"])
        return None


def _error(kind: str, message: str, blames: Sequence[str]) -> RigError:
    """The error that the guard raised, as its own kind where we know it, with what it blames."""
    found = getattr(rig.errors, kind, BenchError)
    if isinstance(found, type) and issubclass(found, RigError) and not issubclass(found, BenchError):
        return found(message)
    return (found if isinstance(found, type) and issubclass(found, BenchError) else BenchError)(message, blames)


class GuardedSupply:
    """A supply in the guard's hands; it feeds only while a lease holds, within a budget."""

    role = ""

    def __init__(self, line: GuardLine, volts: Correction, amperes: Correction) -> None:
        """The corrections are what its certificate says."""
        self._line = line
        self._volts = volts
        self._amperes = amperes

    def energise(self, budget: Budget) -> None:
        """Switch it on through the contactor, for at most that budget; raises InstrumentFault when it stays off."""
        self._line.energised = True  # until the bench is made safe: silence counts from now on
        self._line.ask("energise", source=self.role, max_seconds=budget.max_seconds, max_celsius=budget.max_celsius)

    def make_safe(self) -> None:
        """Switch it off and read that back; raises NotSafe."""
        self._line.ask("calm", source=self.role)

    def set(self, volts: float, current_limit_amperes: float) -> None:
        """Set voltage and current limit, without energising."""
        self._call("set", volts, current_limit_amperes)

    def _call(self, method: str, *arguments: object) -> Any:
        return self._line.ask("call", device=self.role, method=method, arguments=arguments)


class GuardedBattery(GuardedSupply):
    """The battery supply; see drivers/battery_2281s.py."""

    role = "battery"

    def power_mode(self) -> None:
        """Switch off and become a plain power supply."""
        self._call("power_mode")

    def simulator_mode(self) -> None:
        """Switch off and become a battery of fixed open-circuit voltage and internal resistance."""
        self._call("simulator_mode")

    def set_battery(self, empty_volts: float, full_volts: float) -> None:
        """Set the open-circuit voltages of the simulated battery, empty and full."""
        self._call("set_battery", empty_volts, full_volts)

    def set_internal_resistance(self, ohms: float) -> None:
        """Set the simulated internal resistance."""
        self._call("set_internal_resistance", ohms)

    def measure(self) -> tuple[float, float]:
        """Take a fresh reading: volts at the terminals and amperes out of them."""
        volts, amperes = self._call("measure")
        return self._volts.applied(float(volts)), self._amperes.applied(float(amperes))

    def recent_volts(self) -> list[float]:
        """Volts at the terminals as it has read them by itself, at most the last hundred, ten a second."""
        return [self._volts.applied(float(volts)) for volts in self._call("recent_volts")]


class GuardedCharger(GuardedSupply):
    """The charger rail; see drivers/charger_e36312a.py."""

    role = "charger"

    def measured_volts(self) -> float:
        """Read the voltage at the terminals."""
        return self._volts.applied(float(self._call("measured_volts")))

    def measured_amperes(self) -> float:
        """Read the current out of the terminals."""
        return self._amperes.applied(float(self._call("measured_amperes")))


class GuardedRelays:
    """A relay board in the guard's hands; see drivers/k8090.py."""

    def __init__(self, line: GuardLine, role: str, clock: Clock, prompt_seconds: float) -> None:
        """A switching must be told by the board within `prompt_seconds`, whoever held it up."""
        self._line = line
        self._role = role
        self._clock = clock
        self._prompt_seconds = prompt_seconds

    def set(self, *relays: int) -> None:
        """Switch these relays on; raises InstrumentFault when one didn't, or was late."""
        self._switch("set", relays)

    def clear(self, *relays: int) -> None:
        """Switch these relays off; raises InstrumentFault when one didn't, or was late."""
        self._switch("clear", relays)

    def _switch(self, method: str, relays: Sequence[int]) -> None:
        asked = self._clock.now()
        ago = float(self._line.ask("call", device=self._role, method=method, arguments=relays))
        if (took := self._clock.now() - ago - asked) > self._prompt_seconds:
            raise InstrumentFault(
                f"{self._role}: relays {', '.join(map(str, relays))} were confirmed after {took:.3f} s, later than "
                f"{self._prompt_seconds:g} s: what is measured from that moment can't be trusted; test again",
                [self._role],
            )


class GuardedLogger:
    """The temperature logger in the guard's hands; see drivers/daq6510.py. Its channels are configured already."""

    def __init__(self, line: GuardLine, corrections: Mapping[int, Correction]) -> None:
        """The corrections are those of its thermocouples, by channel."""
        self._line = line
        self._corrections = corrections

    def read(self, channel: int) -> float:
        """Take one reading, degrees Celsius or volts; raises InstrumentFault on an open wire."""
        return self._corrected(
            channel, self._line.ask("call", device="temperature", method="read", arguments=[channel])
        )

    def read_many(self, channels: Sequence[int]) -> dict[int, float]:
        """Scan channels once; raises InstrumentFault when one has no reading."""
        found = cast(
            "dict[str, float]",
            self._line.ask("call", device="temperature", method="read_many", arguments=[list(channels)]),
        )
        return {int(channel): self._corrected(int(channel), value) for channel, value in found.items()}

    def _corrected(self, channel: int, value: float) -> float:
        correction = self._corrections.get(channel)
        return float(value) if correction is None else correction.applied(float(value))
