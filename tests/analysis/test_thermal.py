import numpy as np
import pytest

from benchmarks.thermal_prediction import TROUBLES, figures, troubled, wrong_decisions
from rig.analysis.thermal import least_u_factor, predict_final
from rig.errors import InstrumentFault

MOMENTS = np.arange(0.0, 1200.0)


def two_nodes(final: float) -> np.ndarray:
    """A face heated through a plate: no slope at first, 13.6 s and 266 s."""
    fall = (266.0 * np.exp(-MOMENTS / 266.0) - 13.6 * np.exp(-MOMENTS / 13.6)) / (266.0 - 13.6)
    return 23.0 + (final - 23.0) * (1.0 - fall)


def noisy(final: float, seed: int = 1) -> np.ndarray:
    return two_nodes(final) + 0.03 * np.random.default_rng(seed).standard_normal(MOMENTS.size)


@pytest.mark.parametrize(("taus", "oracle"), [(1.0, "20.6"), (1.5, "9.9"), (2.0, "6.0"), (3.0, "3.25")])
def test_least_uncertainty_of_a_final_temperature_to_the_digits_given(taus: float, oracle: str) -> None:
    assert f"{least_u_factor(taus):.{len(oracle.partition('.')[2])}f}" == oracle


@pytest.mark.parametrize(("kind", "share"), [("step", 1.0 / 3.0), ("plate", 0.75)])
def test_simulated_pads_are_covered_and_stop_early(kind: str, share: float) -> None:
    # 500 of them, asked from the first half minute on: python -m tests.campaigns prediction
    found = figures(60, 2026, kind, first_seconds=165 if kind == "step" else 105)
    assert found.covered >= 0.93
    assert found.share <= share


@pytest.mark.parametrize(("trouble", "early"), [("drift", 0.8), ("coarse", 0.8), ("warm", 0.8)])
def test_a_sensor_that_drifts_or_is_coarse_and_a_warm_start_are_covered(trouble: str, early: float) -> None:
    # more of them: python -m benchmarks.thermal_prediction --troubles
    found = troubled(24, 2026, TROUBLES[trouble], first_seconds=210)
    assert found.covered >= 0.93 * found.stopped
    assert found.early >= early


def test_a_soak_seldom_stops_with_the_wrong_answer_close_to_a_limit() -> None:
    assert wrong_decisions(60, 2027, 0.15, error_rate=0.05, first_seconds=150) <= 0.05


def test_a_smaller_error_rate_and_more_looks_make_a_soak_wait() -> None:
    part = slice(0, 400)
    found = predict_final(MOMENTS[part], noisy(48.0)[part])
    limit = found.final_celsius + 3.1 * found.u
    assert predict_final(MOMENTS[part], noisy(48.0)[part], high=limit).enough  # 3.02 u for 20 looks
    assert not predict_final(MOMENTS[part], noisy(48.0)[part], high=limit, looks=60).enough  # 3.34 u
    assert not predict_final(MOMENTS[part], noisy(48.0)[part], high=limit, error_rate=0.01).enough


def plate_and_face(seconds: int, final_plate: float) -> tuple[np.ndarray, np.ndarray]:
    """A plate that comes to its set point, a face that follows it with 42 s and loses an eighth of the rise."""
    plate = 23.0 + (final_plate - 23.0) * np.minimum(MOMENTS / 100.0, 1.0)
    face = np.empty_like(plate)
    face[0] = 23.0
    for second in range(1, plate.size):
        aim = 23.0 + 0.88 * (plate[second] - 23.0)
        face[second] = aim + (face[second - 1] - aim) * np.exp(-1.0 / 42.0)
    rng = np.random.default_rng(3)
    return tuple(track[:seconds] + 0.03 * rng.standard_normal(seconds) for track in (plate, face))


def test_a_measured_source_says_early_where_what_it_heats_will_end() -> None:
    plate, face = plate_and_face(170, 43.0)
    found = predict_final(MOMENTS[:170], face, source_celsius=plate)
    true = 23.0 + 0.88 * 20.0
    assert true - face[-1] > 1.0  # there is a way to go
    assert abs(found.final_celsius - true) < 2.0 * found.u
    assert found.u < 0.4
    assert found.tau_s == pytest.approx(42.0, rel=0.15)


def test_a_source_that_still_warms_up_leaves_the_end_open() -> None:
    plate, face = plate_and_face(90, 43.0)
    assert not predict_final(MOMENTS[:90], face, source_celsius=plate).enough


def test_power_and_source_at_once_are_refused() -> None:
    plate, face = plate_and_face(90, 43.0)
    with pytest.raises(ValueError, match="one of them"):
        predict_final(MOMENTS[:90], face, plate, source_celsius=plate)


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
