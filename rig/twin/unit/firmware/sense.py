"""What the firmware reads twenty times a second, with injected readings and calibration."""

from rig.twin.unit import ntc
from rig.twin.unit.board import Board
from rig.twin.unit.nominal import NOMINAL, PADS

CHANNELS = ("NTC1", "NTC2", "NTC3", "NTC4", "IM", "IH", "VBAT", "ID")
_SHORT_ID = 80.0
_WINDOW = 0.05
INVALID = "INVALID"


class Sense:
    """The latest samples: counts by channel, temperatures, currents, volts, pad."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._injected: dict[str, tuple[float, int]] = {}
        self.offsets = (0.0, 0.0)
        self.current_gain = 1.0
        self.counts: dict[str, float] = dict.fromkeys(CHANNELS, 0.0)
        self.cut_counts = [0.0, 0.0]
        self.celsius = [NOMINAL.reference_celsius] * 4
        self.cut_celsius = [NOMINAL.reference_celsius] * 2
        self.motor_amperes = 0.0
        self.heater_amperes = 0.0
        self.volts = 0.0
        self.pad = INVALID

    def inject(self, channel: str, counts: float, until_ms: int) -> None:
        """Replace a channel's reading until a time."""
        self._injected[channel] = (counts, until_ms)

    def injected(self, channel: str, now_ms: float) -> bool:
        """Whether a channel's reading is replaced."""
        return channel in self._injected and now_ms < self._injected[channel][1]

    def forget(self) -> None:
        """End all injections."""
        self._injected.clear()

    def sample(self, now_ms: float) -> None:
        """Convert all channels."""
        board = self._board
        counts = self.counts
        for index in range(4):
            counts[CHANNELS[index]] = board.ntc_counts(index + 1)
        counts["IM"] = board.motor_counts()
        counts["IH"] = board.heater_counts()
        counts["VBAT"] = board.volt_counts()
        counts["ID"] = board.id_counts()
        for channel, (value, until_ms) in list(self._injected.items()):
            if now_ms < until_ms:
                counts[channel] = value
            else:
                del self._injected[channel]
        for index in range(4):
            offset = self.offsets[index] if index < 2 else 0.0
            self.celsius[index] = ntc.celsius_of(counts[CHANNELS[index]]) + offset
        for index in range(2):
            channel = CHANNELS[index]
            self.cut_counts[index] = counts[channel]
            self.cut_celsius[index] = self.celsius[index]
            if not board.truth.sensor_wired and channel not in self._injected:
                own = board.ntc_counts(index + 1, board.pad.sensor_ohm(index + 1))
                self.cut_counts[index] = own
                self.cut_celsius[index] = ntc.celsius_of(own) + self.offsets[index]
        self.motor_amperes = counts["IM"] * NOMINAL.motor_amperes_per_count * self.current_gain
        self.heater_amperes = counts["IH"] * NOMINAL.heater_amperes_per_count * self.current_gain
        self.volts = counts["VBAT"] * NOMINAL.volts_per_count
        self.pad = identify(counts["ID"])


def identify(counts: float) -> str:
    """The pad by its identification reading; INVALID outside every window, or shorted."""
    if counts > NOMINAL.adc_open:
        return "NONE"
    if counts < _SHORT_ID:
        return INVALID
    for name, pad in PADS.items():
        nominal = NOMINAL.adc_full * ntc.share(pad.id_ohm)
        if name not in ("NONE", "SHORT") and abs(counts - nominal) <= _WINDOW * nominal:
            return name
    return INVALID
