import pytest

from rig.measure import Limit, Reading, format_limit, format_reading


def limit(unit: str, low: float | None = None, high: float | None = None) -> Limit:
    return Limit("x.y", unit=unit, low=low, high=high)


@pytest.mark.parametrize(
    ("reading", "of", "text"),
    [
        (Reading(50.0213, "Hz", 0.02), limit("Hz", 49, 51), "50.02 Hz ±0.04 (49.00 .. 51.00)"),
        (Reading(50.0213, "Hz", 0.0007), limit("Hz", 49, 51), "50.0213 Hz ±0.0014 (49.0000 .. 51.0000)"),
        (Reading(58.8, "degC", 1.2), limit("degC", 56, 60), "58.8 degC ±2.4 (56.0 .. 60.0)"),
        (Reading(412.0, "ohm", 30.0), limit("ohm", 353.4), "412.0 ohm ±60.0 (≥ 353.4)"),
        (Reading(18.23e-6, "A"), limit("A", 5e-6, 40e-6), "18.2 µA (5.0 .. 40.0)"),
        (Reading(0.0115, "Nm/A", 1e-4), limit("Nm/A", 0.00995, 0.01305), "11.50 mNm/A ±0.20 (9.95 .. 13.05)"),
        (Reading(0.3, "A"), limit("A", None, 3e-6), "300 mA (≤ 3 µA)"),
        (Reading(1.0, "count"), limit("count", 1, 1), "1 count (1 .. 1)"),
        (Reading(0.98, "1"), limit("1", 0.95, 1.05), "0.98 (0.95 .. 1.05)"),
        (Reading(0.0, "V"), limit("V", None, 0.0), "0.00 V (≤ 0.00)"),
        (Reading(3.04, "K"), None, "3.04 K"),
        (Reading("1.4.1", ""), Limit("x.y", one_of=("1.4.2", "1.4.3")), "1.4.1 (1.4.2 or 1.4.3)"),
        (Reading("NONE", ""), None, "NONE"),
    ],
)
def test_readings_have_sensible_digits(reading: Reading, of: Limit | None, text: str):
    assert format_reading(reading, of) == text


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (limit("Hz", 49, 51), "49 .. 51 Hz"),
        (limit("A", None, 40e-6), "≤ 40 µA"),
        (limit("ohm", 12500.0), "≥ 12.5 kohm"),
        (limit("1", 0.95, 1.05), "0.95 .. 1.05"),
        (Limit("x.y", one_of=("forward",)), "forward"),
    ],
)
def test_limits_stand_alone(of: Limit, text: str):
    assert format_limit(of) == text
