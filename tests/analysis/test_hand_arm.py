import numpy as np
import pytest

from rig.analysis.hand_arm import daily_exposure, vector_sum, weighted_rms, wh_weight
from rig.errors import InstrumentFault

# third octaves at their exact centres 10^(n/10) Hz, to the digits the design gives
THIRD_OCTAVES = [
    (8, "0.727"),
    (9, "0.873"),
    (10, "0.951"),
    (11, "0.958"),
    (12, "0.896"),
    (13, "0.782"),
    (14, "0.647"),
    (15, "0.519"),
    (16, "0.411"),
    (17, "0.324"),
    (18, "0.256"),
    (19, "0.202"),
    (20, "0.160"),
    (21, "0.127"),
    (22, "0.101"),
    (23, "0.0799"),
    (24, "0.0634"),
    (25, "0.0503"),
    (26, "0.0398"),
    (27, "0.0314"),
    (28, "0.0245"),
    (29, "0.0186"),
    (30, "0.0135"),
    (31, "0.00894"),
]


@pytest.mark.parametrize(("n", "oracle"), THIRD_OCTAVES)
def test_weighting_at_third_octaves_to_the_digits_given(n: int, oracle: str) -> None:
    digits = len(oracle.split(".")[1])
    assert f"{wh_weight(10 ** (n / 10)):.{digits}f}" == oracle


def test_weighting_at_the_calibrator_s_half_frequency() -> None:
    assert f"{wh_weight(79.58):.4f}" == "0.2020"


def test_weighting_of_no_frequency_is_refused() -> None:
    with pytest.raises(ValueError, match="no frequency"):
        wh_weight(-1.0)


@pytest.mark.parametrize("hz", [16.0, 50.3, 66.7, 333.3])
def test_weighted_rms_of_a_sine_is_its_weighted_amplitude(hz: float) -> None:
    time = np.arange(10007) / 1e4
    samples = 9.81 + 3.0 * np.sin(2 * np.pi * hz * time + 0.4)
    assert weighted_rms(samples, 1e4) == pytest.approx(3.0 / np.sqrt(2) * wh_weight(hz), rel=0.003)


def test_weighted_rms_adds_powers() -> None:
    time = np.arange(8192) / 8192
    samples = 2.0 * np.sin(2 * np.pi * 50 * time) + 5.0 * np.cos(2 * np.pi * 200 * time)
    expected = np.hypot(2.0 * wh_weight(50), 5.0 * wh_weight(200)) / np.sqrt(2)
    assert weighted_rms(samples, 8192) == pytest.approx(expected, rel=1e-3)


def test_weighted_rms_of_no_record_is_a_fault() -> None:
    with pytest.raises(InstrumentFault):
        weighted_rms(np.full(100, np.nan), 1e4)


def test_vector_sum() -> None:
    assert vector_sum(1.0, 2.0, 2.0) == 3.0


def test_daily_exposure_of_two_hours_is_half() -> None:
    assert daily_exposure(5.0, 2 * 3600) == pytest.approx(2.5)
    assert daily_exposure(2.5, 8 * 3600) == 2.5


def test_daily_exposure_beyond_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        daily_exposure(1.0, 90000.0)
