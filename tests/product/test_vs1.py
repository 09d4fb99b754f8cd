"""The VS-1's own definition says what its description says."""

import re

import pytest

from rig.errors import ConfigError
from rig.measure import Reading, Verdict, decide
from rig.product import Product, load_product

VOCABULARY = [
    "supply.prepower_resistance",
    "supply.polarity",
    "boot.time",
    "identity.firmware",
    "identity.build",
    "identity.serial",
    "eeprom.valid",
    "boot.faults",
    "standby.current",
    "ntc.offset",
    "pad.id",
    "heater.resistance",
    "heater.contact_variation",
    "heater.rise_8s",
    "safety_sensor.rise_8s",
    "safety_sensor.agreement",
    "heater.off_current",
    "motor.winding_resistance",
    "motor.torque_constant",
    "motor.start_time",
    "motor.current",
    "motor.ripple",
    "motor.coast_down",
    "vibration.frequency",
    "vibration.strength",
    "vibration.harmonic_2",
    "vibration.harmonic_3",
    "vibration.subharmonic",
    "vibration.bearing_band",
    "vibration.kurtosis",
    "tach.ratio",
    "motor.direction",
    "cutoff.overtemp.threshold",
    "cutoff.overtemp.time",
    "cutoff.comparator.threshold",
    "cutoff.comparator.time",
    "cutoff.ntc_open.time",
    "cutoff.ntc_short.time",
    "cutoff.closed_loop.time",
    "cutoff.after_commit.time",
    "cutoff.stall.time",
    "cutoff.stall.retries",
    "cutoff.latched",
    "timer.auto_off",
    "button.bounce",
    "button.heat_current",
    "charger.current",
    "charger.lockout",
    "charger.lockout_current",
    "charger.lockout_vibration",
    "charger.plugged_current",
    "charger.plugged_vibration",
    "sense.current_ratio",
    "contact.dropouts",
    "calibration.trial",
    "calibration.stored",
    "calibration.applied",
    "calibration.agreement",
    "release.lock",
    "ship.current",
]


@pytest.fixture(scope="module")
def product() -> Product:
    return load_product()


def conditions_of(product: Product, plan: str, id_: str) -> list[dict[str, object]]:
    return [dict(limit.conditions) for limit in product.limits_for(plan) if limit.id == id_]


def test_production_measures_the_whole_vocabulary(product: Product):
    assert {limit.id for limit in product.limits_for("production")} == set(VOCABULARY)
    assert list(product.measurements)[: len(VOCABULARY)] == VOCABULARY


@pytest.mark.parametrize(
    ("id_", "name", "values"),
    [
        ("ntc.offset", "sensor", [1, 2, 3, 4]),
        ("motor.current", "level", [1, 2, 3, 4, 5]),
        ("vibration.frequency", "level", [1, 2, 3, 4, 5]),
        ("vibration.strength", "level", [1, 2, 3, 4, 5]),
        ("vibration.harmonic_2", "level", [3, 5]),
        ("vibration.harmonic_3", "level", [3, 5]),
        ("vibration.subharmonic", "level", [3, 5]),
        ("vibration.bearing_band", "level", [3, 5]),
        ("vibration.kurtosis", "level", [3, 5]),
        ("tach.ratio", "level", [5]),
        ("button.bounce", "button", ["power", "level", "heat"]),
        ("calibration.trial", "sensor", [1, 2]),
        ("calibration.applied", "sensor", [1, 2, 3, 4]),
        ("calibration.agreement", "sensor", [1, 2]),
    ],
)
def test_production_measures_at_each_condition(product: Product, id_: str, name: str, values: list[object]):
    assert conditions_of(product, "production", id_) == [{name: value} for value in values]
    assert product.condition_names(id_) == (name,)


@pytest.mark.parametrize("pad", ["FLAT", "WAVE", "LARGE"])
def test_heated_pads_are_measured_in_full(product: Product, pad: str):
    assert {limit.id for limit in product.with_pad(pad).limits_for("production")} == set(VOCABULARY)


@pytest.mark.parametrize("pad", ["BALL", "FINGER"])
def test_no_unit_is_released_without_its_thermal_cutoffs(product: Product, pad: str):
    # what is shown with a heater can't be shown without one, and a unit isn't released on less
    with pytest.raises(ConfigError, match="plan production runs with the pads FLAT, WAVE, LARGE"):
        product.with_pad(pad).limits_for("production")


@pytest.mark.parametrize(
    ("pad", "counts"), [("FLAT", 372), ("BALL", 738), ("WAVE", 1309), ("FINGER", 2048), ("LARGE", 2815)]
)
def test_each_pad_is_told_from_the_others(product: Product, pad: str, counts: int):
    assert product.with_pad(pad).limit("pad.id").one_of == (pad,)
    assert product.limit("pads.id", pad=pad).one_of == (pad,)
    facts = product.pads[pad]
    full = product.ntc.adc_full_scale
    assert facts.adc == pytest.approx(full * facts.id_ohm / (facts.id_ohm + product.ntc.pullup_ohm), abs=1)
    assert (facts.adc, facts.adc_tolerance) == (counts, 0.05)


def test_levels_turn_at_their_speed(product: Product):
    turns = [level.hz for level in product.levels.values()]
    assert turns == pytest.approx([33.33, 41.67, 50.0, 58.33, 66.67], abs=0.01)
    for number, level in product.levels.items():
        limit = product.limit("vibration.frequency", level=number)
        assert decide(Reading(level.hz, "Hz"), limit).verdict is Verdict.PASS
        for other in product.levels.values():
            if other is not level:
                assert decide(Reading(other.hz, "Hz"), limit).verdict is Verdict.FAIL


# nominal values of the device's description, and what a catalogued defect of severity 1 makes of them
@pytest.mark.parametrize(
    ("id_", "conditions", "good", "bad"),
    [
        ("standby.current", {}, 18e-6, 250e-6),
        ("ntc.offset", {"sensor": 1}, 0.0, -1.8),
        ("heater.resistance", {}, 6.8, 5.1),
        ("heater.resistance", {}, 6.8, 8.2),
        ("heater.resistance", {}, 6.8, 7.8),
        ("heater.rise_8s", {}, 3.04, 1.52),
        ("safety_sensor.rise_8s", {}, 3.04, 1.52),
        ("safety_sensor.rise_8s", {}, 3.04, 0.0),
        ("safety_sensor.agreement", {}, 0.0, 1.46),
        ("button.heat_current", {}, 0.75, 0.0),
        ("calibration.trial", {"sensor": 2}, 2.0, -2.0),
        ("calibration.applied", {"sensor": 1}, 0.0, -0.4),
        ("motor.winding_resistance", {}, 1.10, 1.54),
        ("motor.torque_constant", {}, 0.0115, 0.0092),
        ("motor.ripple", {}, 0.03, 0.15),
        ("vibration.strength", {"level": 3}, 1.86, 1.86 * 0.72),
        ("vibration.harmonic_2", {"level": 3}, 0.08, 0.25),
        ("vibration.harmonic_3", {"level": 3}, 0.03, 0.25),
        ("vibration.bearing_band", {"level": 5}, 0.06, 0.18),
        ("tach.ratio", {"level": 5}, 1.0, 2.0),
        ("motor.current", {"level": 1}, 0.129, 0.0),
        ("motor.current", {"level": 5}, 0.469, 1.0),
        ("sense.current_ratio", {}, 1.0, 0.9),
        ("contact.dropouts", {}, 0.0, 4.0),
        ("button.bounce", {"button": "power"}, 0.0, 1.0),
        ("ship.current", {}, 1.8e-6, 250e-6),
        ("ship.current", {}, 1.2e-6, 0.0),
        ("standby.current", {}, 18.0e-6, 0.0),
    ],
)
def test_limits_part_good_from_bad(
    product: Product, id_: str, conditions: dict[str, int | str], good: float, bad: float
):
    limit = product.limit(id_, **conditions)
    assert decide(Reading(good, limit.unit), limit).verdict is Verdict.PASS
    assert decide(Reading(bad, limit.unit), limit).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("id_", "good", "bad", "u"),
    [
        ("cutoff.overtemp.threshold", 52.0, 62.0, 0.1),
        ("cutoff.overtemp.time", 0.15, 0.51, 1e-3),
        ("cutoff.comparator.threshold", 58.0, 66.0, 0.43),
        ("cutoff.comparator.time", 0.002, 0.011, 1e-5),
        ("cutoff.ntc_open.time", 0.25, 0.5, 1e-3),
        ("cutoff.ntc_short.time", 0.25, 0.5, 1e-3),
        ("cutoff.closed_loop.time", 0.15, 0.56, 1e-3),
        ("cutoff.after_commit.time", 0.25, 0.43, 1e-3),
        ("charger.plugged_current", 0.0, 0.06, 2e-3),
        ("charger.lockout_current", 0.0, 0.06, 2e-3),
        ("charger.plugged_vibration", 0.02, 0.64, 0.01),
        ("charger.lockout_vibration", 0.02, 0.64, 0.01),
        ("cutoff.stall.time", 0.35, 2.0, 1e-3),
        ("cutoff.stall.retries", 1.0, 2.0, 0.0),
        ("timer.auto_off", 900.0, 1800.0, 2.0),
        ("heater.off_current", 0.009, 0.009 + 0.3 * 7.4 / 6.8, 1e-4),
    ],
)
def test_safety_limits_part_good_from_bad(product: Product, id_: str, good: float, bad: float, u: float):
    limit = product.limit(id_)
    assert limit.safety
    assert decide(Reading(good, limit.unit, u), limit).verdict is Verdict.PASS
    assert decide(Reading(bad, limit.unit, u), limit).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("id_", "good"),
    [
        ("supply.polarity", "normal"),
        ("identity.firmware", "1.4.2"),
        ("identity.serial", "matches"),
        ("eeprom.valid", "valid"),
        ("boot.faults", "NONE"),
        ("motor.direction", "forward"),
        ("cutoff.latched", "latched"),
        ("charger.lockout", "locked"),
        ("calibration.stored", "verified"),
        ("release.lock", "locked"),
    ],
)
def test_states_have_one_good_answer(product: Product, id_: str, good: str):
    assert product.limit(id_).one_of == (good,)


def test_sampled_runs_every_program_on_its_pads(product: Product):
    for id_ in ("program.highest_level", "program.time", "program.contact_force"):
        measured = {(limit["program"], limit["pad"]) for limit in conditions_of(product, "sampled", id_)}
        assert measured == {(name, pad) for name, program in product.programs.items() for pad in program.pads}
    for name, program in product.programs.items():
        for pad in program.pads:
            assert product.limit("program.lowest_level", program=name, pad=pad).low == program.lowest_level
            assert product.limit("program.highest_level", program=name, pad=pad).high == program.highest_level
            time = product.limit("program.time", program=name, pad=pad)
            assert (time.low, time.high) == (program.seconds * 0.98, program.seconds * 1.02)
            if product.pads[pad].heated:
                cap = product.heats[program.heat_cap].celsius
                assert product.limit("program.plate_highest", program=name, pad=pad).high == cap + 1.5


def test_every_requirement_is_measured_and_every_fault_described(product: Product):
    everywhere = {entry.limit.requirement for entries in product.pad_limits.values() for entry in entries}
    assert everywhere == set(product.requirements)
    assert list(product.faults) == [f"F{number:02}" for number in range(1, 21)]
    assert {code for code, fault in product.faults.items() if fault.safety} == {
        "F01", "F02", "F03", "F04", "F05", "F06", "F08", "F11", "F19", "F20",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("serial", "valid"),
    [
        ("VS1-2026-000001", True),
        ("VS1-2026-00001", False),
        ("VS1-2026-0000011", False),
        ("vs1-2026-000001", False),
        ("VS1-26-000001", False),
    ],
)
def test_serials_follow_their_pattern(product: Product, serial: str, valid: bool):
    assert (re.fullmatch(product.serial_pattern, serial) is not None) is valid


def test_a_missing_limit_is_named_with_its_conditions(product: Product):
    with pytest.raises(ConfigError, match=r"motor\.current \(level 6, pad FLAT fitted\): no limit in .*toml$"):
        product.limit("motor.current", level=6)
    with pytest.raises(ConfigError, match=r"motor\.current \(no conditions.*its conditions are level"):
        product.limit("motor.current")
    with pytest.raises(ConfigError, match=r"motor\.curent .*no such measurement id"):
        product.limit("motor.curent", level=3)
    with pytest.raises(ConfigError, match="no such measurement id"):
        product.condition_names("motor.curent")
    with pytest.raises(ConfigError, match=r"heater\.resistance .*pad BALL fitted"):
        product.with_pad("BALL").limit("heater.resistance")


def test_unknown_pads_and_plans_are_named_with_what_there_is(product: Product):
    with pytest.raises(ConfigError, match="pad 'ROUND': VS-1 has FLAT, BALL"):
        product.with_pad("ROUND")
    with pytest.raises(ConfigError, match="plan 'prod': VS-1 has production, sampled"):
        product.limits_for("prod")
    with pytest.raises(ConfigError, match="plan sampled runs with the pads FLAT, not BALL"):
        product.with_pad("BALL").limits_for("sampled")


def test_pads_have_limits_of_their_own(product: Product):
    assert product.limit("vibration.strength", level=3).high == 2.22
    assert product.with_pad("LARGE").limit("vibration.strength", level=3).high == 2.07
    assert product.fitted_pad == "FLAT"
