"""The same seed gives the same values, bit for bit; `python -m tests.campaigns determinism` repeats it at length."""

import pytest

from tests.campaigns import determinism

REPEATED = ("every core busy", "on one core", "at pace 20")


@pytest.fixture(scope="module")
def idle_run(tmp_path_factory):
    return determinism.run_under("idle", tmp_path_factory.mktemp("idle"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("condition", REPEATED)
def test_same_seed_same_values(idle_run, tmp_path, condition):
    told = determinism.run_under(condition, tmp_path)
    assert determinism.first_difference(idle_run, told) is None
    assert len(told) > 60


@pytest.mark.timeout(300)
def test_another_seed_differs(idle_run, tmp_path):
    told = determinism.run_once(tmp_path, serial="VS1-2026-000002")
    assert determinism.first_difference(idle_run, told) is not None
    assert len(told) == len(idle_run)


def test_where_runs_part_is_said():
    assert determinism.first_difference(["a", "b"], ["a", "c"]) == "line 1: 'b' became 'c'"
    assert determinism.first_difference(["a"], ["a", "b"]) == "1 lines became 2"
    assert determinism.first_difference(["a"], ["a"]) is None
