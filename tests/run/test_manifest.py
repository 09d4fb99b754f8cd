"""What a plan promises is known, and held against the product, before anything is energised."""

import pytest

from rig.product import load_product
from rig.run.manifest import Declaration, build_manifest, hash_sources

TINY = """
@pytest.mark.measures("standby.current")
def test_standby(measure, good):
    measure("standby.current", good("standby.current"))
"""
HEATER = """
@pytest.mark.measures("heater.resistance")
def test_heater(measure, good):
    measure("heater.resistance", good("heater.resistance"))
"""


@pytest.fixture(scope="module")
def tiny(tiny_product):
    return load_product(tiny_product)


def declared(*measures, parameters=None):
    return Declaration("test_it", tuple(measures), parameters or {})


BASE = (("standby.current", "heater.resistance"), {})


def expected(tiny, *measures, parameters=None):
    manifest = build_manifest([declared(BASE, *measures, parameters=parameters)], tiny, "tiny", "")
    return [one.name for one in manifest.expected[2:]]


def test_conditions_come_from_parameters(tiny):
    assert expected(tiny, (("motor.current",), {}), parameters={"level": 3}) == ["motor.current, level 3"]


def test_conditions_come_from_the_marker_first(tiny):
    found = expected(tiny, (("motor.current",), {"level": [1, 2]}), parameters={"level": 3})
    assert found == ["motor.current, level 1", "motor.current, level 2"]


def test_the_marker_may_name_conditions_of_some_ids_only(tiny):
    found = expected(tiny, (("motor.current", "boot.time"), {"level": 1}))
    assert found == ["motor.current, level 1", "boot.time"]


@pytest.mark.parametrize(
    ("measures", "message"),
    [
        ((("motor.current",), {}), "no value for its condition 'level'"),
        ((("motor.current",), {"level": 9}), "motor.current"),
        ((("motor.curent",), {}), "motor.curent: no such measurement id"),
        ((("boot.time",), {"level": 1}), "no condition 'level'"),
        ((("motor.current",), {"level": True}), "must be a text or a number"),
        ((("standby.current",), {}), "declared already"),
    ],
)
def test_faults_are_named(tiny, measures, message):
    from rig.errors import ConfigError

    with pytest.raises(ConfigError, match=message):
        expected(tiny, measures)


def test_heater_is_left_out_for_a_pad_without_one(tiny):
    manifest = build_manifest(
        [declared((("standby.current",), {})), Declaration("test_heater", ((("heater.resistance",), {}),), {})],
        tiny.with_pad("BALL"),
        "tiny",
        "",
    )
    assert [one.id for one in manifest.expected] == ["standby.current"]
    assert manifest.tests == ("test_it",)


def test_hash_is_of_names_and_contents(tmp_path):
    one, other = tmp_path / "a.py", tmp_path / "b.py"
    one.write_text("x")
    other.write_text("")
    before = hash_sources([one, other])
    one.write_text("")
    other.write_text("x")
    assert hash_sources([other, one]) != before


def test_emptied_plan_is_refused(run_plan):
    ran = run_plan(TINY)
    assert ran.told.refusals == ["plan tiny must measure heater.resistance, but no test declares it"]
    assert ran.told.summary is None
    assert ran.status not in (0, 1)


def test_plan_that_cant_be_read_is_refused(run_plan):
    ran = run_plan("def test_broken(:\n")
    assert "SyntaxError" in ran.told.refusals[0]


def test_test_for_another_pad_is_no_gap(run_plan):
    ran = run_plan(TINY + HEATER, "--pad", "BALL")
    assert ran.verdict == "PASS"


def test_collecting_only_starts_nothing(run_plan):
    ran = run_plan(TINY + HEATER, "--collect-only")
    assert ran.told.calls == []
    assert not ran.data.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--serial", "VS1-26-1"), "serial 'VS1-26-1': must match"),
        (("--pad", "ROUND"), "--pad: pad 'ROUND'"),
        (("--slot", "0"), "--slot 0"),
        (("--seed", "3"), "--seed: works on the built-in twin only"),
        (("--station", "nowhere.toml"), "--station 'nowhere.toml': no such file"),
        (("--plan", "tinier"), "plan tinier: no plan of VS-1, and no "),
    ],
)
def test_wrong_call_is_refused(run_plan, arguments, message):
    ran = run_plan(TINY + HEATER, *arguments)
    assert message in ran.told.refusals[0]
    assert ran.told.summary is None


def test_record_that_cant_be_written_is_refused(run_plan, tmp_path):
    (tmp_path / "data").write_text("no directory")
    ran = run_plan(TINY + HEATER)
    assert "data" in ran.told.refusals[0]
    assert ran.told.summary is None
