import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from rig.analysis.thermal import predict_final
from rig.errors import InstrumentFault

MOMENTS = np.arange(0.0, 1200.0)


def two_nodes(final: float) -> np.ndarray:
    """A face heated through a plate: no slope at first, 13.6 s and 266 s."""
    fall = (266.0 * np.exp(-MOMENTS / 266.0) - 13.6 * np.exp(-MOMENTS / 13.6)) / (266.0 - 13.6)
    return 23.0 + (final - 23.0) * (1.0 - fall)


def noisy(final: float, seed: int = 1) -> np.ndarray:
    return two_nodes(final) + 0.03 * np.random.default_rng(seed).standard_normal(MOMENTS.size)


def test_simulated_pads_are_covered_and_stop_at_a_third() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "thermal_prediction.py"
    spec = importlib.util.spec_from_file_location("thermal_prediction", path)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules["thermal_prediction"] = benchmark
    spec.loader.exec_module(benchmark)
    covered, share, _ = benchmark.figures(100, 2026, regulated=False)
    assert covered >= 0.93
    assert share <= 1.0 / 3.0


def test_end_and_time_constant_from_a_part() -> None:
    found = predict_final(MOMENTS[:400], noisy(48.0)[:400])
    assert abs(found.final_celsius - 48.0) < 2 * found.u
    assert found.u < 0.6
    assert found.tau_s == pytest.approx(266.0, rel=0.15)


def test_never_enough_before_the_slow_time_constant_is_known() -> None:
    early = predict_final(MOMENTS[:60], noisy(48.0)[:60], wanted_u=1e9)
    assert not early.enough


def test_limits_decide_when_a_soak_may_stop() -> None:
    part = slice(0, 400)
    assert predict_final(MOMENTS[part], noisy(48.0)[part], high=53.0).enough
    assert predict_final(MOMENTS[part], noisy(48.0)[part], high=43.0).enough
    assert not predict_final(MOMENTS[part], noisy(48.0)[part], high=48.2).enough
    assert not predict_final(MOMENTS[part], noisy(48.0)[part], low=47.8, high=53.0).enough


def test_power_given_in_two_steps() -> None:
    watts = np.where(MOMENTS < 150.0, 2.0, 1.0)
    late = two_nodes(33.0) - 23.0
    shifted = np.concatenate((np.zeros(150), late[:-150]))
    celsius = 23.0 + 2.0 * late - shifted + 0.03 * np.random.default_rng(2).standard_normal(MOMENTS.size)
    found = predict_final(MOMENTS[:700], celsius[:700], watts[:700])
    assert found.final_celsius == pytest.approx(33.0, abs=max(0.3, 2 * found.u))


def test_full_power_that_may_be_regulated_any_moment_is_not_enough() -> None:
    part = slice(0, 250)
    assert not predict_final(MOMENTS[part], noisy(48.0)[part], np.full(250, 5.0), high=30.0).enough


def test_no_record_is_a_fault() -> None:
    with pytest.raises(InstrumentFault, match="rising"):
        predict_final(MOMENTS[:50], noisy(40.0)[:60])
    with pytest.raises(InstrumentFault):
        predict_final(MOMENTS[:50], np.full(50, np.nan))
    with pytest.raises(InstrumentFault, match="power"):
        predict_final(MOMENTS[:50], noisy(40.0)[:50], np.zeros(50))
    with pytest.raises(InstrumentFault):
        predict_final(MOMENTS[:5], noisy(40.0)[:5])
