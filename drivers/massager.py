"""The unit under test on its debug port, in the words of the interface document.

Source: docs/reference/debug-port.md. Works with any device that follows it.
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from drivers.actuator import Actuator
from drivers.debug_port import REPLY_SECONDS, Counters, DebugPort, SeenEvent
from drivers.massager_replies import (
    CoastDown,
    FaultReport,
    Identity,
    Incomplete,
    LogRecord,
    Readings,
    Status,
    text,
)
from drivers.serial_line import SerialLine
from rig.clock import Clock
from rig.errors import UnitError

Heat = Literal["OFF", "LOW", "MED", "HIGH"]
AdcChannel = Literal["NTC1", "NTC2", "NTC3", "NTC4", "IM", "IH", "VBAT", "ID"]
BOOT_SECONDS = 2.0

_T = TypeVar("_T")


class Massager(Actuator):
    """One unit; every method is one command and ends with its reply.

    All methods raise Refused, NoReply, Rebooted (UnitError) or ConnectionLost (BenchError).
    """

    def __init__(
        self,
        line: SerialLine,
        clock: Clock,
        station_key: str,
        *,
        first_sequence: int | None = None,
        prompt_seconds: float = REPLY_SECONDS,
    ) -> None:
        """`station_key` unlocks TEST; `first_sequence` is random unless given; `prompt_seconds`: see DebugPort."""
        self.line = line
        self.clock = clock
        self._station_key = station_key
        self._port = DebugPort(line, first_sequence=first_sequence, prompt_seconds=prompt_seconds)
        self._shipped = False
        self._asleep = False

    def follow(self, heard: Callable[[str], None]) -> None:
        """Tell of every command that isn't a question, before it is sent."""
        self._port.heard = heard

    @property
    def counters(self) -> Counters:
        """What the line made us tolerate: garbage, wrong CRCs, stale replies, retries."""
        return self._port.counters

    @property
    def starts(self) -> int:
        """A number that changes with each start of the unit, asked for or not."""
        return self._port.starts

    @property
    def resting(self) -> bool:
        """Whether it was sent to sleep, or into ship mode: it hears nothing then."""
        return self._shipped or self._asleep

    def identity(self) -> Identity:
        """`ID?`."""
        return self._typed("ID?", Identity.of)

    def status(self) -> Status:
        """`STAT?`."""
        return self._typed("STAT?", Status.of)

    def read(self) -> Readings:
        """`READ?`."""
        return self._typed("READ?", Readings.of)

    def telemetry(self, hz: int) -> None:
        """`TELE`: readings as TELE events, 0 to 20 times a second."""
        self._port.send(f"TELE {hz}")

    def level(self, level: int) -> None:
        """`LVL`: 0 stops, 1 to 5 run at that speed."""
        self._port.send(f"LVL {level}")

    def heat(self, heat: Heat) -> None:
        """`HEAT`."""
        self._port.send(f"HEAT {heat}")

    def program(self, name: str) -> None:
        """`PROG`: a body-area program, or OFF."""
        self._port.send(f"PROG {name}")

    def stop(self) -> None:
        """`STOP`: all outputs off, at once."""
        self._port.send("STOP")

    def fault(self) -> FaultReport:
        """`FAULT?`."""
        return self._typed("FAULT?", FaultReport.of)

    def clear_fault(self) -> None:
        """`FAULT CLEAR`; safety latches only in TEST."""
        self._port.send("FAULT CLEAR")

    def log(self, index: int) -> LogRecord:
        """`LOG?`: record 0 is the oldest."""
        return self._typed(f"LOG? {index}", LogRecord.of)

    def erase_log(self) -> None:
        """`LOG ERASE`; only in TEST."""
        self._port.send("LOG ERASE")

    def eeprom(self, key: str) -> str:
        """`EE? <key>`."""
        return self._typed(f"EE? {key}", lambda fields: text(fields, key))

    def set_eeprom(self, key: str, value: str | float) -> None:
        """`EE <key> <value>`; only in TEST, and lost without `commit`."""
        self._port.send(f"EE {key} {value}")

    def commit(self) -> None:
        """`EE COMMIT`; only in TEST."""
        self._port.send("EE COMMIT")

    def unlock(self) -> None:
        """`TEST?` and `TEST UNLOCK`: answer the challenge with the CRC-32 of its text and the station key."""
        challenge = self._typed("TEST?", lambda fields: text(fields, "challenge"))
        response = zlib.crc32((challenge + self._station_key).encode("ascii", "backslashreplace"))
        self._port.send(f"TEST UNLOCK {response:08X}")

    def exit_test(self) -> None:
        """`TEST EXIT`."""
        self._port.send("TEST EXIT")

    def test_duty(self, output: Literal["M", "H"], duty: float, seconds: float) -> None:
        """`TEST DUTY`: drive motor (M) or heater (H) open-loop, duty 0 to 1."""
        self._port.send(f"TEST DUTY {output} {duty:.4f} {_milliseconds(seconds)}")

    def test_adc(self, channel: AdcChannel, counts: int, seconds: float) -> None:
        """`TEST ADC`: replace an ADC reading; proves code, never wiring."""
        self._port.send(f"TEST ADC {channel} {counts} {_milliseconds(seconds)}")

    def test_mask(self, fault: Literal["F01", "F05", "BOTH"], seconds: float) -> None:
        """`TEST MASK`: mask firmware cut-offs so that the hardware one can be shown."""
        self._port.send(f"TEST MASK {fault} {_milliseconds(seconds)}")

    def timer_factor(self, factor: int) -> None:
        """`TEST TIMERX`: accelerate auto-off, idle and program timers 1 to 600 times."""
        self._port.send(f"TEST TIMERX {factor}")

    def coast(self) -> CoastDown:
        """`TEST COAST?`: open the motor bridge and time the coast-down."""
        return self._typed("TEST COAST?", CoastDown.of)

    def tach(self, on: bool) -> None:
        """`TEST TACH`: off provokes F10."""
        self._port.send(f"TEST TACH {'ON' if on else 'OFF'}")

    def clock_error(self, percent: float) -> None:
        """`TEST CLOCK`: detune the second clock; provokes F19."""
        self._port.send(f"TEST CLOCK {percent:g}")

    def corrupt(self, memory: Literal["EE", "ROM", "RAM"]) -> None:
        """`TEST CORRUPT`: provoke F15 and self-test failures until reset."""
        self._port.send(f"TEST CORRUPT {memory}")

    def press(self, button: Literal[1, 2, 3], seconds: float) -> None:
        """`BTN`: as if power (1), level (2) or heat (3) were pressed; only in TEST."""
        self._port.send(f"BTN {button} {_milliseconds(seconds)}")

    def human(self) -> None:
        """`HUMAN ON`: a person may type without CRC until the next reset."""
        self._port.send("HUMAN ON")

    def reset(self) -> None:
        """`RESET`; sent once, follow with `await_boot`."""
        self._port.send("RESET")

    def watchdog(self) -> None:
        """`TEST WDT`: provoke a watchdog reset; sent once, follow with `await_boot`."""
        self._port.send("TEST WDT")

    def brown(self) -> None:
        """`TEST BROWN`: provoke a brown-out; sent once, follow with `await_boot`."""
        self._port.send("TEST BROWN")

    def sleep(self) -> None:
        """`SLEEP`; sent once; the power key or a charger wakes it."""
        self._port.send("SLEEP")
        self._asleep = True

    def ship(self) -> None:
        """`SHIP`; sent once; only a charger wakes it."""
        self._port.send("SHIP")
        self._shipped = True

    def expect_boot(self) -> None:
        """Call before power is removed or applied: the next BOOT is then no error."""
        self._shipped = self._asleep = False
        self._port.expect_boot()

    def await_boot(self, seconds: float = BOOT_SECONDS) -> SeenEvent:
        """Wait for the BOOT event (fields reason, fw) of a start that was asked for."""
        self._shipped = self._asleep = False
        return self._port.await_boot(seconds)

    def wait_for_event(self, kind: str, seconds: float) -> SeenEvent:
        """Wait for the oldest event of this kind not handed out yet."""
        return self._port.wait_for_event(kind, seconds)

    def take_events(self, kind: str | None = None) -> list[SeenEvent]:
        """Hand out all events of this kind (or any) not handed out yet."""
        return self._port.take_events(kind)

    def make_safe(self) -> None:
        """`STOP` and `HEAT OFF`: both are tried, the first failure is raised at the end.

        A unit in ship mode is off already and hears nothing: it isn't asked.
        """
        if self._shipped:
            return
        failures: list[UnitError] = []
        for command in ("STOP", "HEAT OFF"):
            try:
                self._port.send(command)
            except UnitError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def disconnect(self) -> None:
        """Close the port."""
        self.line.close()

    def _typed(self, command: str, make: Callable[[Mapping[str, str]], _T]) -> _T:
        fields = self._port.send(command)
        try:
            return make(fields)
        except Incomplete as error:
            raise UnitError(
                f"{self._port.where}: reply to {command} isn't as the interface document says: {error}"
            ) from error


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
