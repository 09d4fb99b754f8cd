"""A short run of the benchmark: it measures what it says, and we stay within reach of plain pytest on any machine."""

import pytest

from benchmarks import session, workload
from tests.record.begun import opened

ROUNDS = 3
FAR_TOO_SLOW = 2.0  # in processor time, which a busy machine leaves alone; the targets stand in the benchmark


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    directory = tmp_path_factory.mktemp("benchmark")
    return directory, session.compare(directory, ROUNDS, warm_ups=1)


def test_ratios_are_shown_and_not_absurd(compared, capsys):
    _, found = compared
    figures = session.medians(found)
    with capsys.disabled():
        print()
        print("\n".join(session.lines(figures, ROUNDS)))
    assert {len(rounds) for rounds in found.values()} == {ROUNDS}
    assert 0.0 < figures["ours"]["fsync_s"] < figures["ours"]["seconds"]
    assert figures["ratio"]["without_fsync"] < figures["ratio"]["with_fsync"]
    assert figures["ours"]["cpu_s"] <= FAR_TOO_SLOW * figures["plain"]["cpu_s"]


def test_ours_recorded_everything_durably(compared):
    directory, _ = compared
    with opened(directory / "ours" / "data") as record:
        attempts = record.attempts(workload.SERIAL)
        assert [one.verdict for one in attempts] == ["PASS"] * (ROUNDS + 1)
        for attempt in attempts:
            assert len(record.tests(attempt.run_id)) == workload.TESTS
            assert len(record.measurements(attempt.run_id)) == workload.MEASUREMENTS
            (waveform,) = record.waveforms(attempt.run_id)
            assert waveform.count == workload.SAMPLES
        assert record.verify().ok


def test_plain_pytest_did_the_same(compared):
    directory, _ = compared
    results = sorted((directory / "plain").iterdir())
    assert len(results) == ROUNDS + 1
    for one in results:
        assert len(list(one.glob("*-result.json"))) == workload.TESTS
        (attachment,) = one.glob("*-attachment.f32")
        assert attachment.stat().st_size == 4 * workload.SAMPLES
