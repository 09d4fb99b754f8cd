"""Keithley DAQ6510 with a 7700 card: thermocouples and voltages on channels 101..120, amperes on 121 and 122.

Source: DAQ6510 reference manual, vendor examples; PyMeasure's KeithleyDAQ6510. An open lead reads 9.9E37 with
open-lead detection, and the reference junction's temperature without: a plausible, wrong number. Unverified
(?): the text of SYSTem:CARD1:IDN?, the error for a function that a channel can't measure (-221).
"""

import math
from collections.abc import Callable, Iterable
from typing import Final

from rig.twin.instruments.keithley_acquire import number
from rig.twin.instruments.keithley_functions import (
    OPEN_DETECTION,
    REFERENCE_CELSIUS,
    REFERENCE_SELECT,
    THERMOCOUPLE,
    TRANSDUCER,
    UNIT,
    Function,
)
from rig.twin.instruments.keithley_system import KeithleyMeter
from rig.twin.instruments.parameters import ScpiError
from rig.twin.instruments.scpi import command
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise
from rig.twin.signals import Signal, Steady

_CHANNELS: Final = range(101, 121)
_AMPERE_CHANNELS: Final = (121, 122)
_WIRED: Final = range(101, 111)
_JUNCTION_CELSIUS = 25.0
# Around 25..60 C; source: IEC 60584-1.
_MICROVOLTS_PER_KELVIN: Final = {
    "T": 42.0, "K": 40.9, "J": 52.4, "E": 61.9, "N": 27.2, "R": 6.2, "S": 6.2, "B": 0.2,
}  # fmt: skip


class DAQ6510(KeithleyMeter):
    """The temperature logger: `celsius` and `volts` give what is wired to channels 101..110."""

    def __init__(
        self,
        kernel: Kernel,
        noise: Noise,
        *,
        celsius: Callable[[int], Signal],
        volts: Callable[[int], Signal],
        model_serial: str = "SIM00003",
        thermocouple: str = "T",
    ) -> None:
        super().__init__(kernel, noise, model="DAQ6510", serial=model_serial, channels=(*_CHANNELS, *_AMPERE_CHANNELS))
        self._celsius = celsius
        self._volts = volts
        self._thermocouple = thermocouple

    def signal(self, function: Function, channel: int | None) -> Signal | None:
        """Return what is wired to a channel; unwired channels and the front terminals are open."""
        wired = channel is not None and channel in _WIRED
        match function.quantity:
            case "celsius":
                return self._celsius(channel) if channel is not None and wired else None
            case "volts":
                return self._volts(channel) if channel is not None and wired else Steady(lambda: 0.0)
            case "amperes":
                return Steady(lambda: 0.0)
            case _:
                return None

    def select(self, function: Function, channels: Iterable[int | None]) -> None:
        """Make a function active; amperes are measured on their own channels, and nothing else is."""
        chosen = tuple(channels)
        if any(
            channel is not None and (channel in _AMPERE_CHANNELS) != (function.quantity == "amperes")
            for channel in chosen
        ):
            raise ScpiError(-221)
        super().select(function, chosen)

    def adjust(self, function: Function, settings: dict[str, object], raw: float) -> float:
        """Show what a thermocouple's voltage means under the settings: type, reference junction, unit."""
        if function.quantity != "celsius":
            return raw
        if settings[TRANSDUCER] not in ("TC", "TCO"):
            return math.nan
        reference = _JUNCTION_CELSIUS
        if settings[REFERENCE_SELECT] == "SIM":
            reference = number(settings, REFERENCE_CELSIUS)
        if math.isnan(raw):
            if settings[OPEN_DETECTION] is True:
                return raw
            raw = _JUNCTION_CELSIUS
        microvolts = (raw - _JUNCTION_CELSIUS) * _MICROVOLTS_PER_KELVIN[self._thermocouple]
        celsius = reference + microvolts / _MICROVOLTS_PER_KELVIN[str(settings[THERMOCOUPLE])]
        match settings[UNIT]:
            case "FAHR":
                return celsius * 1.8 + 32.0
            case "KELV":
                return celsius + 273.15
            case _:
                return celsius

    @command("SYSTem:CARD1:IDN?")
    def _card(self) -> str:
        return "7700,20Ch Mux w/CJC,1.01b,04420017"

    @command("SYSTem:CARD1:VCHannel:STARt?")
    def _card_start(self) -> str:
        return str(_CHANNELS[0])

    @command("SYSTem:CARD1:ACHannel:STARt?")
    def _card_amperes_start(self) -> str:
        return str(_AMPERE_CHANNELS[0])

    @command("SYSTem:CARD1:ACHannel:END?")
    def _card_amperes_end(self) -> str:
        return str(_AMPERE_CHANNELS[-1])

    @command("SYSTem:CARD1:VCHannel:END?")
    def _card_end(self) -> str:
        return str(_CHANNELS[-1])
