"""The common core of every SCPI instrument: common commands, event queue, status byte, pending operations.

Source: IEEE 488.2-1992, SCPI-1999.
"""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from rig.twin.instruments.exchange import Later, MessageExchange
from rig.twin.instruments.parameters import ERROR_TEXTS, Integer, Parameter, ScpiError
from rig.twin.instruments.scpi import Command, command
from rig.twin.instruments.status import StatusRegister, event_class
from rig.twin.kernel import Kernel

_OPERATION_COMPLETE, _POWER_ON = 0x01, 0x80
_REGISTER_COMMANDS = (
    ("ENABle", "enable"),
    ("PTRansition", "positive_transition"),
    ("NTRansition", "negative_transition"),
)


def plain(value: object) -> str:
    """Write a setting as the instrument answers it."""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _replace(kept: list[object], value: object) -> None:
    kept[0] = value


class Ieee488Instrument(MessageExchange):
    """An instrument with the common commands; its class declares the rest with `@command`."""

    identity = ""
    queue_capacity = 20

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self.questionable = StatusRegister()
        self.operation = StatusRegister()
        self._events: deque[tuple[int, str, int]] = deque()
        self._operations: set[object] = set()
        self._on_idle: list[Callable[[], None]] = []
        self._event_status = _POWER_ON
        self._event_enable = 0
        self._service_enable = 0
        self.add_register("STATus:QUEStionable", self.questionable)
        self.add_register("STATus:OPERation", self.operation)

    def keep(self, header: str, parameter: Parameter, default: object) -> None:
        """Declare a setting that is kept and answered but has no effect on the bench."""
        kept = [default]
        self.commands.add(Command(header, (parameter,), partial(_replace, kept)))
        self.commands.add(Command(f"{header}?", (), lambda: plain(kept[0])))

    def reset_power(self) -> None:
        """Be as after power-on: reset, registers and queues empty, power-on bit set."""
        self.drop_messages()
        self._events.clear()
        self._event_status, self._event_enable, self._service_enable = _POWER_ON, 0, 0
        for register in self.registers():
            register.preset()
            register.clear()
        self._reset()

    def begin_operation(self) -> object:
        """Start an overlapped operation; `*OPC`, `*OPC?` and `*WAI` wait for its end."""
        operation = object()
        self._operations.add(operation)
        return operation

    def end_operation(self, operation: object) -> None:
        """End it; those who wait go on."""
        self._operations.discard(operation)
        if not self._operations:
            waiting, self._on_idle = self._on_idle, []
            for action in waiting:
                action()

    def when_idle(self, action: Callable[[], None]) -> None:
        """Run an action once no operation is pending."""
        if self._operations:
            self._on_idle.append(action)
        else:
            action()

    def post(self, number: int, text: str | None = None) -> None:
        """Queue an event and set its class in the event status register; a full queue ends with -350."""
        self._event_status |= event_class(number)
        if len(self._events) >= self.queue_capacity:
            self._events[-1] = (-350, ERROR_TEXTS[-350], self.kernel.now_ns)
        else:
            self._events.append((number, text or ERROR_TEXTS.get(number, ""), self.kernel.now_ns))

    def format_event(self, number: int, text: str, time_ns: int) -> str:
        """How this maker writes an event."""
        return f'{number},"{text}"'

    def registers(self) -> Iterable[StatusRegister]:
        """All registers that *CLS clears and STATus:PRESet presets."""
        return (self.questionable, self.operation)

    @property
    def status_byte(self) -> int:
        """The status byte with the master summary."""
        status = (0x04 if self._events else 0) | (0x10 if self.has_output else 0)
        status |= 0x20 if self._event_status & self._event_enable else 0
        status |= (0x08 if self.questionable.summary else 0) | (0x80 if self.operation.summary else 0)
        return status | (0x40 if status & self._service_enable & ~0x40 else 0)

    def clear_events(self) -> None:
        """Empty the event queue."""
        self._events.clear()

    def _reset(self) -> None:
        """Forget *OPC and what is under way; subclasses add their settings."""
        self._on_idle = []
        self._operations.clear()

    @command("*IDN?")
    def _identity(self) -> str:
        return self.identity

    @command("*OPT?")
    def _options(self) -> str:
        return "0"

    @command("*RST")
    def _reset_command(self) -> None:
        self._reset()

    @command("*CLS")
    def _clear_status(self) -> None:
        self._events.clear()
        self._event_status = 0
        self._on_idle = []
        for register in self.registers():
            register.clear()

    @command("*ESR?")
    def _event_status_query(self) -> str:
        status, self._event_status = self._event_status, 0
        return str(status)

    @command("*ESE", Integer(0, 255))
    def _event_enable_command(self, mask: int) -> None:
        self._event_enable = mask

    @command("*ESE?")
    def _event_enable_query(self) -> str:
        return str(self._event_enable)

    @command("*SRE", Integer(0, 255))
    def _service_enable_command(self, mask: int) -> None:
        self._service_enable = mask & ~0x40

    @command("*SRE?")
    def _service_enable_query(self) -> str:
        return str(self._service_enable)

    @command("*STB?")
    def _status_byte_query(self) -> str:
        return str(self.status_byte)

    @command("*TST?")
    def _self_test(self) -> str:
        return "0"

    @command("*OPC")
    def _operation_complete(self) -> None:
        def complete() -> None:
            self._event_status |= _OPERATION_COMPLETE

        self.when_idle(complete)

    @command("*OPC?")
    def _operation_complete_query(self) -> Later:
        later = Later()
        self.when_idle(lambda: later.finish("1"))
        return later

    @command("*WAI")
    def _wait(self) -> Later:
        later = Later()
        self.when_idle(later.finish)
        return later

    @command("*TRG")
    def _trigger(self) -> None:
        raise ScpiError(-211)

    @command("SYSTem:ERRor[:NEXT]?")
    def _next_error(self) -> str:
        return self.format_event(*(self._events.popleft() if self._events else (0, ERROR_TEXTS[0], 0)))

    @command("SYSTem:ERRor:COUNt?")
    def _error_count(self) -> str:
        return str(len(self._events))

    def add_register(self, path: str, register: StatusRegister) -> None:
        """Declare the commands of a status register: event, condition, enable, transition filters."""

        def writes(name: str) -> Callable[[int], None]:
            return lambda mask: setattr(register, name, mask)

        def reads(name: str) -> Callable[[], str]:
            return lambda: str(getattr(register, name))

        self.commands.add(Command(f"{path}[:EVENt]?", (), lambda: str(register.take_event())))
        self.commands.add(Command(f"{path}:CONDition?", (), reads("condition")))
        for header, name in _REGISTER_COMMANDS:
            self.commands.add(Command(f"{path}:{header}", (Integer(0, 65535),), writes(name)))
            self.commands.add(Command(f"{path}:{header}?", (), reads(name)))

    @command("SYSTem:VERSion?")
    def _version(self) -> str:
        return "1999.0"
