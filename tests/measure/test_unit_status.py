"""Two of three, as a table: every history of up to five events against the rule written down a second time."""

import itertools
import re

import pytest

from rig.measure.unit_status import Disposition, PastAttempt, Standing, overall_status, unit_status

PASS, FAIL, ERROR, UNSAFE_FAIL, UNSAFE_ERROR, DISPOSED = EVENTS = "PFEfeD"
VERDICTS = {PASS: "PASS", FAIL: "FAIL", ERROR: "ERROR", UNSAFE_FAIL: "FAIL", UNSAFE_ERROR: "ERROR"}
LONGEST = 5


def history(events: str, plan: str = "production") -> list[PastAttempt | Disposition]:
    items: list[PastAttempt | Disposition] = []
    for number, event in enumerate(events, 1):
        if event == DISPOSED:
            items.append(Disposition("looked at", "engineer-1", "engineer", "2026-11-22T00:00:00Z"))
        else:
            unsafe = ("cutoff.latched",) if event in "fe" else ()
            items.append(PastAttempt(f"run-{number}", plan, number, VERDICTS[event], unsafe))
    return items


def expected(events: str) -> str:
    """The rule in other words: a pattern over the letters of the judgements."""
    if re.search("[fe][^D]*$", events):
        return "blocked"
    # a PASS between a failed safety measurement and the disposition counts as if it had judged nothing
    counted = re.sub("[fe][^D]*", lambda found: found.group().replace("P", "E"), events)
    letters = counted.replace("D", "").replace("e", "E").replace("f", "F")
    if not letters:
        return "untested"
    if re.fullmatch("E+", letters):
        return "not judged"
    # E may stand anywhere inside of a series; the series that pass are P and FPP, each later attempt begins another
    passed = "(E*P|E*FE*PE*P)"
    if re.fullmatch(f"{passed}+", letters):
        return "passed"
    if re.match(f"{passed}*E*FE*(F|PE*F)", letters):
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
    assert seen == set(Standing)


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
        ("e", "blocked"),  # whatever the run's verdict
        ("eD", "not judged"),
        ("eDP", "passed"),
        ("Pe", "blocked"),
    ],
)
def test_where_a_unit_stands(events, standing):
    assert unit_status(history(events), "production", 2).standing == standing
    assert expected(events) == standing


def test_one_plan_doesnt_judge_another_and_a_block_holds_for_all():
    mixed = [*history("F"), *history("P", "sampled")]
    assert unit_status(mixed, "production", 2).standing == "retest needed"
    assert unit_status(mixed, "sampled", 2).standing == "passed"
    assert overall_status(mixed, 2).plan == "production"
    blocked = [*history("P"), *history("f", "sampled")]
    assert unit_status(blocked, "production", 2).standing == "blocked"
    assert overall_status(history(""), 2).standing == "untested"


def test_an_attempt_that_goes_on_judges_nothing_but_may_block():
    going_on = PastAttempt("run-2", "production", 2, None)
    assert unit_status([*history("F"), going_on], "production", 2).standing == "retest needed"
    unsafe = PastAttempt("run-2", "production", 2, None, ("cutoff.latched",))
    assert unit_status([*history("F"), unsafe], "production", 2).standing == "blocked"


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ("P", "attempt 1 passed"),
        ("FP", "attempt 1 failed, 1 passed since the series began: 1 more PASS of 3 pass it, 1 more FAIL fails it"),
        ("FF", "attempts 1 and 2 failed: for good; set it aside with its label"),
        ("Pf", "safety measurement failed: cutoff.latched in attempt 2; only `rig disposition` opens it again"),
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
