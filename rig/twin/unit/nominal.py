"""The reference device's figures, as its design gives them (vs1.md; section numbers in the comments)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

OPEN_OHM = 10e6
HEATS = ("OFF", "LOW", "MED", "HIGH")


@dataclass(frozen=True, slots=True)
class PadType:
    """A massage pad; `heater_ohm` None is a pad without heat."""

    id_ohm: float
    heater_ohm: float | None
    mass_kg: float
    level_cap: int = 5


@dataclass(frozen=True, slots=True)
class ProgramType:
    """A massage program: lowest and highest level, profile, heat, minutes, pads (none = any)."""

    low: int
    high: int
    profile: str
    heat: str
    minutes: float
    pads: tuple[str, ...]


PADS: Mapping[str, PadType] = MappingProxyType(
    {  # section 1
        "NONE": PadType(OPEN_OHM, None, 0.0, level_cap=2),
        "FLAT": PadType(1.0e3, 6.8, 0.0),
        "BALL": PadType(2.2e3, None, -0.015),
        "WAVE": PadType(4.7e3, 6.8, 0.020),
        "FINGER": PadType(10.0e3, None, 0.010),
        "LARGE": PadType(22.0e3, 5.6, 0.045),
        "SHORT": PadType(50.0, None, 0.0, level_cap=2),
    }
)

PROGRAMS: Mapping[str, ProgramType] = MappingProxyType(
    {  # section 2
        "NECK": ProgramType(1, 2, "ramp", "LOW", 5, ("BALL", "WAVE")),
        "SHOULDERS": ProgramType(1, 4, "wave", "MED", 10, ("FLAT", "BALL")),
        "UPPER_BACK": ProgramType(2, 5, "steps", "MED", 15, ("FLAT", "WAVE")),
        "LOWER_BACK": ProgramType(2, 5, "pulse", "HIGH", 15, ("FLAT", "LARGE")),
        "ARMS": ProgramType(1, 4, "steps", "MED", 10, ("WAVE", "FINGER")),
        "LEGS": ProgramType(2, 5, "steps", "HIGH", 15, ("WAVE", "FINGER")),
        "MANUAL": ProgramType(0, 5, "manual", "HIGH", 15, ()),
    }
)


def _heat_celsius() -> Mapping[str, float]:
    return MappingProxyType({"LOW": 38.0, "MED": 41.0, "HIGH": 43.0})


@dataclass(frozen=True, slots=True)
class Nominal:
    """Every figure that no individual deviates from; SI units unless the name says otherwise."""

    # Sections 1 and 2: hardware, levels, heat
    ntc_ohm: float = 10e3
    ntc_beta: float = 3435.0
    ntc_reference_celsius: float = 25.0
    pull_up_ohm: float = 10e3
    adc_full: int = 4095
    line_volts: float = 3.3
    bimetal_opens_celsius: float = 65.0
    bimetal_closes_celsius: float = 50.0
    link_celsius: float = 77.0
    cycle_limit_amperes: float = 3.0
    trip_amperes: float = 6.0
    level_rpm: tuple[float, ...] = (0.0, 2000.0, 2500.0, 3000.0, 3500.0, 4000.0)
    heat_celsius: Mapping[str, float] = field(default_factory=_heat_celsius)
    soft_start_seconds: float = 0.300
    heater_gain_per_kelvin: float = 0.35
    heater_integral_per_kelvin_second: float = 0.02
    heater_period_seconds: float = 0.1
    heater_pwm_hz: float = 50.0
    motor_pwm_hz: float = 20e3
    charge_amperes: float = 1.00
    charge_volts: float = 8.40
    charge_efficiency: float = 0.90
    # Scales of the injectable ADC channels (section 5 gives none: chosen here, documented with the twin)
    motor_amperes_per_count: float = 0.002
    heater_amperes_per_count: float = 0.001
    volts_per_count: float = 0.0025
    # Section 3: times
    auto_off_seconds: float = 900.0
    idle_off_seconds: float = 180.0
    cooldown_seconds: float = 8.0
    test_seconds: float = 120.0
    boot_seconds: float = 1.1
    # Section 4: thresholds
    over_celsius: float = 52.0
    comparator_celsius: float = 58.0
    adc_open: int = 4000
    adc_short: int = 120
    stall_seconds: float = 0.3
    stall_amperes: float = 2.0
    stall_retry_seconds: float = 2.0
    low_warn_volts: float = 6.4
    low_off_volts: float = 6.0
    dead_volts: float = 2.5
    # Section 5: the wire
    baud: float = 115200.0
    station_key: str = "VS1FACTORY"
    firmware: str = "1.4.2"
    hardware: str = "C"
    bootloader: str = "1.0.3"
    # Section 6: physics of the unit
    reference_celsius: float = 23.0
    winding_per_kelvin: float = 0.0039
    torque_per_kelvin: float = -0.002
    heater_per_kelvin: float = 0.003
    heater_path_ohm: float = 0.11  # both FETs and the pad's pins: what section 6's rises agree with
    contact_torque_per_newton: float = 0.15e-3
    contact_mass_per_newton: float = 0.006
    eccentric_inertia: float = 1.08e-6
    resonance_q: float = 8.0
    ntc_lag_seconds: float = 1.5
    blanket_kelvin_per_watt: float = 45.0
    winding_joule_per_kelvin: float = 9.0
    winding_case_kelvin_per_watt: float = 5.0
    case_joule_per_kelvin: float = 45.0
    case_handle_kelvin_per_watt: float = 9.0
    handle_joule_per_kelvin: float = 180.0
    handle_ambient_kelvin_per_watt: float = 4.0
    dead_ohm: float = 12e3
    diode_volts: float = 0.7
    diode_ohm: float = 0.05
    awake_amperes: float = 9e-3
    ship_amperes: float = 1.8e-6
    settle_amperes: float = 60e-6
    settle_seconds: float = 0.2


NOMINAL = Nominal()
