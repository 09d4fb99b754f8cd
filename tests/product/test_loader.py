"""What a broken definition is told: every error, with its file and key path."""

import math
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rig.errors import ConfigError
from rig.product import Product, load_product
from rig.product.loader import BUILT_IN


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUILT_IN, tmp_path / "vs1"))


def change(directory: Path, name: str, *replacements: tuple[str, str]) -> None:
    path = directory / name
    text = path.read_text(encoding="utf-8")
    for before, after in replacements:
        assert before in text, before
        text = text.replace(before, after, 1)
    path.write_text(text, encoding="utf-8")


def complaints(directory: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_product(directory)
    return [line.removeprefix(f"{directory}/") for line in str(caught.value).splitlines()]


def test_the_copy_is_sound_and_equal(copy: Path):
    assert Product.from_files(copy).limits_hash == load_product().limits_hash


LIMITS, PLANS, PROGRAMS = "limits.toml", "plans.toml", "programs.toml"
SETTINGS, FACTS, IDS = "settings.toml", "product.toml", "measurements.toml"
CURRENT = "1 = [0.060, 0.127, 0.200]"


# (file, text there, what stands there instead, the complaint)
@pytest.mark.parametrize(
    ("name", "before", "after", "complaint"),
    [
        # wrong in itself
        (LIMITS, CURRENT, "1 = [0.19, 0.07]", "by.level.1.high: low 0.19 is above high 0.07"),
        (LIMITS, CURRENT, "1 = [0.07, nan]", "by.level.1.high: must be a finite number"),
        (LIMITS, CURRENT, "1 = [-inf, 0.1]", "by.level.1.low: must be a finite number"),
        (LIMITS, CURRENT, '1 = ["0.07", 0.1]', "by.level.1.low: must be a valid number"),
        (LIMITS, CURRENT, "1 = [true, 0.1]", "by.level.1.low: must be a valid number"),
        (LIMITS, CURRENT, "1 = [0.07]", "by.level.1: give [low, high]"),
        (LIMITS, "high = 1.5", "high = 1.5\nhihg = 2.0", "(boot.time) hihg: unknown key"),
        (LIMITS, "high = 1.5", "high = nan", "(boot.time) high: must be a finite number"),
        (LIMITS, 'requirement = "FUN-001"', "", "(boot.time) requirement: missing"),
        (LIMITS, "safety = true", 'safety = true\nrule = "lenient"', "rule: must be 'simple', 'guarded' or"),
        (LIMITS, "high = 1.5", "", "boot.time: give low, high or one_of"),
        (LIMITS, "high = 1.5", 'high = 1.5\none_of = ["x"]', "boot.time: one_of stands alone"),
        ("levels.toml", "2000.0", "0.0", "levels.toml: levels.1.rpm: must be greater than 0 (it is 0.0)"),
        ("levels.toml", "2000.0", '"2000"', "levels.toml: levels.1.rpm: must be a valid number"),
        ("pads.toml", "mass_g = 0.0, ", "", "pads.toml: pads.FLAT.mass_g: missing"),
        (SETTINGS, "volts = 1.0", "volts = nan", "prepower.volts: must be a finite number"),
        (SETTINGS, "pulse_duty = 0.25", "pulse_duty = 1.25", "motor.pulse_duty: must be less than or"),
        (SETTINGS, "[contact]", "[contakt]", "contakt: unknown key"),
        (SETTINGS, "[contact]", "[contakt]", "contact: missing"),
        ("requirements.toml", "SAF-001", "SAFE-1", "requirements.toml: requirements.SAFE-1"),
        (IDS, "boot.time", "Boot", "measurements.Boot"),
        (FACTS, "[battery]", "[battery", "not TOML: Expected ']'"),
        # at odds with another file
        (LIMITS, CURRENT, "7 = [0.07, 0.19]", "(motor.current) level: '7' is not one of 1, 2, 3, 4, 5"),
        (LIMITS, "by.level = { 1 = [0.060", "by.sensor = { 1 = [0.060", "conditions: has sensor"),
        (LIMITS, "high = 1.5", "high = 1.5\nby.level = { 1 = [1, 2] }", "by: low, high and one_of can"),
        (LIMITS, "ELE-001", "ELE-999", "requirement: 'ELE-999' is not in requirements.toml"),
        (LIMITS, '"boot.time"', '"boot.tine"', "(boot.tine) id: is not in measur"),
        (LIMITS, '"boot.time"', '"boot.tine"', 'minimum."boot.time": no limit for'),
        (LIMITS, 'pads = ["BALL"]', 'pads = ["BALLS"]', "(pad.id) pads: 'BALLS' is not in pads.toml"),
        (LIMITS, 'pads = ["BALL"]', 'pads = ["FLAT"]', "pad.id: given twice for pad FLAT"),
        (LIMITS, 'pads = ["WAVE"]', 'pads = ["FLAT"]', 'minimum."pad.id": no limit for'),
        (LIMITS, 'one_of = ["1.4.2"]', 'one_of = ["1.4.3"]', "one_of: product.toml says firmware 1.4.2"),
        ("retest.toml", "attempts = 3", "attempts = 4", "retest.toml: top level: 2 of 4 leave it open"),
        ("retest.toml", "[\"engineer\"]", "[\"enginer\"]", "disposition_roles[0]: must be"),
        ("retest.toml", "motor = 1020.0", "motr = 1020.0", "cool.time_constant_seconds.motr"),
        (LIMITS, ", 5 = [0.210, 0.487, 0.760]", "", 'minimum."motor.current": no limit for level 5, pad FLAT'),
        (PLANS, '"boot.time"', '"boot.tyme"', 'minimum."boot.tyme": is not in measur'),
        (PLANS, "releases = true", "releases = false", "plans.toml: no plan releases a unit: give at least one"),
        (IDS, 'made_with = ["all"]', 'made_with = ["al"]', "made_with: 'al' is none of battery, charger"),
        (PLANS, "level = 5", "level = 4", 'minimum."tach.ratio": no limit for level 4'),
        (PLANS, '"FLAT", "WAVE", ', '"FLAT", "WAVES", ', "plans.production.pads: 'WAVES' is not in pads.toml"),
        (PROGRAMS, '"BALL", "WAVE"', '"BALL", "WAVES"', "programs.NECK.pads: 'WAVES' is not in pads.toml"),
        (PROGRAMS, "highest_level = 2", "highest_level = 6", "NECK.highest_level: level 6 is"),
        (PROGRAMS, "lowest_level = 1", "lowest_level = 3", "NECK.highest_level: below lowest_level"),
        (PROGRAMS, '"LOW"', '"WARM"', "programs.NECK.heat_cap: 'WARM' is not in levels.toml"),
        (IDS, "level = [1, 2, 3, 4, 5]", "level = [1, 2, 3, 4]", "conditions.level: is not what"),
        (IDS, '["sensor"]', '["probe"]', "\"ntc.offset\".conditions: 'probe' is not in"),
        (FACTS, '"FLAT"', '"FLATS"', "fitted_pad: 'FLATS' is not in pads.toml"),
        (FACTS, r"VS1-\d{4}", r"VS1-(\d{4}", "serial_pattern: no regular expression"),
        (FACTS, "low_celsius = 15.0", "low_celsius = 45.0", "ambient.high_celsius: not above"),
        (FACTS, "empty_volts = 6.0", "empty_volts = 9.0", "battery: cutoff <= empty"),
        (SETTINGS, "stall_level = 3", "stall_level = 9", "cutoffs.stall_level: level 9 is not"),
        (SETTINGS, "[3, 5]", "[3, 6]", "vibration.spectrum_levels: level 6 is not in levels.toml"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(copy: Path, name: str, before: str, after: str, complaint: str):
    change(copy, name, (before, after))
    lines = complaints(copy)
    assert any(complaint in line for line in lines), lines


def test_all_mistakes_of_all_files_come_at_once(copy: Path):
    change(copy, "limits.toml", (CURRENT, "1 = [0.19, 0.07]"), ("high = 1.5", "hihg = nan"))
    change(copy, "levels.toml", ("2000.0", '"fast"'), ("rpm = 2500.0", "rmp = 2500.0"))
    change(copy, "faults.toml", ("[faults.F01]", "[faults.F01"))
    (copy / "pads.toml").unlink()
    lines = complaints(copy)
    for complaint in (
        "limits.toml: limit[28] (motor.current) by.level.1.high: low 0.19 is above high 0.07",
        "limits.toml: limit[2] (boot.time) hihg: unknown key",
        "levels.toml: levels.1.rpm: must be a valid number (it is 'fast')",
        "levels.toml: levels.2.rpm: missing",
        "levels.toml: levels.2.rmp: unknown key",
        "pads.toml: No such file or directory",
    ):
        assert complaint in lines
    assert any(line.startswith("faults.toml: not TOML: ") and "line 2," in line for line in lines)
    assert len(lines) == 7


def test_all_contradictions_come_at_once(copy: Path):
    change(copy, "limits.toml", ("ELE-001", "ELE-999"), ('"boot.time"', '"boot.tine"'))
    change(copy, "programs.toml", ('"LOW"', '"WARM"'))
    text = "\n".join(complaints(copy))
    for complaint in ("'ELE-999' is not", "(boot.tine) id: is not", "'WARM' is not", '"boot.time": no limit'):
        assert complaint in text


def test_a_file_that_is_not_utf8_is_said_to_be(copy: Path):
    (copy / "levels.toml").write_bytes(b"[levels]\n1 = { rpm = 2000.0 } # \xff")
    assert complaints(copy) == ["levels.toml: not UTF-8 at byte 32"]


def test_a_missing_directory_is_one_line(tmp_path: Path):
    assert len(complaints(tmp_path / "none")) == 1


def test_the_hash_follows_what_is_allowed_and_nothing_else(copy: Path):
    before = load_product(copy).limits_hash
    change(copy, "limits.toml", ('source = "vs1 section 3: boot <= 1.5 s"', 'source = "another wording"'))
    assert load_product(copy).limits_hash == before
    change(copy, "limits.toml", ("high = 1.5", "high = 1.6"))
    assert load_product(copy).limits_hash != before


@settings(derandomize=True, deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=st.tuples(st.floats(0.0, 1e3), st.floats(0.0, 1e3)))
def test_any_interval_is_taken_exactly_or_refused(copy: Path, edges: tuple[float, float]):
    shutil.copy(BUILT_IN / "limits.toml", copy / "limits.toml")
    change(copy, "limits.toml", (CURRENT, f"1 = [{edges[0]!r}, {edges[1]!r}]"))
    if edges[0] > edges[1]:
        assert any("is above high" in line for line in complaints(copy))
    else:
        limit = load_product(copy).limit("motor.current", level=1)
        assert (limit.low, limit.high) == edges
        assert math.isfinite(edges[0] + edges[1])
