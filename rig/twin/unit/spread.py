"""One individual: every parameter a production process scatters, drawn from its seed (vs1.md section 6)."""

import math
from dataclasses import dataclass

from rig.twin.noise import Noise
from rig.twin.unit.nominal import NOMINAL


@dataclass(frozen=True, slots=True)
class Truth:
    """The true parameters of one unit after spread and defects; SI units unless the name says otherwise."""

    # Motor and vibration
    winding_ohm: float
    inductance_henry: float
    torque_constant: float
    inertia: float
    coulomb_torque: float
    viscous_torque: float
    bearing_torque_per_newton: float
    driver_ohm: float
    unbalance_kg_m: float
    moving_mass_kg: float
    placement: float
    resonance_hz: float
    second_harmonic: float
    third_harmonic: float
    commutation_g: float
    bearing_g: float
    # Pad and heat
    plate_joule_per_kelvin: float
    face_joule_per_kelvin: float
    plate_face_kelvin_per_watt: float
    face_ambient_kelvin_per_watt: float
    plate_body_kelvin_per_watt: float
    heater_factor: float
    ntc_factor: tuple[float, float, float, float]
    ntc_beta: tuple[float, float, float, float]
    pull_up_factor: tuple[float, float, float, float]
    comparator_celsius: float
    # Board
    clock: float
    second_clock: float
    motor_sense_gain: float
    heater_sense_gain: float
    motor_sense_offset: float
    heater_sense_offset: float
    standby_amperes: float
    ship_amperes: float
    awake_amperes: float
    dead_ohm: float
    boot_seconds: float
    charge_amperes: float
    id_factor: float
    # Set by defects only
    ripple: float = 0.03
    rotation: int = 1
    tach_ratio: float = 1.0
    bearing_lines_g: float = 0.0
    loose_share: float = 0.0
    heater_ohm: float | None = None
    heater_open: bool = False
    contact_ohm: float = 0.0
    contact_flutter: float = 0.0
    ntc_open: bool = False
    ntc_short: bool = False
    ntc_coupling: float = 1.0
    ntc_swapped: bool = False
    ntc2_coupling: float = 1.0
    ntc2_swapped: bool = False
    pad: str | None = None
    bimetal: bool = True
    link_celsius: float = NOMINAL.link_celsius
    over_celsius: float = NOMINAL.over_celsius
    stall_seconds: float = NOMINAL.stall_seconds
    stall_cutoff: bool = True
    stall_retries: float = 1.0
    auto_off_seconds: float = NOMINAL.auto_off_seconds
    latching: bool = True
    heater_leak: float = 0.0
    sensor_wired: bool = True
    second_over: bool = True  # whether NTC2 can bring F01
    closed_loop_cutoff: bool = True  # whether F01, F03 and F04 end closed-loop heat, or are only reported
    cutoff_survives_commit: bool = True
    calibration_sign: float = 1.0
    firmware: str = NOMINAL.firmware
    build: str = "release"
    calibrated: bool = True
    serial: str | None = None
    battery_reversed: bool = False
    dropouts_per_second: float = 0.0
    charge_lockout: bool = True
    lockout_honest: bool = True  # whether a command that is refused isn't obeyed
    charger_stops: bool = True  # whether plugging a charger in stops what runs
    heat_key: bool = True
    lock: bool = True  # whether `EE lock 1` locks anything
    chatter_seconds: float = 0.0
    level_rpm: tuple[float, ...] = NOMINAL.level_rpm


def draw(seed: int) -> Truth:
    """The healthy individual of a seed; each parameter has a stream of its own, so none shifts another."""

    def normal(name: str) -> float:
        return Noise(seed, "unit", name).normal()

    def gauss(name: str, value: float, share: float) -> float:
        return value * (1.0 + share * normal(name))

    def lognormal(name: str, value: float, share: float) -> float:
        return value * math.exp(share * normal(name))

    def uniform(name: str, low: float, high: float) -> float:
        return low + (high - low) * Noise(seed, "unit", name).uniform()

    def four(name: str, value: float, share: float) -> tuple[float, float, float, float]:
        first, second, third, fourth = (gauss(f"{name}{index}", value, share) for index in range(1, 5))
        return first, second, third, fourth

    return Truth(
        winding_ohm=gauss("winding resistance", 1.10, 0.04),
        inductance_henry=gauss("inductance", 0.55e-3, 0.05),
        torque_constant=gauss("torque constant", 0.0115, 0.03),
        inertia=gauss("inertia", 6.0e-6, 0.03),
        coulomb_torque=lognormal("coulomb", 2.2e-3, 0.15),
        viscous_torque=gauss("viscous", 1.2e-6, 0.15),
        bearing_torque_per_newton=gauss("bearing", 0.16e-3, 0.12),
        driver_ohm=gauss("driver", 0.15, 0.10),
        unbalance_kg_m=gauss("eccentric", 0.022 * 0.007, 0.02),
        moving_mass_kg=gauss("moving mass", 0.62, 0.02),
        placement=1.0 + 0.025 * Noise(seed, "placement").normal(),
        resonance_hz=gauss("resonance", 220.0, 0.02),
        second_harmonic=uniform("second harmonic", 0.06, 0.10),
        third_harmonic=uniform("third harmonic", 0.02, 0.04),
        commutation_g=uniform("commutation", 0.01, 0.03),
        bearing_g=lognormal("bearing noise", 0.045, 0.08),
        plate_joule_per_kelvin=gauss("plate", 14.0, 0.04),
        face_joule_per_kelvin=gauss("face", 32.0, 0.06),
        plate_face_kelvin_per_watt=gauss("plate to face", 1.5, 0.10),
        face_ambient_kelvin_per_watt=gauss("face to ambient", 11.0, 0.05),
        plate_body_kelvin_per_watt=gauss("plate to body", 12.0, 0.08),
        heater_factor=gauss("heater", 1.0, 0.02),
        ntc_factor=four("ntc", 1.0, 0.005),
        ntc_beta=four("beta", NOMINAL.ntc_beta, 0.005),
        pull_up_factor=four("pull-up", 1.0, 0.003),
        comparator_celsius=NOMINAL.comparator_celsius + 0.5 * normal("comparator"),
        clock=gauss("clock", 1.0, 0.004),
        second_clock=gauss("second clock", 1.0, 0.004),
        motor_sense_gain=gauss("motor sense gain", 1.0, 0.01),
        heater_sense_gain=gauss("heater sense gain", 1.0, 0.01),
        motor_sense_offset=0.005 * normal("motor sense offset"),
        heater_sense_offset=0.005 * normal("heater sense offset"),
        standby_amperes=lognormal("standby", 18e-6, 0.20),
        ship_amperes=lognormal("ship", NOMINAL.ship_amperes, 0.10),
        awake_amperes=gauss("awake", NOMINAL.awake_amperes, 0.02),
        dead_ohm=gauss("dead", NOMINAL.dead_ohm, 0.10),
        boot_seconds=gauss("boot", NOMINAL.boot_seconds, 0.04),
        charge_amperes=gauss("charge", NOMINAL.charge_amperes, 0.01),
        id_factor=gauss("pad id", 1.0, 0.005),
    )
