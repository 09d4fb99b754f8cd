"""The session in plain pytest: an Allure step and an assertion for each measurement, the waveform attached."""

import allure
import pytest

from benchmarks import workload


def check(name, repeat, number):
    """One measurement, as its reader sees it."""
    reading = workload.value(repeat, number)
    with allure.step(f"{name} {repeat} {number}: {reading:.2f} {workload.UNIT} ({workload.LOW} .. {workload.HIGH})"):
        assert workload.LOW <= reading <= workload.HIGH


@pytest.mark.parametrize("repeat", workload.REPEATS)
def test_pair(repeat):
    """A frequency is right twice."""
    for number in workload.PAIR:
        check("benchmark.pair", repeat, number)
    if workload.carries_waveform(repeat, workload.PAIR):
        allure.attach(workload.samples().tobytes(), name="tone", extension="f32")


@pytest.mark.parametrize("repeat", workload.REPEATS)
def test_triple(repeat):
    """A frequency is right three times."""
    for number in workload.TRIPLE:
        check("benchmark.triple", repeat, number)
