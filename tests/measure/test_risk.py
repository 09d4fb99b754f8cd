import pytest

from rig.measure import global_risk


@pytest.mark.parametrize("nominal", [0.0, 1500.0])
def test_global_risk_agrees_with_the_published_resistor_example(nominal: float):
    consumer, producer = global_risk(nominal, 0.12, 0.04, nominal - 0.2, nominal + 0.2, nominal - 0.18, nominal + 0.18)
    assert float(f"{consumer:.3g}") == 0.00988
    assert float(f"{producer:.3g}") == 0.0690


def test_a_tighter_acceptance_moves_risk_from_consumer_to_producer():
    risks = [global_risk(0.0, 1.0, 0.3, -2.0, 2.0, -edge, edge) for edge in (1.4, 1.7, 2.0, 2.3)]
    consumers, producers = zip(*risks, strict=True)
    assert list(consumers) == sorted(consumers)
    assert list(producers) == sorted(producers, reverse=True)


def test_an_almost_perfect_reading_has_no_risk():
    consumer, producer = global_risk(0.0, 1.0, 1e-4, -2.0, 2.0, -2.0, 2.0)
    assert consumer < 1e-4
    assert producer < 1e-4


@pytest.mark.parametrize(("process_sd", "u"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0)])
def test_spreads_are_positive(process_sd: float, u: float):
    with pytest.raises(ValueError, match="must be positive"):
        global_risk(0.0, process_sd, u, -1.0, 1.0, -1.0, 1.0)
