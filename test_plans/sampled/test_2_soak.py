"""The warm soak at each heat setting, in real time; at the hottest for the quarter of an hour of a use."""

import pytest


def measure_soak(measure, soak, heat):
    """Warm-up, plate and face of a soak."""
    soak.check_thermocouple()
    measure("soak.warm_up_time", soak.warm_up(), heat=heat)
    measure("soak.overshoot", soak.overshoot(), heat=heat)
    measure("soak.plate_temperature", soak.final_plate(), heat=heat)
    measure("soak.final_temperature", soak.final_face(), heat=heat)


@pytest.mark.requirement("PRF-008", "SAF-006", "SAF-009")
@pytest.mark.measures(
    "soak.warm_up_time",
    "soak.overshoot",
    "soak.plate_temperature",
    "soak.final_temperature",
)
@pytest.mark.parametrize("heat", ["LOW", "MED"])
def test_soak_until_certain(soaking, measure, heat):
    """From cool, the pad warms up in time and keeps its temperature; the soak stops once the face's end is certain."""
    measure_soak(measure, soaking.run_until_certain(heat), heat)


@pytest.mark.requirement("PRF-008", "SAF-006", "SAF-009")
@pytest.mark.measures(
    "soak.warm_up_time",
    "soak.overshoot",
    "soak.plate_temperature",
    "soak.final_temperature",
    "soak.auto_off",
)
@pytest.mark.parametrize("heat", ["HIGH"])
def test_soak(soaking, measure, heat):
    """From cool, the pad warms up in time, keeps its temperature, and is turned off after a quarter of an hour."""
    soak = soaking.run(heat)
    measure_soak(measure, soak, heat)
    measure("soak.auto_off", soak.auto_off, heat=heat)


@pytest.mark.requirement("PRF-007")
@pytest.mark.measures("soak.face_coupling", heat="HIGH")
def test_heat_reaches_the_face(soaking, measure):
    """Plate and face are joined as they should be, by thermal paste."""
    measure("soak.face_coupling", soaking.of("HIGH").face_coupling(), heat="HIGH")


@pytest.mark.requirement("SAF-011")
@pytest.mark.measures("soak.covered_temperature")
def test_soak_under_a_blanket(soaking, measure):
    """Where the face can't give its heat away, it comes close to the plate, and no further."""
    soak = soaking.run_covered("HIGH")
    measure("soak.covered_temperature", soak.highest_face())
