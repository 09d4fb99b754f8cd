import numpy as np
import pytest
from numpy.typing import NDArray

from rig.analysis.spectrum import amplitude_spectrum, band_rms, harmonic_ratio, kurtosis, line_amplitude, rms
from rig.errors import InstrumentFault

RATE_HZ = 20_000.0


def sine(hz: float, amplitude: float, count: int = 20_000) -> NDArray[np.float64]:
    return amplitude * np.sin(2 * np.pi * hz * np.arange(count) / RATE_HZ + 0.7)


def test_line_beside_a_strong_one_between_the_bins() -> None:
    samples = 11.0 + sine(50.37, 2.0) + sine(100.74, 0.02)
    assert line_amplitude(samples, RATE_HZ, 100.74) == pytest.approx(0.02, rel=0.001)


def test_harmonic_and_subharmonic_ratio() -> None:
    samples = sine(58.3, 3.0) + sine(29.15, 0.75) + sine(116.6, 0.24)
    assert harmonic_ratio(samples, RATE_HZ, 58.3, 2) == pytest.approx(0.08, rel=1e-3)
    assert harmonic_ratio(samples, RATE_HZ, 58.3, 0.5) == pytest.approx(0.25, rel=1e-3)
    assert harmonic_ratio(samples, RATE_HZ, 58.3, 3) < 1e-4
    assert harmonic_ratio(samples, RATE_HZ, 58.3, 1) == 1.0


def test_line_outside_the_spectrum_is_refused() -> None:
    with pytest.raises(ValueError, match="half of"):
        line_amplitude(sine(50, 1.0), RATE_HZ, 10_000.0)
    with pytest.raises(InstrumentFault, match="two periods"):
        line_amplitude(sine(50, 1.0, 400), RATE_HZ, 50.0)


def test_rms_is_about_the_mean() -> None:
    assert rms(5.0 + sine(50, 2.0)) == pytest.approx(np.sqrt(2.0))


def test_kurtosis_of_noise_sine_and_knocks() -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(100_000)
    assert kurtosis(noise + 9.0) == pytest.approx(3.0, abs=0.06)
    assert kurtosis(sine(50, 2.0)) == pytest.approx(1.5, abs=1e-6)
    noise[::1000] += 10.0
    assert kurtosis(noise) > 8.0


def test_band_rms_of_a_line_in_and_out_of_the_band() -> None:
    samples = 3.0 + sine(50.0, 5.0) + sine(2000.4, 0.4)
    assert band_rms(samples, RATE_HZ, 1000.0, 8000.0) == pytest.approx(0.4 / np.sqrt(2), rel=1e-3)
    assert band_rms(samples, RATE_HZ, 3000.0, 8000.0) < 1e-3


def test_band_rms_of_white_noise_is_its_share() -> None:
    noise = np.random.default_rng(2).standard_normal(20_000)
    assert band_rms(noise, RATE_HZ, 1000.0, 8000.0) == pytest.approx(np.sqrt(0.7), rel=0.02)
    assert band_rms(noise, RATE_HZ, 0.0, 10_000.0) == pytest.approx(1.0, rel=0.02)


def test_band_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="half of"):
        band_rms(sine(50, 1.0), RATE_HZ, 1000.0, 12_000.0)
    with pytest.raises(InstrumentFault, match="resolve"):
        band_rms(sine(50, 1.0, 100), RATE_HZ, 1000.0, 1100.0)


@pytest.mark.parametrize("resolution_hz", [None, 2.0, 10.0])
def test_spectrum_shows_amplitudes_at_any_resolution(resolution_hz: float | None) -> None:
    hz, amplitude = amplitude_spectrum(sine(1000.0, 2.0), RATE_HZ, resolution_hz)
    assert hz[int(np.argmax(amplitude))] == pytest.approx(1000.0)
    assert float(amplitude.max()) == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("estimator", [rms, kurtosis, lambda x: band_rms(x, RATE_HZ, 1.0, 2000.0)])
@pytest.mark.parametrize("samples", [[], [np.nan] * 100, [9.9e37] * 100])
def test_no_record_is_a_fault(estimator, samples) -> None:
    with pytest.raises(InstrumentFault):
        estimator(samples)
