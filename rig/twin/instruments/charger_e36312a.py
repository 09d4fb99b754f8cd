"""Keysight E36312A triple-output supply: channel lists `(@n)` or INSTrument:NSELect.

Source: E36300 series programming guide; PyMeasure's KeysightE36312A. Unverified (?): the bits of
STATus:QUEStionable:INSTrument:ISUMmary<n> (1 CC, 2 CV, 512 OV, 1024 OC), what OUTPut ON does while a protection
is latched (nothing), the form of APPLy?, that OUTPut:DELay holds for a single output, too. After a protection was
cleared the output stays off. Outputs 2 and 3 can't be paired here (-221); remote sense is kept and has no effect.
"""

import math
from collections.abc import Callable, Iterable
from functools import partial

from rig.twin.instruments.exchange import Later
from rig.twin.instruments.ieee488 import Ieee488Instrument
from rig.twin.instruments.parameters import Boolean, Channels, Choice, Integer, Number, ScpiError, Text, Word
from rig.twin.instruments.scpi import Command, command
from rig.twin.instruments.source import Rating, SourceChannel
from rig.twin.instruments.status import StatusRegister
from rig.twin.instruments.terminals import SourceOutput
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

_RATINGS = (
    Rating(6.18, 5.15, 6.6, 5.0, 0.2e-3, 0.2e-3),
    Rating(25.75, 1.03, 27.5, 1.0, 0.8e-3, 0.1e-3),
    Rating(25.75, 1.03, 27.5, 1.0, 0.8e-3, 0.1e-3),
)
_OUTPUTS = (1, 2, 3)
_MEASURE_S = 0.02
_OUT_OF_RANGE = -222
_NAMES = {"CH1": 1, "P6V": 1, "CH2": 2, "P25V": 2, "CH3": 3, "N25V": 3}
_NAME = Choice(*_NAMES, optional=True)
_FASTEST = 9.9e37  # volts per second: as fast as the output can
_LIST = Channels(lambda: _OUTPUTS)

_Channels = tuple[int, ...] | None


class ChargerE36312A(Ieee488Instrument):
    """The triple supply; `outputs` are the circuits behind its three channels."""

    def __init__(
        self,
        kernel: Kernel,
        noise: Noise,
        *,
        outputs: tuple[SourceOutput, SourceOutput, SourceOutput],
        model_serial: str = "SIM00005",
    ) -> None:
        super().__init__(kernel)
        self.identity = f"Keysight Technologies,E36312A,{model_serial},2.1.0-1.0.4-1.12"
        self._sources = tuple(
            SourceChannel(kernel, noise, output, rating) for output, rating in zip(outputs, _RATINGS, strict=True)
        )
        self._selected = 1
        self._senses: dict[SourceChannel, str] = {}
        self._summaries = tuple(StatusRegister(partial(_condition, source)) for source in self._sources)
        for number, register in enumerate(self._summaries, 1):
            self.add_register(f"STATus:QUEStionable:INSTrument:ISUMmary{number}", register)
        for path, name in (("VOLTage", "volts"), ("CURRent", "amperes")):
            header = f"[SOURce:]{path}[:LEVel][:IMMediate][:AMPLitude]"
            self.commands.add(Command(header, (Word(), _LIST), partial(self._set_level, name)))
            limit = Choice("MINimum", "MAXimum", "DEFault", optional=True)
            self.commands.add(Command(f"{header}?", (limit, _LIST), partial(self._get_level, name)))
        slopes = ("rising_volts_per_second", "falling_volts_per_second")
        limits, slew = Number(0.0, 3600.0, 0.0, "S"), Number(1e-3, math.inf, math.inf)
        for header, parameter, names in (
            ("OUTPut[:STATe]:DELay:RISE", limits, ("rise_delay_s",)),
            ("OUTPut[:STATe]:DELay:FALL", limits, ("fall_delay_s",)),
            ("[SOURce:]VOLTage:SLEW[:IMMediate]", slew, slopes),
            ("[SOURce:]VOLTage:SLEW:RISing[:IMMediate]", slew, slopes[:1]),
            ("[SOURce:]VOLTage:SLEW:FALLing[:IMMediate]", slew, slopes[1:]),
        ):
            self.commands.add(Command(header, (parameter, _LIST), partial(self._set_each, names)))
            self.commands.add(Command(f"{header}?", (_LIST,), partial(self._get_each, names[0])))

    def format_event(self, number: int, text: str, time_ns: int) -> str:
        """Write an event with a signed number, in this maker's words."""
        text = "Data out of range" if number == _OUT_OF_RANGE else text
        return f'{number:+d},"{text}"'

    def registers(self) -> Iterable[StatusRegister]:
        """All registers that *CLS clears and STATus:PRESet presets."""
        return (*super().registers(), *self._summaries)

    def _reset(self) -> None:
        super()._reset()
        self._selected = 1
        self._senses.clear()
        for source in self._sources:
            source.set_up()

    def _each(self, channels: _Channels) -> list[SourceChannel]:
        return [self._sources[channel - 1] for channel in channels or (self._selected,)]

    def _set_each(self, names: Iterable[str], value: float, channels: _Channels) -> None:
        for source in self._each(channels):
            for name in names:
                setattr(source, name, value)

    def _get_each(self, name: str, channels: _Channels) -> str:
        return _list(min(_FASTEST, getattr(source, name)) for source in self._each(channels))

    def _set_level(self, name: str, text: str, channels: _Channels) -> None:
        sources = self._each(channels)
        values = [_level(source, name).read(text) for source in sources]
        for source, value in zip(sources, values, strict=True):
            setattr(source, name, value)
            source.apply()

    def _get_level(self, name: str, limit: str | None, channels: _Channels) -> str:
        if limit is not None:
            return _list(_level(source, name).read(limit) for source in self._each(channels))
        return _list(getattr(source, name) for source in self._each(channels))

    @command("INSTrument:NSELect", Integer(1, 3))
    def _select_number(self, channel: int) -> None:
        self._selected = channel

    @command("INSTrument:NSELect?")
    def _selected_number(self) -> str:
        return str(self._selected)

    @command("INSTrument[:SELect]", Choice(*_NAMES))
    def _select(self, name: str) -> None:
        self._selected = _NAMES[name]

    @command("INSTrument[:SELect]?")
    def _selected_name(self) -> str:
        return f"CH{self._selected}"

    @command("APPLy?", _NAME)
    def _applied(self, name: str | None) -> str:
        source = self._sources[_NAMES.get(name or "", self._selected) - 1]
        return _list((source.volts, source.amperes))

    @command("OUTPut:PAIR", Choice("OFF", "PARallel", "SERies"))
    def _pair(self, how: str) -> None:
        if how != "OFF":
            raise ScpiError(-221)

    @command("OUTPut:PAIR?")
    def _paired(self) -> str:
        return "OFF"

    @command("[SOURce:]VOLTage:SENSe[:SOURce]", Choice("INTernal", "EXTernal"), _LIST)
    def _sense(self, where: str, channels: _Channels) -> None:
        for source in self._each(channels):
            self._senses[source] = where

    @command("[SOURce:]VOLTage:SENSe[:SOURce]?", _LIST)
    def _sensed(self, channels: _Channels) -> str:
        return ",".join(self._senses.get(source, "INT") for source in self._each(channels))

    @command("APPLy", _NAME, Word(optional=True), Word(optional=True))
    def _apply(self, name: str | None, volts: str | None, amperes: str | None) -> None:
        if name is not None:
            self._select(name)
        if volts is not None:
            self._set_level("volts", volts, None)
        if amperes is not None:
            self._set_level("amperes", amperes, None)

    @command("OUTPut[:STATe]", Boolean(), _LIST)
    def _output(self, on: bool, channels: _Channels) -> None:
        for source in self._each(channels):
            source.switch_later(on)

    @command("OUTPut[:STATe]?", _LIST)
    def _output_query(self, channels: _Channels) -> str:
        return ",".join(str(int(source.on)) for source in self._each(channels))

    @command("MEASure[:SCALar]:VOLTage[:DC]?", _NAME, _LIST)
    def _measure_volts(self, name: str | None, channels: _Channels) -> Later:
        return self._measure(lambda source: source.measured_volts(_MEASURE_S), name, channels)

    @command("MEASure[:SCALar]:CURRent[:DC]?", _NAME, _LIST)
    def _measure_amperes(self, name: str | None, channels: _Channels) -> Later:
        return self._measure(lambda source: source.measured_amperes(_MEASURE_S), name, channels)

    def _measure(self, read: Callable[[SourceChannel], float], name: str | None, channels: _Channels) -> Later:
        later, sources = Later(), self._each(channels if name is None else (_NAMES[name],))
        duration_ns = round(_MEASURE_S * 1e9) * len(sources)
        self.kernel.after(duration_ns, lambda: later.finish(_list(read(source) for source in sources)))
        return later

    # -- protection ------------------------------------------------------------------------------------

    @command("[SOURce:]VOLTage:PROTection[:LEVel]", Number(0.0, 27.5, 27.5, "V"), _LIST)
    def _protection(self, volts: float, channels: _Channels) -> None:
        sources = self._each(channels)
        if any(volts > source.rating.protection_volts for source in sources):
            raise ScpiError(-222)
        for source in sources:
            source.protection_volts = volts
            source.apply()

    @command("[SOURce:]VOLTage:PROTection[:LEVel]?", _LIST)
    def _protection_query(self, channels: _Channels) -> str:
        return _list(source.protection_volts for source in self._each(channels))

    @command("[SOURce:]VOLTage:PROTection:TRIPped?", _LIST)
    def _over_voltage(self, channels: _Channels) -> str:
        return ",".join(str(int(source.over_voltage)) for source in self._each(channels))

    @command("[SOURce:]CURRent:PROTection:STATe", Boolean(), _LIST)
    def _current_protection(self, on: bool, channels: _Channels) -> None:
        for source in self._each(channels):
            source.current_protection = on

    @command("[SOURce:]CURRent:PROTection:STATe?", _LIST)
    def _current_protection_query(self, channels: _Channels) -> str:
        return ",".join(str(int(source.current_protection)) for source in self._each(channels))

    @command("[SOURce:]CURRent:PROTection:TRIPped?", _LIST)
    def _over_current(self, channels: _Channels) -> str:
        return ",".join(str(int(source.over_current)) for source in self._each(channels))

    @command("[SOURce:]CURRent:PROTection:DELay[:TIME]", Number(0.0, 0.255, 0.05, "S"), _LIST)
    def _protection_delay(self, seconds: float, channels: _Channels) -> None:
        for source in self._each(channels):
            source.protection_delay_s = seconds

    @command("[SOURce:]CURRent:PROTection:DELay[:TIME]?", _LIST)
    def _protection_delay_query(self, channels: _Channels) -> str:
        return _list(source.protection_delay_s for source in self._each(channels))

    @command("OUTPut:PROTection:CLEar", _LIST)
    @command("[SOURce:]VOLTage:PROTection:CLEar", _LIST)
    @command("[SOURce:]CURRent:PROTection:CLEar", _LIST)
    def _clear_protection(self, channels: _Channels) -> None:
        for source in self._each(channels):
            source.clear_protection()

    # -- system ----------------------------------------------------------------------------------------

    @command("STATus:PRESet")
    def _preset(self) -> None:
        for register in self.registers():
            register.preset()

    @command("SYSTem:BEEPer[:IMMediate]")
    @command("SYSTem:LOCal")
    @command("SYSTem:REMote")
    @command("SYSTem:RWLock")
    @command("DISPlay[:WINDow][:STATe]", Boolean())
    @command("DISPlay[:WINDow]:TEXT[:DATA]", Text())
    @command("DISPlay[:WINDow]:TEXT:CLEar")
    def _nothing_to_simulate(self, *_: object) -> None:
        """Do nothing the bench could see."""


def _condition(source: SourceChannel) -> int:
    return source.condition


def _level(source: SourceChannel, name: str) -> Number:
    if name == "volts":
        return Number(0.0, source.rating.volts, 0.0, "V")
    return Number(0.0, source.rating.amperes, source.rating.reset_amperes, "A")


def _list(values: Iterable[float]) -> str:
    return ",".join(f"{value:+.8E}" for value in values)
