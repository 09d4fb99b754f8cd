"""settings.toml: the numbers a plan works with - voltages, durations, rates - with their units in the names.

Add a field here and its value in settings.toml; a missing or unknown key is an error with its path.
"""

from typing import Annotated, Literal

from pydantic import Field

from rig.definitions import Within
from rig.product.model import Model, Positive
from rig.product.sampled_settings import HandArm, Pads, Programs, Soak

Duty = Annotated[float, Field(ge=0, le=1)]
Numbers = Annotated[tuple[float, ...], Field(strict=False, min_length=1)]
Volts = Annotated[float, Within(0.5, 9.0, "V")]
Amperes = Annotated[float, Within(0.01, 6.0, "A")]
Celsius = Annotated[float, Within(30.0, 90.0, "degC")]
Wholes = Annotated[tuple[int, ...], Field(strict=False, min_length=1)]


class Environment(Model):
    """What surroundings the bench may judge in, beside the product's ambient window."""

    most_zero_force_newtons: Positive
    most_force_error: Duty
    pad_seconds: Positive
    answer_seconds: Positive


class Energy(Model):
    """What one energising of a supply may take: bench seconds, and degrees Celsius of what a person touches."""

    max_seconds: Annotated[float, Within(1.0, 14400.0, "s")]
    max_celsius: Annotated[float, Within(30.0, 90.0, "degC")]


class Prepower(Model):
    """The look at resistance and polarity before full power."""

    volts: Annotated[float, Within(0.1, 3.0, "V")]
    limit_amperes: Annotated[float, Within(0.001, 0.1, "A")]
    range_amperes: Positive
    power_line_cycles: Positive
    settle_seconds: Positive
    least_amperes: Positive
    least_share: Positive
    reversed_below_ohm: Positive


class Supply(Model):
    """The battery supply while the unit runs, and how its current is sampled."""

    volts: Volts
    limit_amperes: Amperes
    internal_ohm: Annotated[float, Within(0.0001, 1.0, "ohm")]
    range_amperes: Positive
    rate_hz: Positive
    least_share: Annotated[float, Field(gt=0, lt=1)]
    most_path_ohm: Annotated[float, Within(0.01, 1.0, "ohm")]
    most_meter_difference: Annotated[float, Within(0.001, 0.1)]


class Boot(Model):
    """Waiting for the BOOT event; how long a power cycle stays off."""

    seconds: Positive
    off_seconds: Positive


class Standby(Model):
    """Standby and ship currents on the current meter."""

    settle_seconds: Positive
    ship_settle_seconds: Positive
    marginal_settle_seconds: Positive
    charge_amperes: Positive
    charge_fall_seconds: Positive
    meter_settle_seconds: Positive
    ranges_amperes: Numbers
    range_margin: Positive
    power_line_cycles: Positive


class Sensors(Model):
    """Reading the sensors at rest; `beside` is the bench's thermocouple next to each of NTC1 to NTC4."""

    readings: Annotated[int, Field(gt=0)]
    beside: Annotated[tuple[Literal["plate", "motor", "ambient"], ...], Field(strict=False, min_length=4, max_length=4)]


class HeatRamp(Model):
    """The heat ramp that runs beside the motor tests, and when a unit is cool enough to start."""

    seconds: Positive
    spare_seconds: Positive
    duty: Duty
    telemetry_hz: Annotated[int, Field(gt=0)]
    resistance_delay_seconds: Positive
    current_seconds: Positive
    heater_per_kelvin: Positive
    least_check_amperes: Positive
    least_amperes: Positive
    least_face_share: Annotated[float, Within(0.05, 1.0)]
    least_plate_kelvin: Annotated[float, Within(0.1, 20.0, "K")]
    off_seconds: Annotated[float, Within(0.01, 0.2, "s")]


class Motor(Model):
    """Open-loop motor tests in TEST: the start pulse and two duties; the soft start."""

    idle_seconds: Positive
    pulse_duty: Duty
    pulse_seconds: Positive
    pulses: Annotated[int, Field(gt=0)]
    pulse_rest_seconds: Positive
    pulse_record_seconds: Positive
    pulse_search_seconds: Positive
    pulse_rate_hz: Positive
    winding_window_seconds: Positive
    driver_ohm: Positive
    low_duty: Duty
    high_duty: Duty
    duty_seconds: Positive
    settle_seconds: Positive
    current_seconds: Positive
    start_record_seconds: Positive
    start_share: Duty
    turning_within: Duty
    turning_seconds: Positive
    turning_every_seconds: Positive


class Vibration(Model):
    """The running levels and their spectra."""

    rate_hz: Positive
    range_volts: Positive
    seconds: Positive
    spectrum_seconds: Positive
    spectrum_levels: Wholes
    settle_seconds: Positive
    band_low_hz: Positive
    band_high_hz: Positive


class Cutoffs(Model):
    """Provoking the cut-offs."""

    heat_duty: Duty
    heat_seconds: Annotated[float, Within(0.1, 30.0, "s")]
    heater_settle_seconds: Positive
    look_seconds: Positive
    clear_seconds: Positive
    clear_every_seconds: Positive
    latched_look_after_seconds: Positive
    closed_loop_level: int
    closed_loop_seconds: Positive
    closed_loop_heat: Literal["LOW", "MED", "HIGH"]
    ramp_low_celsius: Celsius
    ramp_high_celsius: Celsius
    ramp_step_celsius: Annotated[float, Within(0.01, 5.0, "K")]
    ramp_step_seconds: Positive
    injection_seconds: Positive
    overtemp_celsius: Celsius
    comparator_low_celsius: Celsius
    comparator_celsius: Celsius
    mask_seconds: Positive
    before_seconds: Positive
    record_margin_seconds: Positive
    record_rate_hz: Positive
    line_volts: Positive
    hold_seconds: Annotated[float, Within(0.001, 0.2, "s")]
    off_share: Annotated[float, Within(0.01, 0.3)]
    stall_level: int
    stall_run_seconds: Positive
    stall_seconds: Positive
    stall_rate_hz: Positive
    stall_hold_seconds: Annotated[float, Within(0.001, 0.5, "s")]
    stall_amperes: Annotated[float, Within(0.05, 3.0, "A")]


class Timers(Model):
    """The accelerated auto-off."""

    acceleration: Positive
    level: int
    most_seconds: Positive
    rate_hz: Positive
    hold_seconds: Positive
    running_amperes: Positive


class Buttons(Model):
    """Pressing keys by solenoid."""

    press_seconds: Positive
    presses: Annotated[int, Field(gt=0)]
    watch_seconds: Positive
    release_seconds: Positive
    heat_after_seconds: Positive
    heat_below_kelvin: Positive
    heat_look_seconds: Positive


class Charger(Model):
    """Charging and its lock-out."""

    volts: Volts
    least_share: Annotated[float, Field(gt=0, lt=1)]
    limit_amperes: Amperes
    settle_seconds: Positive
    readings: Annotated[int, Field(gt=0)]
    level: int
    asked_seconds: Positive
    look_seconds: Positive
    look_rate_hz: Positive


class Calibration(Model):
    """What is stored to try the calibration, before the true one is."""

    trial_kelvin: Positive


class Lock(Model):
    """The look whether accelerated timers are refused: the idle timer would have turned the unit off by then."""

    factor: Annotated[int, Field(ge=1, le=600)]
    idle_seconds: Positive
    least_awake_amperes: Positive


class Contact(Model):
    """Watching the supply current while the connector is wiggled."""

    seconds: Positive
    rate_hz: Positive
    range_volts: Positive
    shortest_seconds: Annotated[float, Within(0.0001, 0.05, "s")]


class Settings(Model):
    """All settings of the plans, by subject."""

    environment: Environment
    energy: Energy
    prepower: Prepower
    supply: Supply
    boot: Boot
    standby: Standby
    sensors: Sensors
    heat: HeatRamp
    motor: Motor
    vibration: Vibration
    cutoffs: Cutoffs
    timers: Timers
    buttons: Buttons
    charger: Charger
    calibration: Calibration
    lock: Lock
    contact: Contact
    soak: Soak
    pads: Pads
    hand_arm: HandArm
    programs: Programs
