"""The session as a plan of ours."""

import pytest

from benchmarks import workload
from rig.measure import Reading

pytestmark = [pytest.mark.requirement("PRF-001"), pytest.mark.usefixtures("bench")]


@pytest.mark.measures("benchmark.pair", number=workload.PAIR)
@pytest.mark.parametrize("repeat", workload.REPEATS)
def test_pair(run, measure, repeat):
    """A frequency is right twice."""
    for number in workload.PAIR:
        measure("benchmark.pair", Reading(workload.value(repeat, number), workload.UNIT), repeat=repeat, number=number)
    if workload.carries_waveform(repeat, workload.PAIR):
        run.waveform("tone", workload.samples(), workload.RATE_HZ, "V")


@pytest.mark.measures("benchmark.triple", number=workload.TRIPLE)
@pytest.mark.parametrize("repeat", workload.REPEATS)
def test_triple(measure, repeat):
    """A frequency is right three times."""
    for number in workload.TRIPLE:
        measure(
            "benchmark.triple", Reading(workload.value(repeat, number), workload.UNIT), repeat=repeat, number=number
        )
