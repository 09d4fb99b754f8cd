"""Keithley 2281S-20-6: power supply, battery tester and battery simulator behind one pair of terminals.

Source: 2281S reference manual; PyMeasure's Keithley2281S. Unverified (?): ten readings a second into a buffer
of 100, numbers without units in DATA?, a straight-line model without resistance of its own
(RESistance:OFFSet is the whole of it), 4.2 V full and 2.5 V empty, -221 for an output command of another function,
limits and default of SAMPle:INTerval. A recalled model's number is kept, but all models are that line.
"""

from collections.abc import Callable
from typing import Final

from rig.twin.instruments.battery_model import BatteryModel
from rig.twin.instruments.battery_readings import Reading, ReadingHistory, check_elements
from rig.twin.instruments.battery_settings import RATING, PowerSettings, TestSettings, declare_values
from rig.twin.instruments.exchange import Later
from rig.twin.instruments.ieee488 import Ieee488Instrument
from rig.twin.instruments.parameters import Boolean, Choice, Integer, Number, ScpiError, Text
from rig.twin.instruments.scpi import command
from rig.twin.instruments.source import SourceChannel
from rig.twin.instruments.status import StatusRegister
from rig.twin.instruments.terminals import SourceOutput
from rig.twin.kernel import Kernel, Timer
from rig.twin.noise import Noise

_UPDATE_NS, _BOOKING_NS = 1_000_000_000, 20_000_000_000
_MAINS_HZ, _POINTS = 50.0, 100
_OVER_VOLTAGE, _CONSTANT_CURRENT, _CONSTANT_VOLTAGE = 1 << 1, 1 << 2, 1 << 3
_READING_AVAILABLE, _MEASURING, _IDLE = 1 << 6, 1 << 4, 1 << 10
_LONG_NAMES: Final = {"POW": "POWER", "TEST": "TEST", "SIM": "SIMULATOR"}


class Battery2281S(Ieee488Instrument):
    """The battery of the bench; `output` is the circuit behind its terminals."""

    def __init__(self, kernel: Kernel, noise: Noise, *, output: SourceOutput, model_serial: str = "SIM00004") -> None:
        super().__init__(kernel)
        self.identity = f"KEITHLEY INSTRUMENTS,MODEL 2281S-20-6,{model_serial},01.08b"
        self._source = SourceChannel(kernel, noise, output, RATING)
        self._update: Timer | None = None
        self._set_up()
        for path, condition in (
            ("MEASurement", lambda: _READING_AVAILABLE if self._readings_now() else 0),
            ("OPERation", lambda: _MEASURING if self._source.on else _IDLE),
            ("QUEStionable", self._questionable_condition),
        ):
            self.add_register(f"STATus:{path}:INSTrument:ISUMmary", StatusRegister(condition))
        self.add_register("STATus:MEASurement", StatusRegister())
        owners: dict[str, Callable[[], object]] = {
            "power": lambda: self._power,
            "test": lambda: self._test,
            "model": lambda: self._model,
            "source": lambda: self._source,
        }
        self.keep("BATTery:MODel:RCL", Integer(1, 9), 1)
        self.keep("INITiate:CONTinuous", Boolean(), False)
        declare_values(self.commands, owners, self._refuse, self._apply, self._account)

    def _set_up(self) -> None:
        self._function = "POW"
        self._power = PowerSettings()
        self._test = TestSettings()
        self._model = BatteryModel()
        self._charged_ampere_seconds = 0.0
        self._buffer = ReadingHistory(_POINTS, self.kernel.now_ns)
        self._accounted_ns = self.kernel.now_ns

    def _reset(self) -> None:
        super()._reset()
        self._source.set_up()
        self._set_up()

    # -- settings: header, limits, where it is kept ----------------------------------------------------

    def _refuse(self, name: str, value: float) -> None:
        """Raise -222 for a value that other settings exclude, -221 for one that needs the output off."""
        model, power = self._model, self._power
        excluded = {
            "volts": value > power.volts_limit and self._function == "POW",
            "amperes": value > power.amperes_limit,
            "open_circuit_volts": not model.empty_volts <= value <= model.full_volts,
            "full_volts": self._function == "SIM" and value <= model.empty_volts,
            "empty_volts": value >= model.full_volts,
        }
        if excluded.get(name, False):
            raise ScpiError(-222)
        if name == "ampere_hours" and self._source.on:
            raise ScpiError(-221)

    # -- the output ------------------------------------------------------------------------------------

    def _apply(self) -> None:
        """Bring the terminals in line with the function and its settings."""
        source, model = self._source, self._model
        match self._function:
            case "SIM":
                source.volts = model.open_circuit_volts
                source.amperes, source.series_ohm = model.amperes_limit, max(0.0, model.ohm)
            case "TEST":
                source.volts, source.series_ohm = self._test.volts, 0.0
                source.amperes = self._test.charge_amperes
            case _:
                source.volts, source.series_ohm = self._power.volts, 0.0
                source.amperes = self._power.amperes
        source.apply()

    def _switch(self, on: bool, *functions: str) -> None:
        """Switch the output; raise -221 where the active function has another command for it."""
        if self._function not in functions:
            raise ScpiError(-221)
        self._account()
        self._readings_now()
        self._apply()
        self._source.switch(on)
        if self._update is not None:
            self._update.cancel()
        self._update = self.kernel.after(_UPDATE_NS, self._each_second) if on else None

    def _each_second(self) -> None:
        """Let a dynamic battery follow its current, and a test end at its end current."""
        self._update = None
        if not self._source.on:
            return
        simulates, tests = self._function == "SIM" and self._model.dynamic, self._function == "TEST"
        if simulates or tests or self.kernel.now_ns - self._accounted_ns >= _BOOKING_NS:
            self._account()
        else:  # averaging is dear; a glance brings the load up to date just the same
            self._source.true_amperes(0.0)
        if simulates:
            self._apply()
        elif tests and abs(self._source.measured_amperes(1.0)) < self._test.end_amperes:
            self._source.switch(False)
            return
        self._update = self.kernel.after(_UPDATE_NS, self._each_second)

    def _account(self) -> None:
        """Book the charge that flowed since the last time."""
        elapsed_s = (self.kernel.now_ns - self._accounted_ns) * 1e-9
        self._accounted_ns = self.kernel.now_ns
        if elapsed_s > 0 and self._source.on:
            ampere_seconds = elapsed_s * self._source.true_amperes(elapsed_s)
            self._charged_ampere_seconds += ampere_seconds
            self._model.discharge(ampere_seconds)

    def _questionable_condition(self) -> int:
        source = self._source
        mode = (_CONSTANT_CURRENT if source.constant_current else _CONSTANT_VOLTAGE) if source.on else 0
        return mode | _OVER_VOLTAGE * source.over_voltage

    # -- readings --------------------------------------------------------------------------------------

    def _read_at(self, time_ns: int) -> Reading:
        self._account()
        aperture_s = self._power.cycles / _MAINS_HZ
        return Reading(
            self._source.measured_amperes(aperture_s, time_ns),
            self._source.measured_volts(aperture_s, time_ns),
            time_ns,
            self._model.charge_percent,
            max(0.0, self._model.ohm),
            self._charged_ampere_seconds / 3600.0,
        )

    def _readings_now(self) -> int:
        """Take what fell due since the last look: the instrument measures all the time while it is on."""
        if not self._source.on:
            self._buffer.skip(self.kernel.now_ns)
        reading_s = max(2.0 * self._power.cycles / _MAINS_HZ, self._power.sample_s if self._function == "SIM" else 0.0)
        return self._buffer.collect(self.kernel.now_ns, reading_s, self._read_at)

    @command("DATA:DATA?", Text(optional=True))
    @command("TRACe:DATA[:DATA]?", Text(optional=True))
    @command("BATTery:DATA:DATA?", Text(optional=True))
    def _data(self, elements: str | None) -> str:
        if not self._readings_now():
            raise ScpiError(-230)
        return self._buffer.write(elements or "READ,SOUR,REL")

    @command("TRACe:DATA:SELected?", Integer(1, 2500), Integer(1, 2500), Text(optional=True))
    @command("BATTery:TRACe:DATA:SELected?", Integer(1, 2500), Integer(1, 2500), Text(optional=True))
    def _selected(self, first: int, last: int, elements: str | None) -> str:
        self._readings_now()
        return self._buffer.write(elements or "READ,SOUR,REL", *self._buffer.part(first, last))

    @command("MEASure:CURRent[:DC]?", Text(optional=True))
    def _measure_amperes(self, elements: str | None) -> Later:
        return self._measure(elements or "READ")

    @command("MEASure:VOLTage[:DC]?", Text(optional=True))
    def _measure_volts(self, elements: str | None) -> Later:
        return self._measure(elements or "SOUR")

    @command("MEASure[:CONCurrent][:DC]?", Text(optional=True))
    @command("READ?", Text(optional=True))
    def _measure_both(self, elements: str | None) -> Later:
        return self._measure(elements or "READ,SOUR,REL")

    def _measure(self, elements: str) -> Later:
        check_elements(elements)
        later = Later()

        def ready() -> None:
            later.finish(self._buffer.write(elements, self._read_at(self.kernel.now_ns)))

        self.kernel.after(round(2e9 * self._power.cycles / _MAINS_HZ), ready)
        return later

    @command("TRACe:CLEar")
    @command("DATA:CLEar")
    @command("BATTery:DATA:CLEar")
    @command("BATTery:TRACe:CLEar")
    def _clear(self) -> None:
        self._buffer = ReadingHistory(self._buffer.points, self.kernel.now_ns)

    @command("TRACe:POINts", Integer(2, 2500, _POINTS))
    @command("DATA:POINts", Integer(2, 2500, _POINTS))
    def _points(self, points: int) -> None:
        self._buffer = ReadingHistory(points, self.kernel.now_ns)

    @command("TRACe:POINts?")
    @command("DATA:POINts?")
    def _points_query(self) -> str:
        return str(self._buffer.points)

    # -- commands --------------------------------------------------------------------------------------

    @command("ENTRy:FUNCtion", Choice("POWer", "TEST", "SIMulator"))
    def _enter(self, function: str) -> None:
        if function != self._function:
            self._switch(False, self._function)
            self._function = function
            self._clear()

    @command("ENTRy:FUNCtion?")
    def _entered(self) -> str:
        return _LONG_NAMES[self._function]

    @command("OUTPut[:STATe]", Boolean())
    def _output(self, on: bool) -> None:
        self._switch(on, "POW")

    @command("OUTPut[:STATe]?")
    @command("BATTery:OUTPut[:STATe]?")
    def _output_query(self) -> str:
        return str(int(self._source.on))

    @command("BATTery:OUTPut[:STATe]", Boolean())
    def _battery_output(self, on: bool) -> None:
        self._switch(on, "TEST", "SIM")

    @command("BATTery:TEST:SENSe:AH:EXECute", Choice("START", "STOP", "PAUSe", "CONTinue"))
    def _characterize(self, action: str) -> None:
        self._test.volts = self._test.full_volts
        self._switch(action in ("START", "CONT"), "TEST")

    @command("BATTery:SIMulator:METHod", Choice("STATic", "DYNamic"))
    def _method(self, method: str) -> None:
        self._account()
        self._model.dynamic = method == "DYN"

    @command("BATTery:SIMulator:METHod?")
    def _method_query(self) -> str:
        return "DYN" if self._model.dynamic else "STAT"

    @command("BATTery:SIMulator:CAPacity?")
    def _capacity(self) -> str:
        self._account()
        return f"{self._model.remaining_ampere_hours:.6g}"

    @command("BATTery:SIMulator:RESistance?")
    def _resistance(self) -> str:
        return f"{max(0.0, self._model.ohm):.6g}"

    @command("BATTery:STATus?")
    def _status(self) -> str:
        charges = self._source.on and self._source.true_amperes(1.0 / _MAINS_HZ) < 0.0
        return "CHARGE" if charges else "DISCHARGE"

    @command("OUTPut:PROTection:CLEar")
    @command("[SOURce[1]:]VOLTage:PROTection:CLEar")
    def _clear_protection(self) -> None:
        self._source.clear_protection()

    @command("SYSTem:LFRequency?")
    def _line_frequency(self) -> str:
        return f"{_MAINS_HZ:.0f}"

    @command("BATTery:MODel:LOAD:USB", Integer(1, 10), Text())
    @command("BATTery:MODel:SAVE:USB", Integer(1, 10), Text())
    @command("BATTery:TEST:SENSe:AH:GMODel:RANGe", Number(0.0, 20.0), Number(0.0, 20.0))
    @command("BATTery:TEST:SENSe:AH:GMODel:SAVE:INTErnal", Integer(1, 9))
    @command("TRACe:FEED:CONTrol", Choice("NEXT", "ALWays", "NEVer"))
    @command("DISPlay:USER:TEXT", Text())
    @command("SYSTem:BEEPer[:IMMediate]", Number(20.0, 8000.0), Number(0.001, 100.0))
    @command("STATus:PRESet")
    @command("SYSTem:LOCal")
    @command("SYSTem:REMote")
    def _nothing_to_simulate(self, *_: object) -> None:
        """Do nothing the bench could see."""
