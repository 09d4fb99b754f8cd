"""settings.toml: the numbers a plan works with - voltages, durations, rates - with their units in the names.

Add a field here and its value in settings.toml; a missing or unknown key is an error with its path.
"""

from typing import Annotated

from pydantic import Field

from rig.product.model import Model, Positive

Duty = Annotated[float, Field(ge=0, le=1)]
Numbers = Annotated[tuple[float, ...], Field(strict=False, min_length=1)]
Wholes = Annotated[tuple[int, ...], Field(strict=False, min_length=1)]


class Prepower(Model):
    """The look at resistance and polarity before full power."""

    volts: Positive
    limit_amperes: Positive
    seconds: Positive
    reversed_below_ohm: Positive


class Supply(Model):
    """The battery supply while the unit runs."""

    volts: Positive
    limit_amperes: Positive
    most_path_ohm: Positive


class Boot(Model):
    """Waiting for the BOOT event."""

    seconds: Positive


class Standby(Model):
    """Standby and ship currents on the current meter."""

    settle_seconds: Positive
    seconds: Positive
    range_amperes: Positive


class HeatRamp(Model):
    """The heat ramp that runs beside the motor tests, and when a unit is cool enough to start."""

    seconds: Positive
    duty: Duty
    cool_within_kelvin: Positive
    resistance_seconds: Positive


class Motor(Model):
    """Open-loop motor tests in TEST: the start pulse and two duties."""

    pulse_duty: Duty
    pulse_seconds: Positive
    winding_window_seconds: Positive
    low_duty: Duty
    high_duty: Duty
    duty_seconds: Positive
    settle_seconds: Positive
    current_rate_hz: Positive
    current_seconds: Positive
    start_level: int
    ripple_level: int
    coast_level: int
    sense_level: int


class Vibration(Model):
    """The running levels and their spectra."""

    rate_hz: Positive
    seconds: Positive
    spectrum_levels: Wholes
    settle_seconds: Positive
    band_low_hz: Positive
    band_high_hz: Positive


class Cutoffs(Model):
    """Provoking the cut-offs."""

    heat_duty: Duty
    drive_ms: Positive
    ramp_low_celsius: float
    ramp_high_celsius: float
    ramp_step_celsius: Positive
    ramp_step_seconds: Positive
    mask_ms: Positive
    record_seconds: Positive
    record_rate_hz: Positive
    off_below_share: Duty
    stall_level: int
    stall_seconds: Positive
    retry_seconds: Positive


class Timers(Model):
    """The accelerated auto-off."""

    acceleration: Positive
    level: int
    most_seconds: Positive


class Buttons(Model):
    """Pressing keys by solenoid."""

    press_seconds: Positive
    presses: int
    watch_seconds: Positive


class Charger(Model):
    """Charging and its lock-out."""

    volts: Positive
    limit_amperes: Positive
    settle_seconds: Positive
    seconds: Positive


class Contact(Model):
    """Watching the supply current while the connector is wiggled."""

    seconds: Positive
    rate_hz: Positive
    dropout_share: Duty


class Soak(Model):
    """The long warm soak of the sampled plan."""

    seconds: Positive
    every_seconds: Positive


class Programs(Model):
    """Running body-area programs in the sampled plan."""

    contact_newtons: Positive
    every_seconds: Positive


class Settings(Model):
    """All settings of the plans, by subject."""

    prepower: Prepower
    supply: Supply
    boot: Boot
    standby: Standby
    heat: HeatRamp
    motor: Motor
    vibration: Vibration
    cutoffs: Cutoffs
    timers: Timers
    buttons: Buttons
    charger: Charger
    contact: Contact
    soak: Soak
    programs: Programs
