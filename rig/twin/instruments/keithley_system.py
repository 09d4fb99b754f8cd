"""The rest of the Keithley dialect: scanner, scan list, status, system and display commands.

Source: DMM6500 and DAQ6510 reference manuals, PyMeasure's drivers. Unverified (?): that `ROUTe:CLOSe` and
`ROUTe:CHANnel:CLOSe` are both accepted, ROUTe:TERMinals? with a closed channel, ROUTe:SCAN:STATe?. The scan's monitor
and its restart after a power failure are kept and have no effect.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from rig.twin.instruments.ieee488 import plain
from rig.twin.instruments.keithley import Done
from rig.twin.instruments.keithley_buffer import POWER_ON
from rig.twin.instruments.keithley_functions import MAINS_HZ
from rig.twin.instruments.keithley_trace import DEFAULT_BUFFER
from rig.twin.instruments.keithley_trigger import Cancel, ClearBuffer, Scan
from rig.twin.instruments.keithley_triggered import KeithleyTriggered
from rig.twin.instruments.parameters import Boolean, Channels, Choice, Integer, Number, ScpiError, Text, Word
from rig.twin.instruments.scpi import command
from rig.twin.instruments.terminals import TriggerLine
from rig.twin.kernel import Kernel
from rig.twin.noise import Noise

_RELAY_NS = 5_000_000
_MONITOR_MODES = ("OFF", "UPPer", "LOWer", "WINDow", "OUTSide", "IMMediate")
_CHANNELS = Channels(lambda: range(1, 1000), optional=False)


class KeithleyMeter(KeithleyTriggered):
    """A graphical meter with its scanner card."""

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
        self._closed: int | None = None
        self._settled_ns = 0
        self._clock_ahead = timedelta()
        self._labels: dict[int, str] = {}
        self._delays_s: dict[int, float] = {}
        self._watched: tuple[int, ...] = ()
        self._monitored: int | None = None
        self._clear_scan()
        super().__init__(
            kernel,
            noise,
            model=model,
            serial=serial,
            channels=channels,
            gain_error=gain_error,
            trigger_in=trigger_in,
            trigger_out=trigger_out,
        )
        self.keep("SYSTem:PCARd1", Integer(0, 9999), 0)
        self.keep("ROUTe:SCAN:RESTart", Boolean(), False)
        self.keep("ROUTe:SCAN:MONitor:MODE", Choice(*_MONITOR_MODES), "OFF")
        self.keep("ROUTe:SCAN:MONitor:LIMit:UPPer[:DATA]", Number(-1e12, 1e12), 0.0)
        self.keep("ROUTe:SCAN:MONitor:LIMit:LOWer[:DATA]", Number(-1e12, 1e12), 0.0)
        self.keep("DISPlay:SCReen", Word(), "HOME")
        self.keep("DISPlay:LIGHt:STATe", Word(), "ON100")
        self.keep("DISPlay:BUFFer:ACTive", Text(), DEFAULT_BUFFER)
        self.keep("SYSTem:ACCess", Choice("FULL", "EXCLusive", "PROTected", "LOCKout"), "FULL")

    @property
    def closed_channel(self) -> int | None:
        """The channel that leads to the meter now."""
        return self._closed

    @property
    def settled_ns(self) -> int:
        """When the relays last moved will have settled."""
        return self._settled_ns

    def _clear_scan(self) -> None:
        self._scan_list: tuple[int, ...] = ()
        self._scan_count = 1
        self._scan_interval_s = 0.0
        self._scan_buffer = DEFAULT_BUFFER

    def _reset(self) -> None:
        super()._reset()
        self.connect_channel(None)
        self._clear_scan()
        self._labels.clear()
        self._delays_s.clear()
        self._watched = ()

    def connect_channel(self, channel: int | None) -> None:
        """Close a channel, open the one before; the next reading waits until the relays have settled."""
        if channel != self._closed:
            self._closed = channel
            delay_s = self._delays_s.get(channel or 0, 0.0)
            self._settled_ns = self.kernel.now_ns + _RELAY_NS + round(delay_s * 1e9)

    def _listed(self, channels: tuple[int, ...]) -> tuple[int, ...]:
        if not self.channels.issuperset(channels):
            raise ScpiError(-222)
        return channels

    # -- scanner ---------------------------------------------------------------------------------------

    @command("ROUTe:CLOSe", _CHANNELS)
    @command("ROUTe[:CHANnel]:CLOSe", _CHANNELS)
    @command("ROUTe[:CHANnel]:MULTiple:CLOSe", _CHANNELS)
    def _close(self, channels: tuple[int, ...]) -> None:
        if self._listed(channels):
            self.connect_channel(channels[-1])

    @command("ROUTe[:CHANnel]:CLOSe?")
    @command("ROUTe[:CHANnel]:MULTiple:CLOSe?")
    def _closed_query(self) -> str:
        return f"(@{self._closed or ''})"

    @command("ROUTe[:CHANnel]:OPEN", _CHANNELS)
    @command("ROUTe[:CHANnel]:MULTiple:OPEN", _CHANNELS)
    def _open(self, channels: tuple[int, ...]) -> None:
        if self._closed in self._listed(channels):
            self.connect_channel(None)

    @command("ROUTe[:CHANnel]:OPEN:ALL")
    def _open_all(self) -> None:
        self.connect_channel(None)

    @command("ROUTe:STATe?", _CHANNELS)
    def _state(self, channels: tuple[int, ...]) -> str:
        return ",".join(str(int(channel == self._closed)) for channel in self._listed(channels))

    @command("ROUTe[:CHANnel]:DELay", Number(0.0, 60.0, 0.0, "S"), _CHANNELS)
    def _delay(self, seconds: float, channels: tuple[int, ...]) -> None:
        self._delays_s |= dict.fromkeys(self._listed(channels), seconds)

    @command("ROUTe[:CHANnel]:DELay?", _CHANNELS)
    def _delay_query(self, channels: tuple[int, ...]) -> str:
        return ",".join(plain(self._delays_s.get(channel, 0.0)) for channel in self._listed(channels))

    @command("ROUTe[:CHANnel]:LABel", Text(), _CHANNELS)
    def _label(self, text: str, channels: tuple[int, ...]) -> None:
        self._labels |= dict.fromkeys(self._listed(channels), text)

    @command("ROUTe[:CHANnel]:LABel?", _CHANNELS)
    def _label_query(self, channels: tuple[int, ...]) -> str:
        return ",".join(self._labels.get(channel, "") for channel in self._listed(channels))

    @command("DISPlay:WATCh:CHANnels", _CHANNELS)
    def _watch(self, channels: tuple[int, ...]) -> None:
        self._watched = self._listed(channels)

    @command("DISPlay:WATCh:CHANnels?")
    def _watch_query(self) -> str:
        return f"(@{','.join(map(str, self._watched))})"

    @command("ROUTe:SCAN:MONitor:CHANnel", _CHANNELS)
    def _monitor(self, channels: tuple[int, ...]) -> None:
        self._monitored = self._listed(channels)[0]

    @command("ROUTe:SCAN:MONitor:CHANnel?")
    def _monitor_query(self) -> str:
        return f"(@{self._monitored or ''})"

    @command("ROUTe:TERMinals?")
    def _terminals(self) -> str:
        return "FRON" if self._closed is None else "REAR"

    @command("ROUTe:SCAN[:CREate]", _CHANNELS)
    def _scan_create(self, channels: tuple[int, ...]) -> None:
        self.check_idle()
        self._scan_list = self._listed(channels)
        self.trigger.load(*((ClearBuffer(self._scan_buffer), Scan()) if channels else ()))

    @command("ROUTe:SCAN:ADD", _CHANNELS)
    def _scan_add(self, channels: tuple[int, ...]) -> None:
        self._scan_create(self._scan_list + self._listed(channels))

    @command("ROUTe:SCAN[:CREate]?")
    def _scan_query(self) -> str:
        return f"(@{','.join(map(str, self._scan_list))})"

    @command("ROUTe:SCAN:COUNt:SCAN", Integer(0, 100_000_000, 1))
    def _scan_count_command(self, count: int) -> None:
        self._scan_count = count

    @command("ROUTe:SCAN:COUNt:SCAN?")
    def _scan_count_query(self) -> str:
        return str(self._scan_count)

    @command("ROUTe:SCAN:COUNt:STEP?")
    def _scan_step_query(self) -> str:
        return str(len(self._scan_list))

    @command("ROUTe:SCAN:INTerval", Number(0.0, 100_000.0, 0.0, "S"))
    def _scan_interval(self, seconds: float) -> None:
        self._scan_interval_s = seconds

    @command("ROUTe:SCAN:INTerval?")
    def _scan_interval_query(self) -> str:
        return plain(self._scan_interval_s)

    @command("ROUTe:SCAN:BUFFer", Text())
    def _scan_buffer_command(self, name: str) -> None:
        self.buffer(name)
        self._scan_buffer = name
        self._scan_create(self._scan_list)

    @command("ROUTe:SCAN:BUFFer?")
    def _scan_buffer_query(self) -> str:
        return self._scan_buffer

    @command("ROUTe:SCAN:STATe?")
    def _scan_state(self) -> str:
        return self.trigger.state

    def scan(self, done: Done) -> Cancel:
        """Run the scan list as often as ROUTe:SCAN:COUNt:SCAN says (0: until ABORt)."""
        channels, interval_ns = self._scan_list, round(self._scan_interval_s * 1e9)
        left = self._scan_count or 2**62
        buffer = self._scan_buffer
        cancel: list[Cancel] = []

        def step(place: int, begun_ns: int, left: int) -> None:
            if place < len(channels):
                self.connect_channel(channels[place])
                cancel[:] = [self.take(buffer, 1, lambda: step(place + 1, begun_ns, left))]
            elif left <= 1:
                done()
            else:
                next_ns = max(self.kernel.now_ns, begun_ns + interval_ns)
                cancel[:] = [self.kernel.at(next_ns, lambda: step(0, next_ns, left - 1)).cancel]

        step(0, self.kernel.now_ns, left)
        return lambda: cancel[0]()

    # -- status ----------------------------------------------------------------------------------------

    @command("STATus:PRESet")
    def _preset(self) -> None:
        for register in self.registers():
            register.preset()

    @command("STATus:CLEar")
    @command("SYSTem:CLEar")
    def _clear_log(self) -> None:
        self.clear_events()

    # -- system and display ----------------------------------------------------------------------------

    @command("*LANG?")
    def _language(self) -> str:
        return "SCPI"

    @command("*LANG", Choice("SCPI", "TSP", "SCPI2000", "SCPI34401"))
    def _set_language(self, _language: str) -> None:
        """Take effect at the next power-on: not simulated."""

    @command("SYSTem:LFRequency?")
    def _line_frequency(self) -> str:
        return f"{MAINS_HZ:.0f}"

    @command("SYSTem:TIME?", Integer(1, 1, optional=True))
    def _time(self, form: int | None) -> str:
        """Seconds since 1970; with 1 as text, `Thu Sep 21 09:06:41 2023`."""
        now = POWER_ON + timedelta(microseconds=self.kernel.now_ns // 1000) + self._clock_ahead
        return now.ctime() if form else f"{now.timestamp():.0f}"

    @command("SYSTem:TIME", *[Integer(0, 9999)] * 3, *[Integer(0, 59, optional=True)] * 3)
    def _set_time(self, *parts: int | None) -> None:
        """Year, month, day, hour, minute, second; or hour, minute, second of the same day."""
        now = POWER_ON + timedelta(microseconds=self.kernel.now_ns // 1000)
        numbers = [part for part in parts if part is not None]
        day = (now + self._clock_ahead).date()
        try:
            whole = numbers if len(numbers) == 6 else [day.year, day.month, day.day, *numbers]
            year, month, of_month, hour, minute, second = whole
            self._clock_ahead = datetime(year, month, of_month, hour, minute, second, tzinfo=UTC) - now
        except ValueError:
            raise ScpiError(-222) from None

    @command("SYSTem:BEEPer[:IMMediate]", Number(20.0, 8000.0), Number(0.001, 100.0))
    @command("DISPlay:CLEar")
    @command("DISPlay:USER1:TEXT[:DATA]", Text())
    @command("DISPlay:USER2:TEXT[:DATA]", Text())
    @command("SYSTem:LOCal")
    @command("SYSTem:REMote")
    @command("SYSTem:RWLock")
    def _nothing_to_simulate(self, *_: object) -> None:
        """Do nothing the bench could see."""
