"""What survives without power: calibration page, fault latches, log ring."""

from dataclasses import dataclass, field

from rig.twin.unit.spread import Truth

LOG_RECORDS = 64
KEYS = ("sn", "hw", "cal_ntc1", "cal_ntc2", "cal_rpm", "cal_i", "cal_date", "lock")
_CALIBRATION = ("cal_ntc1", "cal_ntc2", "cal_rpm", "cal_i", "cal_date")
_CRC_INITIAL = 0xFFFF


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, initial FFFF, no reflection."""
    crc = _CRC_INITIAL
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


@dataclass(slots=True)
class Latch:
    """One latched fault: how often it came, and when it came first (ms since that boot)."""

    count: int
    t_ms: int


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line of the log ring."""

    t_ms: int
    code: str
    arg: str


@dataclass(slots=True)
class Memory:
    """The EEPROM: committed page with its checksum, latches in their order, the last 64 log records."""

    page: dict[str, str]
    checksum: int = 0
    latches: dict[str, Latch] = field(default_factory=dict[str, Latch])
    log: list[LogRecord] = field(default_factory=list[LogRecord])
    boots: int = 0
    commits: int = 0  # since the unit arrived

    def commit(self, page: dict[str, str]) -> None:
        """Write a page and its checksum."""
        self.page = dict(page)
        self.commits += 1
        self.checksum = checksum(self.page)

    def sound(self) -> bool:
        """Whether the page agrees with its checksum."""
        return self.checksum == checksum(self.page)

    def calibrated(self) -> bool:
        """Whether every calibration key holds a value."""
        return all(self.page[key] for key in _CALIBRATION)

    def record(self, t_ms: int, code: str, arg: str) -> None:
        """Append to the ring; the oldest record goes."""
        self.log.append(LogRecord(t_ms, code, arg))
        if len(self.log) > LOG_RECORDS:
            del self.log[0]


def checksum(page: dict[str, str]) -> int:
    """CRC-16 over the page as text."""
    return crc16(";".join(f"{key}={page[key]}" for key in KEYS).encode())


def fresh(truth: Truth, serial: str, hardware: str) -> Memory:
    """The memory of a unit as it arrives: serial number and a provisional calibration."""
    page = {
        "sn": serial if truth.serial is None else truth.serial,
        "hw": hardware,
        "cal_ntc1": "0.000",
        "cal_ntc2": "0.000",
        "cal_rpm": "1.0000",
        "cal_i": "1.0000",
        "cal_date": "PROVISIONAL",
        "lock": "0",
    }
    if not truth.calibrated:
        page.update(dict.fromkeys(_CALIBRATION, ""))
    return Memory(page, checksum(page))
