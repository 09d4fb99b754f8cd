"""A second product and a plan outside the repository, from the command to PASS and FAIL."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rig.errors import ConfigError, RigError, UsageError
from rig.product.serials import counted, numbered
from rig.run.options import make_options, mended
from rig.run.plans import directory_of
from rig.run.prepare import product_of
from tests.product.mini import PLAN, write_mini


def rig(*arguments):
    command = [sys.executable, "-m", "rig.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A directory that isn't the repository's, with the Mini's definition and its plan."""
    directory = tmp_path_factory.mktemp("elsewhere")
    write_mini(directory / "mini")
    shutil.copytree(PLAN, directory / "line_end", ignore=shutil.ignore_patterns("__pycache__"))
    return directory


def test_the_second_product_passes_and_fails_by_its_own_limits_and_serials(place):
    given = ("--product", place / "mini", "--plan", place / "line_end", "--data", place / "data", "--json")
    good = rig("test", *given)
    answer = json.loads(good.stdout)
    assert (good.returncode, answer["verdict"], answer["reasons"]) == (3, "PASS", []), good.stderr
    assert answer["unit_reason"] == "line_end passed; release has not run"
    assert (answer["serial"], answer["plan"], answer["measurements"]) == ("MN26-0001", "line_end", 5)
    bad = rig("test", *given, "--defect", "eccentric_light")
    answer = json.loads(bad.stdout)
    assert (bad.returncode, answer["verdict"], answer["serial"]) == (1, "FAIL", "MN26-0002"), bad.stderr
    assert set(answer["failed"]) == {"vibration.strength"}
    # who reads takes the product from the record
    shown = rig("show", "MN26-0001", "--data", place / "data", "--json")
    found = json.loads(shown.stdout)
    assert (shown.returncode, found["attempts"][0]["plan"], shown.stderr) == (0, "line_end", "")
    reported = rig("report", "MN26-0002", "--data", place / "data")
    assert (reported.returncode, reported.stderr) == (0, "")


def test_a_virtual_lot_of_the_second_product(place):
    proved = rig("prove", "--product", place / "mini", "--plan", place / "line_end", "--lot", 1, "--seed", 3, "--json")
    assert proved.returncode == 0, proved.stderr
    assert json.loads(proved.stdout.splitlines()[-1])["false_fails"] == 0


def product(place, **changes):
    given = {"serial": "MN26-0003", "plan": str(place / "line_end"), "data": "no", "product": str(place / "mini")}
    options = make_options(**{**given, **changes})
    found = product_of(options)
    mended(options, found.serial_pattern, found.first_serial)
    return found


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"serial": "VS1-2026-000001"}, UsageError, r"must match MN\d{2}-\d{4} (for example MN26-0001)"),
        ({"product": "vs2"}, UsageError, "--product 'vs2': neither a known product (vs1) nor a directory with product"),
        ({"plan": "production"}, ConfigError, "plan production: no plan of Mini, and no "),
        ({"plan": "nowhere"}, UsageError, "--plan 'nowhere': unknown; known plans: production, sampled, or the path"),
        ({"plan": __file__}, UsageError, "is a file; give its directory"),
        ({"product": None, "serial": "VS1-2026-000001", "pad": "BALL"}, UsageError, "--pad BALL: plan line_end needs"),
    ],
)
def test_what_is_asked_for_wrongly_is_one_line(place, changes, kind, said):
    with pytest.raises(RigError) as refused:
        product(place, **changes)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert type(refused.value) is kind


RULE = 'text = "x"\npads = ["FLAT"]\n'


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (None, 'write there text = "...", pads = ["FLAT"] and, below [minimum], what it must at least measure'),
        (RULE, "plan.toml: minimum: missing"),
        (RULE + "[minimum]\n", "plan.toml: minimum: "),
        (RULE + 'releases = true\n[minimum]\n"boot.time" = {}\n', "plan.toml: releases: unknown key"),
        (RULE + 'energy = { max_seconds = 9.0 }\n[minimum]\n"boot.time" = {}\n', "plan.toml: energy: unknown key"),
        (RULE + '[minimum]\n"boot.tine" = {}\n', "plan.toml: minimum: boot.tine"),
        (
            RULE + '[minimum]\n"vibration.strength" = { level = [1] }\n',
            "plan.toml: minimum: vibration.strength (level 1",
        ),
        (RULE.replace("FLAT", "ROUND") + '[minimum]\n"boot.time" = {}\n', "plan.toml: pads: Mini has FLAT, BALL"),
        ("text = ", "plan.toml: not TOML"),
    ],
)
def test_a_plan_without_a_rule_or_with_a_wrong_one_isnt_begun(place, tmp_path, rule, said):
    plan = tmp_path / "mine"
    plan.mkdir()
    if rule is not None:
        (plan / "plan.toml").write_text(rule)
    with pytest.raises(ConfigError) as refused:
        product(place, plan=str(plan))
    assert said in str(refused.value)


def test_a_directory_that_only_has_the_name_of_a_plan_isnt_that_plan(tmp_path):
    (tmp_path / "production").mkdir()
    with pytest.raises(UsageError, match="isn't the rig's own plan production; rename the directory, or --plan prod"):
        make_options(serial=None, plan=str(tmp_path / "production"), data="no")
    with pytest.raises(UsageError, match="isn't the rig's own plan production"):
        make_options(serial=None, plan=None, plan_path=tmp_path / "production", data="no")


def test_a_plan_has_one_rule(place, tmp_path):
    definition = shutil.copytree(place / "mini", tmp_path / "mini")
    rule = f'[plans.line_end]\n{RULE}releases = true\n[plans.line_end.minimum]\n"boot.time" = {{}}\n'
    (definition / "plans.toml").write_text(rule)
    with pytest.raises(ConfigError, match=r"plan\.toml: Mini rules plan line_end itself; remove the file"):
        product(place, product=str(definition))


def test_a_file_belongs_to_the_plan_above_it(place, tmp_path):
    (place / "line_end" / "more").mkdir(exist_ok=True)
    assert directory_of(place / "line_end" / "more") == place / "line_end"
    assert directory_of(Path("/x/test_plans/production/more/test_x.py")) == Path("/x/test_plans/production")
    assert directory_of(tmp_path) == tmp_path


def test_serials_are_counted_from_the_first():
    assert numbered("VS1-2026-000001", 42) == "VS1-2026-000042"
    assert numbered("MN26-0001", 12345) == "MN26-2345"
    following = counted("MN26-0009")
    assert [next(following), next(following)] == ["MN26-0009", "MN26-0010"]
