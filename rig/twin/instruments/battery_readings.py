"""The reading buffer of the 2281S: filled at a steady pace, read out as text."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from rig.twin.instruments.parameters import ScpiError

_SHORTEST_PERIOD_S = 0.1


@dataclass(frozen=True)
class Reading:
    """One reading of current and voltage, with the state of the battery."""

    amperes: float
    volts: float
    time_ns: int
    charge_percent: float
    resistance_ohm: float
    ampere_hours: float

    def element(self, name: str, base_ns: int) -> float:
        """Return one buffer element.

        Raises:
            ScpiError: -224, there is none of that name.

        """
        match name.strip().upper():
            case "READ" | "READING" | "CURR" | "CURRENT":
                return self.amperes
            case "SOUR" | "SOURCE" | "VOLT" | "VOLTAGE":
                return self.volts
            case "REL" | "RELATIVE":
                return (self.time_ns - base_ns) * 1e-9
            case "SOC":
                return self.charge_percent
            case "RES" | "RESISTANCE":
                return self.resistance_ohm
            case "AH":
                return self.ampere_hours
            case _:
                raise ScpiError(-224)


def check_elements(elements: str) -> list[str]:
    """Split a list of element names.

    Raises:
        ScpiError: -224, there is none of a name.

    """
    names = elements.split(",")
    for name in names:
        Reading(0.0, 0.0, 0, 0.0, 0.0, 0.0).element(name, 0)
    return names


class ReadingHistory:
    """The latest readings; they are taken when somebody looks, as of the moments when they fell due."""

    def __init__(self, points: int, now_ns: int) -> None:
        self.points = points
        self._readings: deque[Reading] = deque(maxlen=points)
        self._collected_ns = now_ns

    def skip(self, now_ns: int) -> None:
        """Take no readings up to now."""
        self._collected_ns = now_ns

    def collect(self, now_ns: int, reading_s: float, read_at: Callable[[int], Reading]) -> int:
        """Take the readings due since the last look; how many there are now."""
        period_ns = round(max(_SHORTEST_PERIOD_S, reading_s) * 1e9)
        due = (now_ns - self._collected_ns) // period_ns
        for place in range(max(1, due - self.points + 1), due + 1):
            self._readings.append(read_at(self._collected_ns + place * period_ns))
        self._collected_ns += due * period_ns
        return len(self._readings)

    def part(self, first: int, last: int) -> tuple[Reading, ...]:
        """Readings first..last, counted from 1; raises ScpiError -222 where there are none such."""
        if not 1 <= first <= last <= len(self._readings):
            raise ScpiError(-222)
        return tuple(self._readings)[first - 1 : last]

    def write(self, elements: str, *readings: Reading) -> str:
        """Write the elements of given readings, or of all in the buffer; REL counts from the first one."""
        names = check_elements(elements)
        chosen = readings or tuple(self._readings)
        base_ns = self._readings[0].time_ns if self._readings else chosen[0].time_ns
        return ",".join(f"{reading.element(name, base_ns):.6E}" for reading in chosen for name in names)
