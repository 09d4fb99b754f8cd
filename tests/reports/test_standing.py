"""Where a unit stands, as `rig show` and the pages tell it."""

import json

import pytest

from reports.banner import banner, title_of
from reports.plain import build_plain_page
from reports.standing import all_lines, all_units
from rig.cli import cli, status_of
from rig.record import Birth, Record
from tests.record.begun import begun, opened
from tests.record.test_history import attempt, begin

SERIAL = "VS1-2026-000002"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def data(tmp_path):
    with opened(tmp_path) as record:
        attempt(record, SERIAL, "FAIL", safe=False)
        record.dispose(record.history(SERIAL), reason=HOSTILE, by="engineer-1", role="engineer", station="line-1")
        begin(record, SERIAL, again=HOSTILE).end("PASS", [], 1.0, 1.0)
        attempt(record, "VS1-2026-000003", "PASS")
    return tmp_path


def page(data, serial, make):
    with opened(data) as record:
        return make(record, record.attempts(serial))


def test_show_says_where_the_unit_stands(data, capfd):
    assert status_of(cli, ["show", SERIAL, "--data", str(data), "--json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert (shown["unit_status"], shown["plans"]) == ("retest needed", {"production": "retest needed"})
    assert [one["by"] for one in shown["dispositions"]] == ["engineer-1"]
    assert [one["again"] for one in shown["attempts"]] == [None, HOSTILE]
    assert status_of(cli, ["show", SERIAL, "--data", str(data)]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[-1].startswith("unit retest needed: attempt 1 failed, attempt 2 passed")
    assert f"opened again by engineer-1 (engineer, station line-1): {HOSTILE}" in lines[-2]
    assert f"  tested again: {HOSTILE}" in lines


def test_show_without_a_serial_lists_the_units_and_the_first_pass_yield(data, capfd):
    assert status_of(cli, ["show", "--data", str(data), "--json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert [(one["serial"], one["attempts"], one["unit_status"]) for one in shown["units"]] == [
        (SERIAL, 2, "retest needed"),
        ("VS1-2026-000003", 1, "passed"),
    ]
    assert shown["first_pass"] == {"production": {"units": 2, "passed": 1, "yield": 0.5}}
    with opened(data) as record:
        lines = list(all_lines(all_units(record)))
    assert lines[-1] == "plan production: 1 of 2 units passed at first, 50.0%"
    assert status_of(cli, ["show", "--budget", "motor.current", "--data", str(data)]) == 64


def test_the_head_of_the_page_speaks_of_the_unit(data):
    green = "background:#1a7f37"
    head = page(data, "VS1-2026-000003", banner)
    assert green in head
    assert "\u2714 PASSED SIMULATED</b>" in head
    head = page(data, SERIAL, banner)
    assert "\u21bb RETEST SIMULATED</b>" in head
    assert green not in head
    assert "<strong>Let it cool, reseat it, test it again: needs 1 more PASS.</strong>" in head
    assert "unit retest needed: attempt 1 failed" in head
    assert page(data, SERIAL, title_of) == f"{SERIAL}: RETEST SIMULATED, attempt 2 of 2"


def told(record, attempts, directory):
    plain = build_plain_page(record, attempts, {}, directory).read_text(encoding="utf-8")
    return [banner(record, attempts), title_of(record, attempts), plain]


def test_a_simulated_unit_is_marked_and_never_to_be_shipped(tmp_path):
    with opened(tmp_path) as record:
        begun(record, SERIAL, seed=2).end("PASS", [], 1.0, 1.0)
        for shown in told(record, record.attempts(SERIAL), tmp_path):
            assert "PASSED SIMULATED" in shown
            assert "Ship it" not in shown


def test_only_a_real_unit_is_to_be_shipped(tmp_path):
    with Record.open(tmp_path, Birth.of(simulated=False, station="line-1"), begin=True) as record:
        begun(record, SERIAL).end("PASS", [], 1.0, 1.0)
        head, title, plain = told(record, record.attempts(SERIAL), tmp_path)
    assert "<strong>Ship it.</strong>" in head
    assert title == f"{SERIAL}: PASSED, attempt 1 of 1"
    assert "Ship it." in plain


def test_a_run_that_promised_nothing_isnt_complete(data):
    assert "0 of 0 expected measurements, INCOMPLETE" in page(data, SERIAL, banner)


def test_pages_show_dispositions_and_reasons_escaped(data):
    def plain(record, attempts):
        return build_plain_page(record, attempts, {}, data).read_text(encoding="utf-8")

    for shown in (page(data, SERIAL, banner), page(data, SERIAL, plain)):
        assert "opened again by engineer-1" in shown
        assert "tested again: &lt;script&gt;" in shown
        assert "<script>" not in shown
