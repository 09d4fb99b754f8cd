"""The debug port's commands for the factory: EEPROM, TEST, resets."""

import re

from rig.twin.unit.firmware.controller import Controller
from rig.twin.unit.firmware.request import Answer, Deferred, Refusal, Value, number
from rig.twin.unit.nominal import PADS

COMMIT_MS = 120.0
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SERIAL = re.compile(r"[A-Za-z0-9-]{1,24}")
_NUMBERS = {"cal_ntc1": (-5.0, 5.0), "cal_ntc2": (-5.0, 5.0), "cal_rpm": (0.9, 1.1), "cal_i": (0.8, 1.25)}


class Service:
    """Uncommitted EEPROM page and whether the memory is being written."""

    def __init__(self, unit: Controller) -> None:
        self._unit = unit
        self.page = dict(unit.memory.page)
        self._busy_until_ms = 0.0

    def _busy(self) -> None:
        if self._unit.now_ms() < self._busy_until_ms:
            raise Refusal("BUSY")

    # ---- EEPROM and log
    def get(self, key: Value) -> Answer:
        """EE? <key>."""
        name = str(key)
        return Answer(f"{name}={self.page[name] or 'NONE'}")

    def check_value(self, key: Value, value: Value) -> None:
        """ARGS or RANGE for a value of EE."""
        name, text = str(key), str(value)
        if name in _NUMBERS:
            low, high = _NUMBERS[name]
            if not number(low, high).inside(number(low, high).read(text)):
                raise Refusal("RANGE")
        elif name == "lock":
            if text not in ("0", "1"):
                raise Refusal("RANGE")
        elif (name == "cal_date" and not _DATE.fullmatch(text)) or not _SERIAL.fullmatch(text):
            raise Refusal("ARGS")

    def put(self, key: Value, value: Value) -> Answer:
        """EE <key> <value>: into the page, until EE COMMIT keeps it."""
        self._busy()
        self.page[str(key)] = str(value)
        return Answer()

    def commit(self) -> Answer:
        """EE COMMIT."""
        self._busy()
        self._busy_until_ms = self._unit.now_ms() + COMMIT_MS
        self._unit.memory.commit(self.page)
        self._unit.load_calibration()
        return Answer(milliseconds=COMMIT_MS)

    def erase_log(self) -> Answer:
        """LOG ERASE."""
        self._busy()
        self._busy_until_ms = self._unit.now_ms() + COMMIT_MS
        self._unit.memory.log.clear()
        return Answer(milliseconds=COMMIT_MS)

    # ---- TEST
    def challenge(self) -> Answer:
        """TEST?."""
        return Answer(f"challenge={self._unit.test.challenge()}")

    def unlock(self, response: Value) -> Answer:
        """TEST UNLOCK <8 hex>."""
        if not self._unit.test.unlock(int(str(response), 16)):
            raise Refusal("LOCKED")
        return Answer()

    def leave(self) -> Answer:
        """TEST EXIT."""
        self._unit.end_test()
        return Answer()

    def check_duty(self, channel: Value, _duty: Value, _milliseconds: Value) -> None:
        """RANGE: a pad without heater can't be heated."""
        if channel == "H" and PADS[self._unit.fitted].heater_ohm is None:
            raise Refusal("RANGE")

    def duty(self, channel: Value, duty: Value, milliseconds: Value) -> Answer:
        """TEST DUTY <M or H> <0..1> <ms>; a second one on the same channel takes the first one's place."""
        unit = self._unit
        outputs = unit.outputs
        if unit.reactions.blocking(heat=channel == "H"):
            raise Refusal("FAULT")
        closed_loop = outputs.level > 0 if channel == "M" else outputs.heat != "OFF"
        if closed_loop or outputs.program is not None or unit.inhibited:
            raise Refusal("STATE")
        if channel == "M" and outputs.coasting:
            raise Refusal("BUSY")
        outputs.cooling = False
        outputs.drive(str(channel), float(duty), float(milliseconds))
        return Answer()

    def adc(self, channel: Value, counts: Value, milliseconds: Value) -> Answer:
        """TEST ADC <channel> <counts> <ms>; BUSY while that channel is replaced already."""
        unit = self._unit
        if unit.sense.injected(str(channel), unit.now_ms()):
            raise Refusal("BUSY")
        unit.sense.inject(str(channel), float(counts), round(unit.now_ms() + float(milliseconds)))
        return Answer()

    def mask(self, which: Value, milliseconds: Value) -> Answer:
        """TEST MASK <F01 F05 or BOTH> <ms>."""
        unit = self._unit
        for code in ("F01", "F05") if which == "BOTH" else (str(which),):
            unit.test.masked_until[code] = unit.now_ms() + float(milliseconds)
        return Answer()

    def timerx(self, factor: Value) -> Answer:
        """TEST TIMERX <1..600>; refused once the lock is committed."""
        unit = self._unit
        if unit.memory.page["lock"] == "1" and unit.truth.lock:
            raise Refusal("LOCKED")
        unit.accelerate(float(factor))
        unit.memory.record(round(unit.now_ms()), "TIMERX", f"{float(factor):g}")
        unit.note(f"TIMERX_{float(factor):g}")
        return Answer()

    def coast(self) -> Deferred:
        """TEST COAST?; STATE below 2000 rpm."""
        unit = self._unit
        if unit.reactions.book.latched:
            raise Refusal("FAULT")
        if unit.outputs.coasting:
            raise Refusal("BUSY")
        if unit.outputs.program is not None or abs(unit.tach.rpm()) <= 1900.0:
            raise Refusal("STATE")
        answer = Deferred()

        def landed(milliseconds: float, start_rpm: float) -> None:
            answer.ok(f"coast_ms={milliseconds:.1f} start_rpm={start_rpm:.0f}")

        unit.outputs.coast(landed)
        return answer

    def tach(self, on: Value) -> Answer:
        """TEST TACH <ON OFF>."""
        self._unit.tach.believe(on == "ON")
        return Answer()

    def second_clock(self, percent: Value) -> Answer:
        """TEST CLOCK <percent>: the second clock runs that much faster; a new 60 s window begins."""
        self._unit.test.second_clock_percent = float(percent)
        self._unit.monitor.restart_clock_check()
        return Answer()

    def corrupt(self, what: Value) -> Answer:
        """TEST CORRUPT <EE ROM RAM>: F15 until a reset; ROM and RAM end in a watchdog reset."""
        unit = self._unit
        if what == "EE":
            unit.test.corrupt_eeprom = True
            unit.load_calibration()
            unit.reactions.fault("F15", "EEPROM")
            return Answer()
        unit.note(f"SELFTEST_{what}")
        return Answer(then=lambda: unit.turn_off("WDT"))

    def restart(self, reason: str) -> Answer:
        """TEST WDT, TEST BROWN, RESET, SLEEP, SHIP: the reply first, the act 20 ms later."""
        unit = self._unit
        return Answer(then=lambda: unit.turn_off(reason))
