"""The trigger model's commands: INITiate, ABORt, TRIGger:BLOCk, TRIGger:LOAD, TRIGger:EXTernal.

Source: DMM6500 reference manual, published examples. TRIGger:BLOCk:MEASure and :DIGitize are older names of
:MDIGitize. A pulse has both edges, so TRIGger:EXTernal:IN:EDGE has no effect here; TRIGger:LOAD knows the
templates Empty and SimpleLoop; an infinite count is refused.
"""

from collections.abc import Iterable

from rig.twin.instruments.ieee488 import plain
from rig.twin.instruments.keithley import Done, KeithleyReadings
from rig.twin.instruments.keithley_timer import TriggerTimer
from rig.twin.instruments.keithley_trace import DEFAULT_BUFFER
from rig.twin.instruments.keithley_trigger import (
    MOST_BLOCKS,
    Acquire,
    BranchAlways,
    BranchCounter,
    Cancel,
    ClearBuffer,
    Delay,
    Nothing,
    Notify,
    TriggerHost,
    TriggerModel,
    Wait,
)
from rig.twin.instruments.parameters import Anything, Boolean, Choice, Integer, Number, ScpiError, Text, Word
from rig.twin.instruments.scpi import command
from rig.twin.instruments.terminals import TriggerLine
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

_BLOCK = Integer(1, MOST_BLOCKS)


def read_event(word: str) -> str:
    """Return the short name of a trigger event: EXT, COMM, DISP, NOT1..NOT8, TIM1..TIM4, NONE."""
    short = {f"NOT{place}": f"NOT{place}" for place in range(1, 9)}
    short |= {f"NOTIFY{place}": f"NOT{place}" for place in range(1, 9)}
    short |= {"EXT": "EXT", "EXTERNAL": "EXT", "COMM": "COMM", "COMMAND": "COMM", "NONE": "NONE"}
    short |= {"DISP": "DISP", "DISPLAY": "DISP"}
    short |= {f"TIM{place}": f"TIM{place}" for place in range(1, 5)}
    short |= {f"TIMER{place}": f"TIM{place}" for place in range(1, 5)}
    if word not in short:
        raise ScpiError(-224)
    return short[word]


class KeithleyTriggered(KeithleyReadings, TriggerHost):
    """A meter with a trigger model and its trigger cables."""

    def __init__(
        self,
        kernel: Kernel,
        noise: Noise,
        *,
        model: str,
        serial: str,
        channels: Iterable[int],
        gain_error: float = 0.0,
        trigger_in: TriggerLine | None = None,
        trigger_out: TriggerLine | None = None,
    ) -> None:
        super().__init__(kernel, noise, model=model, serial=serial, gain_error=gain_error, channels=channels)
        self._trigger_out = trigger_out
        self._out_stimulus = "NONE"
        self.trigger = TriggerModel(kernel, self)
        self.timers = [
            TriggerTimer(kernel, lambda name=f"TIM{place}": self._raise_event(name)) for place in range(1, 5)
        ]
        if trigger_in is not None:
            trigger_in.listen(lambda: self._happened("EXT"))
        self.keep("TRIGger:EXTernal:IN:EDGE", Choice("FALLing", "RISing", "EITHer"), "FALL")
        self.keep("TRIGger:EXTernal:OUT:LOGic", Choice("POSitive", "NEGative"), "NEG")
        self.keep("TRIGger:CONTinuous", Choice("OFF", "AUTO", "RESTart"), "AUTO")

    def _reset(self) -> None:
        self.trigger.abort()
        super()._reset()
        self.trigger.load()
        self._out_stimulus = "NONE"
        for timer in self.timers:
            timer.set_up()

    def check_idle(self) -> None:
        """Raise -213 while the trigger model has the converter."""
        if self.trigger.running:
            raise ScpiError(-213)

    # -- what the trigger model asks -------------------------------------------------------------------

    def clear_buffer(self, name: str) -> None:
        """Empty a reading buffer."""
        if name in self.buffers:
            self.buffers[name].clear()

    def acquire(self, name: str, count: int | None, done: Done) -> Cancel:
        """Take readings into a buffer, then call back; None means the count set by SENSe."""
        if count is None:
            count = self.digitize_count if self.digitizing else self.measure_count
        return self.take(name if name in self.buffers else None, count, done)

    def notify(self, number: int) -> None:
        """Raise the notify event: EXT OUT may be listening for it."""
        if self._out_stimulus == f"NOT{number}" and self._trigger_out is not None:
            self._trigger_out.pulse()
        self._happened(f"NOT{number}")

    def _happened(self, name: str) -> None:
        for timer in self.timers:
            timer.event(name)
        self.trigger.event(name)

    # -- trigger model commands ------------------------------------------------------------------------

    @command("INITiate[:IMMediate]")
    def _initiate(self) -> None:
        operation = self.begin_operation()
        try:
            self.trigger.initiate(lambda: self.end_operation(operation))
        except ScpiError:
            self.end_operation(operation)
            raise

    @command("ABORt")
    def _abort(self) -> None:
        self.trigger.abort()

    @command("*TRG")
    def _trigger_command(self) -> None:
        self._raise_event("COMM")

    def _raise_event(self, name: str) -> None:
        if self._out_stimulus == name and self._trigger_out is not None:
            self._trigger_out.pulse()
        self._happened(name)

    @command("TRIGger:STATe?")
    def _trigger_state(self) -> str:
        return self.trigger.state

    @command("TRIGger:LOAD", Text(), Anything(optional=True))
    def _load(self, template: str, arguments: tuple[str, ...]) -> None:
        self.check_idle()
        match template.upper(), arguments:
            case "EMPTY", ():
                self.trigger.load()
            case "SIMPLELOOP", (count, *rest):
                delay = Number(0.0, 1e4).read(rest[0]) if rest else 0.0
                name = Text().read(rest[1]) if len(rest) > 1 else DEFAULT_BUFFER
                loops = Integer(1, 2**31).read(count)
                blocks = ClearBuffer(name), Delay(delay), Acquire(name, 1), BranchCounter(loops, 2)
                self.trigger.load(*blocks)
            case _:
                raise ScpiError(-224)

    @command("TRIGger:BLOCk:BUFFer:CLEar", _BLOCK, Text(optional=True))
    def _block_clear(self, block: int, name: str | None) -> None:
        self.buffer(name)
        self.trigger.define(block, ClearBuffer(name or DEFAULT_BUFFER))

    @command("TRIGger:BLOCk:MDIGitize", _BLOCK, Text(optional=True), Word(optional=True))
    @command("TRIGger:BLOCk:MEASure", _BLOCK, Text(optional=True), Word(optional=True))
    @command("TRIGger:BLOCk:DIGitize", _BLOCK, Text(optional=True), Word(optional=True))
    def _block_acquire(self, block: int, name: str | None, count: str | None) -> None:
        self.buffer(name)
        readings = None if count == "AUTO" else Integer(1, 11_000_000).read(count or "1")
        self.trigger.define(block, Acquire(name or DEFAULT_BUFFER, readings))

    @command("TRIGger:BLOCk:NOTify", _BLOCK, Integer(1, 8))
    def _block_notify(self, block: int, number: int) -> None:
        self.trigger.define(block, Notify(number))

    @command("TRIGger:BLOCk:WAIT", _BLOCK, Word(), Anything(optional=True))
    def _block_wait(self, block: int, event: str, rest: tuple[str, ...]) -> None:
        clear = Choice("ENTer", "NEVer").read(rest[0]) == "ENT" if rest else False
        every = Choice("AND", "OR").read(rest[1]) == "AND" if len(rest) > 1 else False
        events = (read_event(event), *(read_event(word.upper()) for word in rest[2:]))
        self.trigger.define(block, Wait(events, clear, every))

    @command("TRIGger:BLOCk:DELay:CONStant", _BLOCK, Number(0.0, 10_000.0, 0.0, "S"))
    def _block_delay(self, block: int, seconds: float) -> None:
        self.trigger.define(block, Delay(seconds))

    @command("TRIGger:BLOCk:BRANch:COUNter", _BLOCK, Integer(1, 2**31 - 1), _BLOCK)
    def _block_branch_counter(self, block: int, count: int, target: int) -> None:
        self.trigger.define(block, BranchCounter(count, target))

    @command("TRIGger:BLOCk:BRANch:ALWays", _BLOCK, _BLOCK)
    def _block_branch_always(self, block: int, target: int) -> None:
        self.trigger.define(block, BranchAlways(target))

    @command("TRIGger:BLOCk:NOP", _BLOCK)
    def _block_nothing(self, block: int) -> None:
        self.trigger.define(block, Nothing())

    @command("TRIGger:EXTernal:OUT:STIMulus", Word())
    def _stimulus(self, event: str) -> None:
        self._out_stimulus = read_event(event)

    @command("TRIGger:EXTernal:OUT:STIMulus?")
    def _stimulus_query(self) -> str:
        return self._out_stimulus

    @command("TRIGger:EXTernal:OUT:ASSert")
    def _assert_out(self) -> None:
        if self._trigger_out is not None:
            self._trigger_out.pulse()

    @command("TRIGger:EXTernal:IN:CLEar")
    def _clear_in(self) -> None:
        self.trigger.forget("EXT")

    # -- trigger timers --------------------------------------------------------------------------------

    def _timer(self, number: int) -> TriggerTimer:
        if not 1 <= number <= len(self.timers):
            raise ScpiError(-222)
        return self.timers[number - 1]

    @command("TRIGger:TIMer<n>:DELay", Number(8e-6, 100_000.0, 10e-6, "S"))
    def _timer_delay(self, number: int, seconds: float) -> None:
        self._timer(number).seconds = seconds

    @command("TRIGger:TIMer<n>:DELay?")
    def _timer_delay_query(self, number: int) -> str:
        return plain(self._timer(number).seconds)

    @command("TRIGger:TIMer<n>:COUNt", Integer(0, 1_048_575, 1))
    def _timer_count(self, number: int, count: int) -> None:
        self._timer(number).count = count

    @command("TRIGger:TIMer<n>:COUNt?")
    def _timer_count_query(self, number: int) -> str:
        return str(self._timer(number).count)

    @command("TRIGger:TIMer<n>:STARt:STIMulus", Word())
    def _timer_stimulus(self, number: int, event: str) -> None:
        self._timer(number).stimulus = read_event(event)

    @command("TRIGger:TIMer<n>:STARt:STIMulus?")
    def _timer_stimulus_query(self, number: int) -> str:
        return self._timer(number).stimulus

    @command("TRIGger:TIMer<n>:STARt:GENerate", Boolean())
    def _timer_generates(self, number: int, on: bool) -> None:
        self._timer(number).at_start = on

    @command("TRIGger:TIMer<n>:STARt:GENerate?")
    def _timer_generates_query(self, number: int) -> str:
        return plain(self._timer(number).at_start)

    @command("TRIGger:TIMer<n>:STATe", Boolean())
    def _timer_state(self, number: int, on: bool) -> None:
        self._timer(number).enable(on)

    @command("TRIGger:TIMer<n>:STATe?")
    def _timer_state_query(self, number: int) -> str:
        return plain(self._timer(number).enabled)

    @command("TRIGger:TIMer<n>:CLEar")
    def _timer_clear(self, number: int) -> None:
        self._timer(number)
        self.trigger.forget(f"TIM{number}")
