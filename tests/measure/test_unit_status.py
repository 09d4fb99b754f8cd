"""Two of three, as a table: every history of up to five events against the rule written down a second time."""

import itertools
import re

import pytest

from rig.measure.unit_status import Disposition, PastAttempt, Standing, overall_status, unit_status

PASS, FAIL, ERROR, DOUBT, UNSAFE, DISPOSED = EVENTS = "PFEdfD"
DOUBTED_UNSAFE = "u"  # a failed safety measurement that the rig's trouble explains
VERDICTS = {PASS: "PASS", FAIL: "FAIL", UNSAFE: "FAIL"}
LONGEST = 5


def history(events: str, plan: str = "production") -> list[PastAttempt | Disposition]:
    items: list[PastAttempt | Disposition] = []
    for number, event in enumerate(events, 1):
        if event == DISPOSED:
            items.append(Disposition("looked at", "engineer-1", "engineer", "2026-11-22T00:00:00Z"))
            continue
        safety = ("cutoff.latched",)
        found: dict[str, tuple[str, ...]] = {}
        if event == UNSAFE:
            found = {"failed": safety, "unsafe": safety}
        elif event == DOUBTED_UNSAFE:
            found = {"doubted": safety, "doubted_unsafe": safety}
        elif event == DOUBT:
            found = {"doubted": ("motor.current, level 3",)}
        elif event == FAIL:
            found = {"failed": ("motor.current, level 3",)}
        items.append(PastAttempt(f"run-{number}", plan, number, VERDICTS.get(event, "ERROR"), **found))
    return items


def expected(events: str) -> str:
    """The rule in other words: a pattern over the letters of the judgements."""
    if re.search("f[^D]*$", events):
        return "blocked"
    # a PASS between a failed safety measurement and the disposition counts as if it had judged nothing
    counted = re.sub("f[^D]*", lambda found: found.group().replace("P", "E"), events)
    letters = counted.replace("D", "").replace("f", "F")
    if not letters:
        return "untested"
    if re.fullmatch("E+", letters):
        return "not judged"
    # E may stand anywhere inside of a series; the series that pass are P, FPP and dPP, each later attempt begins
    # another; d may stand wherever E may in a series that takes two PASS, and takes two where it stands first
    passed = "(E*P|E*d[Ed]*P[Ed]*P|E*d[Ed]*F[Ed]*P[Ed]*P|E*d[Ed]*P[Ed]*F[Ed]*P|E*F[Ed]*P[Ed]*P)"
    if re.fullmatch(f"{passed}+", letters):
        return "passed"
    if re.match(f"{passed}*[Ed]*F[Ed]*(F|P[Ed]*F)", letters) or re.match(f"{passed}*E*d[Ed]*P[Ed]*F[Ed]*F", letters):
        return "failed"
    return "retest needed"


def test_every_history_stands_where_the_rule_says():
    wrong, seen = [], set()
    for length in range(LONGEST + 1):
        for letters in itertools.product(EVENTS, repeat=length):
            events = "".join(letters)
            standing = unit_status(history(events), "production", 2).standing
            seen.add(standing)
            if standing != expected(events):
                wrong.append((events, str(standing), expected(events)))
    assert wrong == []
    assert seen == set(Standing) - {Standing.NOT_RELEASED}  # which is of several plans


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ("", "untested"),
        ("P", "passed"),
        ("F", "retest needed"),
        ("FP", "retest needed"),  # a single PASS after a FAIL isn't a passed unit
        ("FPP", "passed"),
        ("FPF", "failed"),
        ("FF", "failed"),
        ("FFPPP", "failed"),  # for good
        ("FFDPP", "failed"),  # a disposition opens a block, and nothing else
        ("EEE", "not judged"),
        ("EP", "passed"),
        ("FEPEP", "passed"),  # what judged nothing doesn't count among the three
        ("PE", "retest needed"),  # tested again, for a reason, and not judged since
        ("PF", "retest needed"),
        ("PFP", "retest needed"),
        ("PFPP", "passed"),
        ("f", "blocked"),
        ("fPP", "blocked"),
        ("fPPD", "retest needed"),  # passes without the disposition don't count
        ("fDP", "retest needed"),
        ("fDPP", "passed"),
        ("fDf", "blocked"),
        ("fDfD", "failed"),
        ("Pf", "blocked"),
        ("d", "retest needed"),  # what the rig may have caused takes two PASS
        ("dP", "retest needed"),
        ("dPP", "passed"),
        ("dddddd", "retest needed"),  # and never decides
        ("dF", "retest needed"),
        ("Fd", "retest needed"),
        ("FdF", "failed"),
        ("FdPdP", "passed"),
    ],
)
def test_where_a_unit_stands(events, standing):
    assert unit_status(history(events), "production", 2).standing == standing
    assert expected(events) == standing


def test_one_plan_doesnt_judge_another_and_a_block_holds_for_all():
    mixed = [*history("F"), *history("P", "sampled")]
    assert unit_status(mixed, "production", 2).standing == "retest needed"
    assert unit_status(mixed, "sampled", 2).standing == "passed"
    assert overall_status(mixed, 2, ["production"]).plan == "production"
    blocked = [*history("P"), *history("f", "sampled")]
    assert unit_status(blocked, "production", 2).standing == "blocked"
    assert overall_status(history(""), 2, ["production"]).standing == "untested"


def test_a_safety_measurement_that_the_rig_explains_blocks_the_second_time():
    assert unit_status(history("u"), "production", 2).standing == "retest needed"
    assert unit_status(history("uP"), "production", 2).standing == "retest needed"
    assert unit_status(history("uPP"), "production", 2).standing == "passed"
    assert unit_status(history("uPu"), "production", 2).standing == "blocked"
    assert unit_status(history("uDu"), "production", 2).standing == "retest needed"


@pytest.mark.parametrize(
    ("production", "sampled", "standing", "reason"),
    [
        ("P", "", "passed", "attempt 1 passed"),
        ("P", "P", "passed", "production and sampled passed"),
        ("", "P", "not released", "sampled passed; production has not run"),
        ("E", "P", "not judged", "production: no attempt has judged it: test it again"),
        ("P", "F", "retest needed", "sampled: attempt 1 failed: needs 2 more PASS (best of 3); 1 more FAIL rejects it"),
        ("P", "FPP", "passed", "production and sampled passed"),
        ("P", "FF", "failed", "sampled: attempts 1 and 2 failed: for good; set it aside with its label"),
        ("P", "E", "not judged", "sampled: no attempt has judged it: test it again"),
    ],
)
def test_passed_takes_a_pass_of_every_releasing_plan_and_no_other_plans_doubt(production, sampled, standing, reason):
    both = [*history(production), *history(sampled, "sampled")]
    status = overall_status(both, 2, ["production"])
    assert (status.standing, status.reason) == (standing, reason)


def test_two_releasing_plans_must_both_have_passed():
    assert overall_status(history("P"), 2, ["production", "final"]).reason == "production passed; final has not run"
    assert overall_status(history("P"), 2, ["final", "ship"]).reason == "production passed; final and ship have not run"
    both = [*history("P"), *history("P", "final")]
    assert overall_status(both, 2, ["production", "final"]).standing == "passed"


def test_where_no_plan_releases_nothing_passes():
    assert overall_status(history("P"), 2, []).standing == "not released"


def test_an_attempt_that_goes_on_judges_nothing_but_may_block():
    going_on = PastAttempt("run-2", "production", 2, None)
    assert unit_status([*history("F"), going_on], "production", 2).standing == "retest needed"
    unsafe = PastAttempt("run-2", "production", 2, None, ("cutoff.latched",))
    assert unit_status([*history("F"), unsafe], "production", 2).standing == "blocked"


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ("P", "attempt 1 passed"),
        ("FP", "attempt 1 failed, attempt 2 passed: needs 1 more PASS (best of 3); 1 more FAIL rejects it"),
        ("FF", "attempts 1 and 2 failed: for good; set it aside with its label"),
        (
            "Pf",
            "safety measurement failed: cutoff.latched in attempt 2 of plan production; only `rig disposition` opens "
            "it again",
        ),
        (
            "d",
            "attempt 1 failed while the rig was in trouble, which decides nothing: needs 2 more PASS (best of 3); 2 "
            "more FAIL reject it",
        ),
        ("PE", "it was tested again and not judged since: test it again"),
        ("E", "no attempt has judged it: test it again"),
    ],
)
def test_the_reason_is_one_line(events, reason):
    assert unit_status(history(events), "production", 2).reason == reason


def test_three_of_five_is_only_another_number():
    assert [str(unit_status(history("FPPFP"[:n]), "production", 3).standing) for n in (3, 4, 5)] == [
        "retest needed",
        "retest needed",
        "passed",
    ]
