"""What a lot's outcomes are counted as."""

from dataclasses import replace

import pytest

from rig.errors import UsageError
from rig.prove.catalogue import Defect, chosen, load_catalogue
from rig.prove.report import markdown, report_on
from rig.prove.unit import Outcome

CATALOGUE = {
    "magnet_weak": Defect("magnet_weak", "certain", "unit", ("motor.torque_constant",), "torque constant -20 %"),
    "pogo_worn": Defect("pogo_worn", "rig", "rig", (), "0.6 ohm in the supply path"),
    "paste_missing": Defect("paste_missing", "sampled", "unit", ("soak.face_coupling",), "no paste"),
}


def outcome(verdict: str, defect: str = "", *failed: str) -> Outcome:
    return Outcome(1, defect, verdict, failed, (), 37.0, 1.0)


def test_a_good_unit_that_does_not_pass_is_a_false_fail() -> None:
    report = report_on([outcome("PASS"), outcome("FAIL", "", "motor.ripple"), outcome("ERROR")], CATALOGUE, 2.0)
    assert len(report.false_fails) == 2
    assert report.rate_per_s == 1.5


def test_a_defect_is_caught_by_a_measurement_that_names_it_only() -> None:
    outcomes = [
        outcome("FAIL", "magnet_weak", "motor.torque_constant", "calibration.stored"),
        outcome("FAIL", "magnet_weak", "motor.ripple"),
        outcome("PASS", "magnet_weak"),
        outcome("ERROR", "magnet_weak", "motor.torque_constant"),
    ]
    report = report_on(outcomes, CATALOGUE, 1.0)
    assert (report.rows[0].units, report.rows[0].caught) == (4, 1)
    assert report.rows[0].by == ("motor.torque_constant",)
    assert [one.defect for one in report.escapes] == ["magnet_weak"]


def test_rig_trouble_must_be_an_error_and_never_a_fail() -> None:
    report = report_on([outcome("ERROR", "pogo_worn"), outcome("FAIL", "pogo_worn")], CATALOGUE, 1.0)
    assert (report.rows[0].units, report.rows[0].caught) == (2, 1)
    assert [one.verdict for one in report.blamed] == ["FAIL"]
    lost = replace(outcome("ERROR", "pogo_worn"), standing="blocked")
    assert report_on([lost], CATALOGUE, 1.0).blamed == [lost]


def test_what_only_samples_can_show_does_not_count_as_an_escape() -> None:
    assert not report_on([outcome("PASS", "paste_missing")], CATALOGUE, 1.0).escapes


def test_the_table_tells_its_command_and_every_defect() -> None:
    table = markdown(report_on([outcome("PASS"), outcome("PASS", "magnet_weak=0.5")], CATALOGUE, 1.0), "rig prove x")
    assert "`rig prove x`" in table
    assert "1 of 1 passed" in table
    assert "| `magnet_weak=0.5` | torque constant -20 % | certain | 0 of 1 | - (1 PASS) |" in table


def test_what_nothing_caught_tells_how_the_runs_ended() -> None:
    ended = [outcome("ERROR", "paste_missing"), outcome("PASS", "paste_missing"), outcome("ERROR", "paste_missing")]
    assert "| sampled | 0 of 3 | - (2 ERROR, 1 PASS) |" in markdown(report_on(ended, CATALOGUE, 1.0), "x")


def test_the_catalogue_comes_from_the_twin() -> None:
    catalogue = load_catalogue()
    assert len(catalogue) >= 50
    assert catalogue["magnet_weak"].caught_by == ("motor.torque_constant",)
    assert chosen(catalogue, ("all",)) == list(catalogue)
    assert chosen(catalogue, ("magnet_weak=0.5", "magnet_weak=0.5")) == ["magnet_weak=0.5"]
    with pytest.raises(UsageError, match="no_such"):
        chosen(catalogue, ("no_such",))
