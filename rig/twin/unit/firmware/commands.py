"""The command table of the debug port (vs1.md section 5): words, arguments, who may, what happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rig.twin.unit.eeprom import KEYS
from rig.twin.unit.firmware import operation
from rig.twin.unit.firmware.controller import Controller
from rig.twin.unit.firmware.request import (
    Answer,
    Deferred,
    Refusal,
    Spec,
    Value,
    anything,
    hexadecimal,
    integer,
    number,
    word,
)
from rig.twin.unit.firmware.sense import CHANNELS
from rig.twin.unit.firmware.service import Service
from rig.twin.unit.nominal import HEATS, NOMINAL, PROGRAMS

TEST_MOST_MS = 20000.0
LOG_MOST = 63.0


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `check` finds RANGE and ARGS that depend on the unit, before LOCKED."""

    act: Callable[..., Answer | Deferred]
    specs: tuple[Spec, ...] = ()
    test: bool = False
    check: Callable[..., None] | None = None


class Port:
    """What commands need of the port itself."""

    def tele(self, hz: Value) -> Answer:
        """TELE <hz>."""
        raise Refusal("UNKNOWN")

    def human(self, on: Value) -> Answer:
        """HUMAN ON."""
        raise Refusal("UNKNOWN")

    def button(self, number: Value, milliseconds: Value) -> Answer:
        """BTN <n> <ms>."""
        raise Refusal("UNKNOWN")


def table(unit: Controller, port: Port) -> Mapping[str, Command]:
    """All commands of one boot by their words."""
    service = Service(unit)
    milliseconds = integer(1, TEST_MOST_MS)
    key = word(*KEYS)

    def of(act: Callable[..., Answer]) -> Callable[..., Answer]:
        def bound(*values: Any) -> Answer:
            return act(unit, *values)

        return bound

    def reset(reason: str) -> Callable[..., Answer]:
        return lambda: service.restart(reason)

    return {
        "ID?": Command(of(operation.identity)),
        "STAT?": Command(of(operation.status)),
        "READ?": Command(of(operation.read)),
        "TELE": Command(port.tele, (number(0, 20),)),
        "HUMAN": Command(port.human, (word("ON"),)),
        "LVL": Command(of(operation.level), (integer(0, 5),)),
        "HEAT": Command(of(operation.heat), (word(*HEATS),)),
        "PROG": Command(of(operation.program), (word(*PROGRAMS, "OFF"),)),
        "STOP": Command(of(operation.stop)),
        "FAULT?": Command(of(operation.faults)),
        "FAULT CLEAR": Command(of(operation.clear)),
        "LOG?": Command(of(operation.log), (integer(0, LOG_MOST),)),
        "LOG ERASE": Command(service.erase_log, test=True),
        "EE?": Command(service.get, (key,)),
        "EE COMMIT": Command(service.commit, test=True),
        "EE": Command(service.put, (key, anything()), test=True, check=service.check_value),
        "TEST?": Command(service.challenge),
        "TEST UNLOCK": Command(service.unlock, (hexadecimal(8),)),
        "TEST EXIT": Command(service.leave, test=True),
        "TEST DUTY": Command(
            service.duty, (word("M", "H"), number(0, 1), milliseconds), test=True, check=service.check_duty
        ),
        "TEST ADC": Command(service.adc, (word(*CHANNELS), integer(0, NOMINAL.adc_full), milliseconds), test=True),
        "TEST MASK": Command(service.mask, (word("F01", "F05", "BOTH"), milliseconds), test=True),
        "TEST TIMERX": Command(service.timerx, (number(1, 600),), test=True),
        "TEST COAST?": Command(service.coast, test=True),
        "TEST TACH": Command(service.tach, (word("ON", "OFF"),), test=True),
        "TEST CLOCK": Command(service.second_clock, (number(-50, 50),), test=True),
        "TEST CORRUPT": Command(service.corrupt, (word("EE", "ROM", "RAM"),), test=True),
        "TEST WDT": Command(reset("WDT"), test=True),
        "TEST BROWN": Command(reset("BROWN"), test=True),
        "RESET": Command(reset("RESET")),
        "SLEEP": Command(reset("SLEEP")),
        "SHIP": Command(reset("SHIP")),
        "BTN": Command(port.button, (integer(1, 3), milliseconds), test=True),
    }


def carry_out(commands: Mapping[str, Command], unit: Controller, words: list[str]) -> Answer | Deferred:
    """Run one request's words; raises Refusal with the first error that applies."""
    head = words[0] if words else ""
    pair = " ".join(words[:2])
    command, rest = (commands.get(pair), words[2:]) if len(words) > 1 else (None, [])
    if command is None:
        command, rest = commands.get(head), words[1:]
    if command is None:
        raise Refusal("UNKNOWN")
    if len(rest) != len(command.specs):
        raise Refusal("ARGS")
    values = [spec.read(text) for spec, text in zip(command.specs, rest, strict=True)]
    if not all(spec.inside(value) for spec, value in zip(command.specs, values, strict=True)):
        raise Refusal("RANGE")
    if command.check is not None:
        command.check(*values)
    if command.test and not unit.test.unlocked:
        raise Refusal("LOCKED")
    return command.act(*values)
