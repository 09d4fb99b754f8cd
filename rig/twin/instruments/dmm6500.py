"""Keithley DMM6500 with a 2000-SCAN card: digital multimeter and 1 MS/s digitizer.

Source: DMM6500 reference manual and data sheet; PyMeasure's KeithleyDMM6500. Resistance, capacitance, diode
and temperature inputs are not wired on this bench: they read open (9.9E37).
"""

from collections.abc import Callable

from rig.twin.instruments.keithley_functions import Function
from rig.twin.instruments.keithley_system import KeithleyMeter
from rig.twin.instruments.scpi import command
from rig.twin.instruments.terminals import TriggerLine
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise
from rig.twin.signals import Signal

_FIRST_CHANNEL, _LAST_CHANNEL = 1, 10


class DMM6500(KeithleyMeter):
    """One meter: `volts` gives the front terminals (None) and scanner channels 1..10."""

    def __init__(
        self,
        kernel: Kernel,
        noise: Noise,
        *,
        model_serial: str,
        volts: Callable[[int | None], Signal],
        amperes: Signal,
        trigger_in: TriggerLine | None,
        trigger_out: TriggerLine | None,
        gain_error: float = 0.0,
    ) -> None:
        super().__init__(
            kernel,
            noise,
            model="DMM6500",
            serial=model_serial,
            channels=range(_FIRST_CHANNEL, _LAST_CHANNEL + 1),
            gain_error=gain_error,
            trigger_in=trigger_in,
            trigger_out=trigger_out,
        )
        self._volts = volts
        self._amperes = amperes

    def signal(self, function: Function, channel: int | None) -> Signal | None:
        """Return volts of a channel or the front terminals, amperes of the front terminals, else open."""
        match function.quantity:
            case "volts":
                return self._volts(channel)
            case "amperes":
                return self._amperes
            case _:
                return None

    @command("SYSTem:CARD1:IDN?")
    def _card(self) -> str:
        return "2000,10-Chan Mux,0.0.0a,00000000"

    @command("SYSTem:CARD1:VCHannel:STARt?")
    def _card_start(self) -> str:
        return str(_FIRST_CHANNEL)

    @command("SYSTem:CARD1:VCHannel:END?")
    def _card_end(self) -> str:
        return str(_LAST_CHANNEL)

    @command("SYSTem:CARD1:VMAX?")
    def _card_volts(self) -> str:
        return "110"
