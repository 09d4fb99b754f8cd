"""SENSe: which function a Keithley meter measures with, and its settings, each with an optional channel list.

Source: DMM6500 and DAQ6510 reference manuals. Unverified (?): the function of a channel that nobody
configured (DC volts here), DIGitize:FUNCtion?, the error for
a sample rate that the aperture doesn't allow (-221).
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import partial

from rig.twin.instruments.exchange import Later
from rig.twin.instruments.ieee488 import Ieee488Instrument, plain
from rig.twin.instruments.keithley_acquire import Converter, number
from rig.twin.instruments.keithley_functions import (
    APERTURE,
    AUTO_RANGE,
    AUTO_ZERO,
    DIGITIZE,
    MAINS_HZ,
    MEASURE,
    NPLC,
    RANGE,
    RELATIVE,
    RELATIVE_ON,
    SAMPLE_RATE,
    Function,
    Setting,
    settings_of,
)
from rig.twin.instruments.parameters import (
    Channels,
    Choice,
    Integer,
    Number,
    Parameter,
    ScpiError,
    Text,
    Word,
)
from rig.twin.instruments.scpi import Command, CommandTree, command
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

_PREFIX = "[SENSe[1]]"
_AUTO = "AUTO"
_LONGEST_APERTURE_S = 0.25
_SHORTEST_APERTURE_S = 8.333e-6


class KeithleySense(Ieee488Instrument):
    """A meter's measure and digitize functions with their settings, for the terminals and each channel."""

    def __init__(self, kernel: Kernel, noise: Noise, gain_error: float, channels: Iterable[int]) -> None:
        super().__init__(kernel)
        self.channels = frozenset(channels)
        self.converter = Converter(noise, gain_error)
        self._names: dict[bool, CommandTree] = {}
        for functions, digitizes in ((MEASURE, False), (DIGITIZE, True)):
            self._names[digitizes] = CommandTree(
                Command(function.header.removeprefix("DIGitize:"), (), partial(_itself, function))
                for function in functions
            )
            for function in functions:
                self.converter.add_zeros(function)
                self._add_commands(function)
        self._set_up()

    def _set_up(self) -> None:
        self._functions: dict[int | None, Function] = {}
        self._settings: dict[tuple[str, int | None], dict[str, object]] = {}
        self.measure_count = 1
        self.digitize_count = 1

    def _reset(self) -> None:
        super()._reset()
        self._set_up()

    # -- what the rest of the meter asks ---------------------------------------------------------------

    def function(self, channel: int | None = None) -> Function:
        """Return the active function of the terminals, or that of a channel."""
        return self._functions.get(channel, MEASURE[0])

    def has_own_setup(self, channel: int | None) -> bool:
        """Whether a function was chosen for a channel."""
        return channel is not None and channel in self._functions

    @property
    def digitizing(self) -> bool:
        """Whether a digitize function is active."""
        return self.function() in DIGITIZE

    def settings(self, function: Function, channel: int | None = None) -> dict[str, object]:
        """Return the settings of a function on the terminals or a channel."""
        key = (function.header, channel)
        if key not in self._settings:
            self._settings[key] = {setting.header: setting.default for setting in settings_of(function)}
            if function in DIGITIZE:
                self._settings[key][APERTURE] = _AUTO
        return self._settings[key]

    def digitize_aperture_s(self, function: Function, channel: int | None = None) -> float:
        """How long a digitized sample is averaged: by default as long as the sample rate allows."""
        settings = self.settings(function, channel)
        if settings[APERTURE] == _AUTO:
            return _longest_aperture_s(number(settings, SAMPLE_RATE))
        return number(settings, APERTURE)

    def select(self, function: Function, channels: Iterable[int | None]) -> None:
        """Make a function active."""
        for channel in channels:
            self._functions[channel] = function

    @abstractmethod
    def take_relative(self, function: Function, keep: Callable[[float], None]) -> Later:
        """Take a reading for RELative:ACQuire, keep it, then let the parser go on."""

    # -- the commands of each function -----------------------------------------------------------------

    def _add_commands(self, function: Function) -> None:
        for setting in settings_of(function):
            query = Choice("MINimum", "MAXimum", "DEFault", optional=True)
            self._add(function, setting.header, (setting.parameter,), partial(self._set, function, setting))
            self._add(function, f"{setting.header}?", (query,), partial(self._get, function, setting))
        if function.integrates:
            limits = Number(_SHORTEST_APERTURE_S, _LONGEST_APERTURE_S, 1.0 / MAINS_HZ, "S")
            self._add(function, APERTURE, (limits,), partial(self._set_aperture, function))
            self._add(function, f"{APERTURE}?", (), partial(self._get_aperture, function))
        elif function in DIGITIZE:
            self._add(function, APERTURE, (Word(),), partial(self._set_digitize_aperture, function))
            self._add(function, f"{APERTURE}?", (), partial(self._get_digitize_aperture, function))
        self._add(function, "RELative:ACQuire", (), partial(self._acquire_relative, function))
        digits = Integer(3, 6, 6)
        self.keep(f"DISPlay:{function.header}:DIGits", digits, 6)

    def _add(
        self,
        function: Function,
        header: str,
        parameters: tuple[Parameter, ...],
        handler: Callable[..., object],
    ) -> None:
        channels = Channels(lambda: self.channels)
        self.commands.add(Command(f"{_PREFIX}:{function.header}:{header}", (*parameters, channels), handler))

    def _set(self, function: Function, setting: Setting, value: object, channels: tuple[int, ...] | None) -> None:
        for channel in channels or (None,):
            settings = self.settings(function, channel)
            if setting.header == RANGE and isinstance(value, float):
                value = next(span for span in function.ranges if span >= value)
                settings[AUTO_RANGE] = False
            if setting.header == SAMPLE_RATE and isinstance(value, int) and settings[APERTURE] != _AUTO:
                longest = _longest_aperture_s(value)
                if number(settings, APERTURE) > longest * 1.000001:
                    raise ScpiError(-221)
            settings[setting.header] = value

    def _get(self, function: Function, setting: Setting, limit: str | None, channels: tuple[int, ...] | None) -> str:
        if limit is not None:
            parameter = setting.parameter
            if not isinstance(parameter, Number):
                raise ScpiError(-224)
            return plain({"MIN": parameter.low, "MAX": parameter.high}.get(limit, parameter.default))
        values = [self.settings(function, channel)[setting.header] for channel in channels or (None,)]
        return ",".join(map(plain, values))

    def _set_aperture(self, function: Function, seconds: float, channels: tuple[int, ...] | None) -> None:
        for channel in channels or (None,):
            self.settings(function, channel)[NPLC] = seconds * MAINS_HZ

    def _get_aperture(self, function: Function, channels: tuple[int, ...] | None) -> str:
        cycles = (number(self.settings(function, channel), NPLC) for channel in channels or (None,))
        return ",".join(plain(count / MAINS_HZ) for count in cycles)

    def _set_digitize_aperture(self, function: Function, text: str, channels: tuple[int, ...] | None) -> None:
        """Fix the aperture; AUTO takes the longest at the present sample rate: SRATe comes first."""
        for channel in channels or (None,):
            settings = self.settings(function, channel)
            longest = _longest_aperture_s(number(settings, SAMPLE_RATE))
            limits = Number(1e-6, longest * 1.000001, longest, "S")
            settings[APERTURE] = longest if text == _AUTO else limits.read(text)

    def _get_digitize_aperture(self, function: Function, channels: tuple[int, ...] | None) -> str:
        return ",".join(plain(self.digitize_aperture_s(function, channel)) for channel in channels or (None,))

    def _acquire_relative(self, function: Function, channels: tuple[int, ...] | None) -> Later:
        settings = self.settings(function, channels[0] if channels else None)

        def keep(value: float) -> None:
            settings[RELATIVE] = value
            settings[RELATIVE_ON] = True

        return self.take_relative(function, keep)

    @command("[SENSe[1]]:FUNCtion[:ON]", Text(), Channels(lambda: range(1, 1000)))
    def _select_measure(self, name: str, channels: tuple[int, ...] | None) -> None:
        if channels and not self.channels.issuperset(channels):
            raise ScpiError(-222)
        self.select(self._named(name, digitizes=False), channels or (None,))

    @command("[SENSe[1]]:FUNCtion[:ON]?", Channels(lambda: range(1, 1000)))
    def _selected_measure(self, channels: tuple[int, ...] | None) -> str:
        functions = [self.function(channel) for channel in channels or (None,)]
        return ",".join(function.name if function in MEASURE else "NONE" for function in functions)

    @command("[SENSe[1]]:DIGitize:FUNCtion[:ON]", Text(), Channels(lambda: range(1, 1000)))
    def _select_digitize(self, name: str, channels: tuple[int, ...] | None) -> None:
        if channels and not self.channels.issuperset(channels):
            raise ScpiError(-222)
        self.select(self._named(name, digitizes=True), channels or (None,))

    @command("[SENSe[1]]:DIGitize:FUNCtion[:ON]?", Channels(lambda: range(1, 1000)))
    def _selected_digitize(self, channels: tuple[int, ...] | None) -> str:
        functions = [self.function(channel) for channel in channels or (None,)]
        return ",".join(function.name if function in DIGITIZE else "NONE" for function in functions)

    @command("[SENSe[1]]:COUNt", Integer(1, 300_000, 1))
    def _measure_count(self, count: int) -> None:
        self.measure_count = count

    @command("[SENSe[1]]:COUNt?")
    def _measure_count_query(self) -> str:
        return str(self.measure_count)

    @command("[SENSe[1]]:DIGitize:COUNt", Integer(1, 11_000_000, 1))
    def _digitize_count(self, count: int) -> None:
        self.digitize_count = count

    @command("[SENSe[1]]:DIGitize:COUNt?")
    def _digitize_count_query(self) -> str:
        return str(self.digitize_count)

    @command("[SENSe[1]]:AZERo:ONCE")
    def _autozero_once(self) -> None:
        if self.function().integrates:
            self.settings(self.function())[AUTO_ZERO] = False

    def _named(self, name: str, *, digitizes: bool) -> Function:
        found = self._names[digitizes].find(name)
        function = found[0].handler() if found else None
        if not isinstance(function, Function):
            raise ScpiError(-224)
        return function


def _itself(function: Function) -> Function:
    return function


def _longest_aperture_s(rate_hz: float) -> float:
    """Return the longest whole number of microseconds between two samples."""
    return max(1, int(1e6 / rate_hz + 1e-6)) * 1e-6
