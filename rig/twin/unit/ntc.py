"""Thermistor and divider arithmetic (vs1.md section 1)."""

import math

from rig.twin.unit.nominal import NOMINAL

KELVIN = 273.15


def ohm_at(celsius: float, reference_ohm: float = NOMINAL.ntc_ohm, beta: float = NOMINAL.ntc_beta) -> float:
    """Resistance of a thermistor."""
    reference = NOMINAL.ntc_reference_celsius + KELVIN
    return reference_ohm * math.exp(beta * (1.0 / (celsius + KELVIN) - 1.0 / reference))


def share(ohm: float, pull_up_ohm: float = NOMINAL.pull_up_ohm) -> float:
    """Divider voltage as a share of the line's supply; an open line reads 1."""
    return 1.0 if math.isinf(ohm) else ohm / (ohm + pull_up_ohm)


def celsius_of(counts: float) -> float:
    """What the firmware makes of a count, before calibration; clipped at the rails."""
    counts = min(max(counts, 1.0), NOMINAL.adc_full - 1.0)
    ohm = NOMINAL.pull_up_ohm * counts / (NOMINAL.adc_full - counts)
    inverse = math.log(ohm / NOMINAL.ntc_ohm) / NOMINAL.ntc_beta
    return 1.0 / (inverse + 1.0 / (NOMINAL.ntc_reference_celsius + KELVIN)) - KELVIN


def counts_at(celsius: float) -> float:
    """Counts of a nominal thermistor at a temperature."""
    return NOMINAL.adc_full * share(ohm_at(celsius))
