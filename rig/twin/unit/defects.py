"""The defect catalogue (vs1.md section 8): what each one changes, and what must catch it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from rig.twin.noise import Noise
from rig.twin.unit import changes
from rig.twin.unit.changes import Change
from rig.twin.unit.spread import Truth

Kind = Literal["certain", "sampled", "line", "invisible", "rig"]


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect; `caught_by` names measurements; `yes_or_no` makes the severity a share of time it shows."""

    id: str
    kind: Kind
    where: Literal["unit", "rig"]
    caught_by: tuple[str, ...]
    text: str
    change: Change | None = None
    yes_or_no: bool = False


def _unit(
    defect: str,
    caught_by: str,
    text: str,
    change: Change | None,
    *,
    yes: bool = False,
    kind: Kind = "certain",
) -> Defect:
    return Defect(defect, kind, "unit", tuple(caught_by.split()), text, change, yes)


def _rig(defect: str, caught_by: str, text: str, kind: Kind = "rig") -> Defect:
    return Defect(defect, kind, "rig", tuple(caught_by.split()), text)


_NTC = "ntc.offset heater.rise_8s"

_ALL = (
    # Motor
    _unit("magnet_weak", "motor.torque_constant", "torque constant -20 %", changes.scaled("torque_constant", -0.20)),
    _unit(
        "winding_high_r", "motor.winding_resistance", "winding resistance +40 %", changes.scaled("winding_ohm", 0.40)
    ),
    _unit("winding_shorted_turn", "motor.ripple", "resistance -12 %, 15 % current ripple a turn", changes.shorted_turn),
    _unit("bearing_dry", "vibration.bearing_band", "1 to 8 kHz three times as strong, outer race lines", changes.dry),
    _unit(
        "bearing_tight",
        "motor.current motor.coast_down",
        "Coulomb friction x 3",
        changes.scaled("coulomb_torque", 2.0),
    ),
    _unit("eccentric_missing", "vibration.strength", "no eccentric", changes.no_eccentric, yes=True),
    _unit("eccentric_light", "vibration.strength", "eccentric -28 %", changes.scaled("unbalance_kg_m", -0.28)),
    _unit(
        "pad_loose",
        "vibration.subharmonic vibration.harmonic_2 vibration.harmonic_3",
        "lines at 0.5, 2 and 3 times the speed, 25 % of the first",
        changes.added("loose_share", 0.25),
    ),
    _unit("motor_reversed", "motor.direction", "motor leads swapped", changes.replaced(rotation=-1), yes=True),
    _unit(
        "tach_two_pole",
        "tach.ratio vibration.frequency",
        "two tach pulses a turn",
        changes.replaced(tach_ratio=2.0),
        yes=True,
    ),
    _unit("tach_missing", "tach.ratio motor.start_time", "no pulse: F10", changes.replaced(tach_ratio=0.0), yes=True),
    # Heat
    _unit("heater_open", "heater.resistance", "heater open", changes.replaced(heater_open=True), yes=True),
    _unit("heater_partial_short", "heater.resistance", "heater 5.1 ohm", changes.between("heater_ohm", 6.8, 5.1)),
    _unit("heater_wrong", "heater.resistance", "heater 8.2 ohm", changes.between("heater_ohm", 6.8, 8.2)),
    _unit(
        "pad_contact_resistive",
        "heater.resistance heater.contact_variation",
        "pad contact +1.0 ohm, varying by 20 % at level 5",
        changes.resistive,
    ),
    _unit("ntc_open", "boot.faults ntc.offset", "NTC1 open", changes.replaced(ntc_open=True), yes=True),
    _unit("ntc_short", "boot.faults ntc.offset", "NTC1 shorted", changes.replaced(ntc_short=True), yes=True),
    _unit("ntc_drifted", "ntc.offset", "NTC1 R25 +7 %", changes.first_sensor("ntc_factor", 1.07)),
    _unit("ntc_detached", "heater.rise_8s", "NTC1 half coupled", changes.between("ntc_coupling", 1.0, 0.5)),
    _unit("ntc_swapped", "heater.rise_8s", "NTC1 and NTC3 swapped", changes.replaced(ntc_swapped=True), yes=True),
    _unit(
        "ntc2_detached",
        "safety_sensor.rise_8s safety_sensor.agreement",
        "NTC2 half coupled",
        changes.between("ntc2_coupling", 1.0, 0.5),
    ),
    _unit(
        "ntc2_swapped",
        "safety_sensor.rise_8s safety_sensor.agreement",
        "NTC2 and NTC4 swapped",
        changes.replaced(ntc2_swapped=True),
        yes=True,
    ),
    _unit("wrong_pad", "pad.id heater.resistance", "LARGE in place of FLAT", changes.replaced(pad="LARGE"), yes=True),
    _unit(
        "ntc_wrong_beta",
        "heater.rise_8s soak.plate_temperature",
        "NTC1 beta 3950",
        changes.first_sensor("ntc_beta", 3950.0 / 3435.0),
        kind="sampled",
    ),
    _unit(
        "paste_missing",
        "soak.face_coupling",
        "plate to face x 2.5",
        changes.scaled("plate_face_kelvin_per_watt", 1.5),
        kind="sampled",
    ),
    _unit(
        "thermal_link_wrong",
        "",
        "thermal link for 110 C in place of 77",
        changes.replaced(link_celsius=110.0),
        yes=True,
        kind="invisible",
    ),
    _unit("bimetal_missing", "", "no bimetal", changes.replaced(bimetal=False), yes=True, kind="invisible"),
    # Safety firmware
    _unit(
        "overtemp_threshold_high",
        "cutoff.overtemp.threshold",
        "F01 at 62 C",
        changes.between("over_celsius", 52.0, 62.0),
    ),
    _unit(
        "comparator_wrong",
        "cutoff.comparator.threshold",
        "comparator at 66 C",
        lambda truth, severity: replace(truth, comparator_celsius=truth.comparator_celsius + 8.0 * severity),
    ),
    _unit("stall_cutoff_slow", "cutoff.stall.time", "F09 after 2.0 s", changes.between("stall_seconds", 0.3, 2.0)),
    _unit("stall_cutoff_absent", "cutoff.stall.time", "no F09", changes.replaced(stall_cutoff=False), yes=True),
    _unit("autooff_absent", "timer.auto_off", "no auto-off", changes.replaced(auto_off_seconds=float("inf")), yes=True),
    _unit(
        "autooff_double",
        "timer.auto_off",
        "auto-off after 30 min",
        changes.between("auto_off_seconds", 900.0, 1800.0),
    ),
    _unit(
        "fault_not_latched",
        "cutoff.latched",
        "faults go with their condition",
        changes.replaced(latching=False),
        yes=True,
    ),
    _unit("heater_fet_stuck", "heater.off_current", "heater FET leaks 30 %", changes.added("heater_leak", 0.30)),
    _unit(
        "retry_unbounded",
        "cutoff.stall.retries",
        "a stalled motor is retried for ever",
        changes.replaced(stall_retries=float("inf")),
        yes=True,
    ),
    _unit(
        "cutoff_not_wired",
        "cutoff.overtemp.time cutoff.ntc_open.time cutoff.ntc_short.time",
        "cut-offs work when injected, not from the real sensor line",
        changes.replaced(sensor_wired=False),
        yes=True,
    ),
    _unit(
        "ntc2_line_ignored",
        "cutoff.closed_loop.time",
        "no F01 from NTC2",
        changes.replaced(second_over=False),
        yes=True,
    ),
    _unit(
        "cutoff_open_loop_only",
        "cutoff.closed_loop.time",
        "F01, F03 and F04 are reported in HEAT, and the heat stays on",
        changes.replaced(closed_loop_cutoff=False),
        yes=True,
    ),
    _unit(
        "cutoff_lost_at_commit",
        "cutoff.after_commit.time",
        "no F01, F03 or F04 once the memory was written",
        changes.replaced(cutoff_survives_commit=False),
        yes=True,
    ),
    # Board
    _unit("wrong_firmware", "identity.firmware", "firmware 1.3.9", changes.replaced(firmware="1.3.9"), yes=True),
    _unit("test_build_shipped", "identity.build", "test build, TEST open", changes.replaced(build="test"), yes=True),
    _unit(
        "calibration_missing",
        "eeprom.valid boot.faults",
        "no calibration: F15",
        changes.replaced(calibrated=False),
        yes=True,
    ),
    _unit("serial_blank", "identity.serial", "no serial number in the memory", changes.replaced(serial=""), yes=True),
    _unit("serial_differs", "identity.serial", "another serial number than the label's", None, yes=True),
    _unit("standby_high", "standby.current", "standby 250 uA", changes.added("standby_amperes", 250e-6)),
    _unit(
        "battery_reversed",
        "supply.polarity supply.prepower_resistance",
        "battery leads swapped: a body diode",
        changes.replaced(battery_reversed=True),
        yes=True,
    ),
    _unit(
        "contact_intermittent",
        "contact.dropouts",
        "two or more dropouts a second of 1 to 20 ms while wiggled",
        changes.added("dropouts_per_second", 4.0),
    ),
    _unit(
        "charger_no_lockout",
        "charger.lockout",
        "outputs work while charging",
        changes.replaced(charge_lockout=False),
        yes=True,
    ),
    _unit(
        "lockout_lies",
        "charger.lockout_current charger.lockout_vibration",
        "refuses to run while charging (STATE), and runs",
        changes.replaced(lockout_honest=False),
        yes=True,
    ),
    _unit(
        "charger_ignored_while_running",
        "charger.plugged_current charger.plugged_vibration",
        "a charger that is plugged in stops nothing that runs",
        changes.replaced(charger_stops=False),
        yes=True,
    ),
    _unit("charger_out_of_spec", "charger.current", "charging current +25 %", changes.scaled("charge_amperes", 0.25)),
    _unit(
        "heat_key_dead", "button.heat_current", "heat key without contact", changes.replaced(heat_key=False), yes=True
    ),
    _unit(
        "calibration_sign",
        "calibration.trial",
        "stored offsets are applied the wrong way round",
        changes.replaced(calibration_sign=-1.0),
        yes=True,
    ),
    _unit("lock_missing", "release.lock", "`EE lock 1` locks nothing", changes.replaced(lock=False), yes=True),
    _unit("button_chatter", "button.bounce", "keys bounce for 80 ms", changes.added("chatter_seconds", 0.080)),
    _unit("level_table_wrong", "vibration.frequency", "level 4 runs as level 5", changes.levels, yes=True),
    _unit("shunt_wrong", "sense.current_ratio", "current sense +10 %", changes.shunt),
    # Rig, and what only a line shows
    _rig("pogo_worn", "", "0.6 ohm in the supply path"),
    _rig("thermocouple_lifted", "", "face thermocouple reads 30 % of its rise"),
    _rig("ambient_hot", "", "38 C around the nest; allowed is 15 to 35"),
    _rig("accelerometer_unplugged", "", "accelerometer cable open"),
    _rig("meter_uncalibrated", "", "current meter off, or past its calibration date"),
    _rig("force_drift", "", "scale off zero by 3 N"),
    _rig("nest_hard", "vibration.strength", "nest foam hard: strength -12 %", "line"),
    _rig("accelerometer_gain", "vibration.strength", "accelerometer gain -8 %", "line"),
)

CATALOGUE: Mapping[str, Defect] = MappingProxyType({defect.id: defect for defect in _ALL})


def afflict(truth: Truth, defects: Mapping[str, float], seed: int, serial: str) -> Truth:
    """The individual with its defects; KeyError for an unknown id.

    A yes-or-no defect shows in this placement when a draw of its own falls below its severity.
    """
    for name, severity in sorted(defects.items()):
        defect = CATALOGUE[name]
        if severity <= 0.0:
            continue
        if defect.yes_or_no:
            if Noise(seed, "defect", name, "placement").uniform() >= severity:
                continue
            severity = 1.0
        if name == "serial_differs":
            truth = replace(truth, serial=_other_serial(serial))
        elif name == "standby_high":
            extra = severity * max(250e-6 - truth.standby_amperes, 0.0)
            truth = replace(truth, standby_amperes=truth.standby_amperes + extra)
        elif defect.change is not None:
            truth = defect.change(truth, severity)
    return truth


def _other_serial(serial: str) -> str:
    """The serial number of the unit beside this one."""
    digits = len(serial) - len(serial.rstrip("0123456789"))
    if digits == 0:
        return serial + "-2"
    number = (int(serial[-digits:]) + 1) % 10**digits
    return f"{serial[:-digits]}{number:0{digits}d}"
