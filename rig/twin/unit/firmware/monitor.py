"""The firmware's cut-offs, looked at every 50 ms (vs1.md section 4)."""

from rig.twin.unit.firmware.reactions import Reactions
from rig.twin.unit.firmware.sense import INVALID
from rig.twin.unit.firmware.watched import Watched
from rig.twin.unit.nominal import NOMINAL, PADS

PERIOD = 0.05
_F01_SAMPLES = 3
_F03_SAMPLES = 5  # the condition has lasted 200 ms at the fifth
_F05_SECONDS = 3.0
_F05_KELVIN = 5.0
_F06_SECONDS = 20.0
_F06_RISE = 1.5
_F06_BELOW = 3.0
_F06_WINDOW = 60.0
_F07_SHARE = 0.6
_F07_SAMPLES = 6
_F08_SHARE = 1.5
_F09_SPEED = 0.2
_F10_DUTY = 0.3
_F10_SECONDS = 1.0
_F12_CELSIUS = 85.0
_F12_RECOVERY = 70.0
_F12_OFF_SECONDS = 5.0
_F13_SECONDS = 1.0
_F14_SAMPLES = 3
_F18_CHARGING = 45.0
_F18_DISCHARGING = 60.0
_F18_COLD = 0.0
_F19_SECONDS = 60.0
_F19_PERCENT = 3.0
_F20_SECONDS = 0.2
_F20_AMPERES = 0.1
_HEALTHY_SECONDS = 1.0


class Monitor:
    """Counters of all conditions; each is a number of samples or seconds in a row."""

    def __init__(self, unit: Watched, reactions: Reactions) -> None:
        self._unit = unit
        self._react = reactions
        self._counts: dict[str, int] = {}
        self._heating_seconds = 0.0
        self._high_duty_seconds = 0.0
        self._start_celsius = 0.0
        self._hot_seconds = 0.0
        self._healthy_seconds = 0.0
        self._pad_samples = 0
        self._pad_wait = False
        self._pad_seen = ""
        self._warned = False
        self._clock_seconds = 0.0
        self._clock_percent = 0.0

    def restart_clock_check(self) -> None:
        """A new 60 s window of the two clocks."""
        self._clock_seconds = 0.0
        self._clock_percent = 0.0

    def tick(self, now_ms: float) -> None:
        """Look at everything once."""
        self._temperatures(now_ms)
        self._heater()
        self._motor()
        self._supply()
        self._pad()
        self._clocks()

    def condition(self, code: str) -> bool:
        """Whether a latched fault's condition is present now (it then can't be cleared)."""
        unit = self._unit
        sense = unit.sense
        match code:
            case "F01":
                return any(self._over(index) for index in (0, 1))
            case "F02":
                return sense.celsius[1] >= NOMINAL.comparator_celsius - 4.0 and sense.cut_counts[1] > 0
            case "F03":
                return any(counts > NOMINAL.adc_open for counts in sense.cut_counts)
            case "F04":
                return any(counts < NOMINAL.adc_short for counts in sense.cut_counts)
            case "F05":
                return self._apart()
            case "F19":
                return abs(self._clock_difference()) > _F19_PERCENT
            case "F08" | "F20":
                return unit.heater_duty is None and sense.heater_amperes > _F20_AMPERES
            case _:
                return False

    def _for(self, code: str, present: bool, samples: int) -> bool:
        """Whether a condition has now been seen that many times in a row; true once a run."""
        if not present:
            self._counts[code] = 0
            return False
        count = self._counts.get(code, 0) + 1
        self._counts[code] = count
        return count == samples

    def _plausible(self, index: int) -> bool:
        return NOMINAL.adc_short <= self._unit.sense.cut_counts[index] <= NOMINAL.adc_open

    def _over(self, index: int) -> bool:
        unit = self._unit
        return self._plausible(index) and unit.sense.cut_celsius[index] >= unit.truth.over_celsius

    def _apart(self) -> bool:
        first, second = self._unit.sense.cut_celsius
        return self._plausible(0) and self._plausible(1) and abs(first - second) > _F05_KELVIN

    def _temperatures(self, now_ms: float) -> None:
        unit = self._unit
        sense = unit.sense
        for index in (0, 1):
            if self._plausible(index) or unit.fitted == "NONE":
                self._counts[f"F03{index}"] = self._counts[f"F04{index}"] = 0
                if unit.fitted == "NONE":
                    continue
            name = f"NTC{index + 1}"
            if unit.cutoffs_lost:
                continue
            heard = index == 0 or unit.truth.second_over
            over = heard and self._over(index) and not unit.test.masked("F01", now_ms)
            if self._for(f"F01{index}", over, _F01_SAMPLES):
                self._react.fault("F01", f"{sense.cut_celsius[index]:.1f}")
            counts = sense.cut_counts[index]
            if self._for(f"F03{index}", counts > NOMINAL.adc_open, _F03_SAMPLES):
                self._react.fault("F03", name)
            if self._for(f"F04{index}", counts < NOMINAL.adc_short, _F03_SAMPLES):
                self._react.fault("F04", name)
        apart = self._apart() and not unit.test.masked("F05", now_ms) and unit.fitted != "NONE"
        if self._for("F05", apart, round(_F05_SECONDS / PERIOD) + 1):
            self._react.fault("F05", f"{abs(sense.cut_celsius[0] - sense.cut_celsius[1]):.1f}")
        self._hot_motor()

    def _hot_motor(self) -> None:
        unit = self._unit
        case = unit.sense.celsius[2]
        if case >= _F12_CELSIUS and unit.outputs_on():
            if self._hot_seconds == 0.0:
                self._react.hot_motor(case, off=False)
            self._hot_seconds += PERIOD
            if self._hot_seconds >= _F12_OFF_SECONDS:
                self._react.hot_motor(case, off=True)
        elif case < _F12_RECOVERY:
            self._hot_seconds = 0.0
            self._react.recovered("F12")

    def _heater(self) -> None:
        unit = self._unit
        sense = unit.sense
        duty = unit.heater_duty
        nominal = PADS[unit.fitted].heater_ohm
        if duty is not None and duty > 0.0 and nominal is not None:
            expected = sense.volts / (nominal + NOMINAL.heater_path_ohm)
            if self._for("F07", sense.heater_amperes < _F07_SHARE * expected, _F07_SAMPLES):
                self._react.fault("F07", f"{sense.heater_amperes:.2f}")
            if self._for("F08", sense.heater_amperes > _F08_SHARE * expected, 2):
                self._react.fault("F08", f"{sense.heater_amperes:.2f}")
        else:
            self._counts["F07"] = self._counts["F08"] = 0
        leaking = not duty and sense.heater_amperes > _F20_AMPERES
        driven = not unit.motor_duty and sense.motor_amperes > _F20_AMPERES
        if self._for("F20", leaking or driven, round(_F20_SECONDS / PERIOD) + 1):
            self._react.fault("F20", "HEATER" if leaking else "MOTOR")
        self._detached(duty)

    def _detached(self, duty: float | None) -> None:
        setpoint = self._unit.heater_setpoint
        if duty is None or setpoint is None:
            self._heating_seconds = self._high_duty_seconds = 0.0
            return
        celsius = self._unit.sense.celsius[0]
        self._heating_seconds += PERIOD
        if duty <= 0.5 or self._high_duty_seconds == 0.0:
            self._start_celsius = celsius
        self._high_duty_seconds = self._high_duty_seconds + PERIOD if duty > 0.5 else 0.0
        if self._high_duty_seconds >= _F06_SECONDS and self._heating_seconds <= _F06_WINDOW:
            if celsius - self._start_celsius < _F06_RISE and celsius < setpoint - _F06_BELOW:
                self._react.fault("F06", f"{celsius - self._start_celsius:.2f}")
            self._high_duty_seconds = 0.0

    def _motor(self) -> None:
        unit = self._unit
        duty = unit.motor_duty
        amperes = unit.sense.motor_amperes
        if self._for("F11", amperes > NOMINAL.trip_amperes, 1):
            self._react.fault("F11", f"{amperes:.2f}")
        speed = abs(unit.tach.rpm())
        driven = duty is not None and duty > 0.0
        slow = driven and speed < _F09_SPEED * unit.target_rpm and amperes > NOMINAL.stall_amperes
        if unit.truth.stall_cutoff and self._for("F09", slow, round(unit.truth.stall_seconds / PERIOD)):
            self._react.stalled()
        silent = duty is not None and duty > _F10_DUTY and unit.tach.edge_age() > PERIOD
        if self._for("F10", silent, round(_F10_SECONDS / PERIOD)):
            self._react.fault("F10", f"{duty or 0.0:.2f}")
        if driven and speed > 0.5 * unit.target_rpm:
            self._healthy_seconds += PERIOD
            if self._healthy_seconds >= _HEALTHY_SECONDS:
                self._react.motor_healthy()
        else:
            self._healthy_seconds = 0.0

    def _supply(self) -> None:
        unit = self._unit
        volts = unit.sense.volts
        if volts >= NOMINAL.low_warn_volts:
            self._warned = False
            self._react.recovered("F13")
        elif not self._warned:
            self._warned = True
            unit.low_battery_warning()
        if self._for("F13", volts < NOMINAL.low_off_volts, round(_F13_SECONDS / PERIOD)):
            self._react.fault("F13", f"{volts:.2f}")
        cell = unit.sense.celsius[3]
        hot = cell > (_F18_CHARGING if unit.charging else _F18_DISCHARGING)
        if hot or (unit.charging and cell < _F18_COLD):
            self._react.fault("F18", f"{cell:.1f}")
        else:
            self._react.recovered("F18")

    def _pad(self) -> None:
        """Every second tick, so that three samples are 100 ms apart."""
        self._pad_wait = not self._pad_wait
        if self._pad_wait:
            return
        unit = self._unit
        seen = unit.sense.pad
        if seen == unit.fitted:
            self._pad_samples = 0
            self._react.recovered("F14")
            return
        self._pad_samples = self._pad_samples + 1 if seen == self._pad_seen else 1
        self._pad_seen = seen
        if self._pad_samples == _F14_SAMPLES:
            if seen == INVALID or unit.outputs_on():
                self._react.fault("F14", seen)
            else:
                unit.pad_changed(seen)

    def _clock_difference(self) -> float:
        unit = self._unit
        second = unit.truth.second_clock * (1.0 + unit.test.second_clock_percent / 100.0)
        return (second / unit.truth.clock - 1.0) * 100.0

    def _clocks(self) -> None:
        self._clock_seconds += PERIOD
        self._clock_percent += self._clock_difference() * PERIOD
        if self._clock_seconds >= _F19_SECONDS:
            mean = self._clock_percent / self._clock_seconds
            self.restart_clock_check()
            if abs(mean) > _F19_PERCENT:
                self._react.fault("F19", f"{mean:.1f}")
