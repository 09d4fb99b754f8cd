"""The twin's instruments say what they are, and a bench that calls itself real takes none of them."""

import pytest

from rig.bench.reality import SIMULATED, require_real
from rig.errors import InstrumentFault
from tests.bench.conftest import Twin  # pyright: ignore[reportMissingImports]

REAL = {"battery": "KEITHLEY INSTRUMENTS,MODEL 2281S-20-6,4085117,01.08b", "scale": "1234567", "power_box": "K8090"}


def test_every_instrument_of_the_twin_that_has_an_identity_says_so(twin: Twin) -> None:
    from rig.bench import Bench

    with Bench(twin.station) as bench:
        identities = bench.identities()
    for role in ("vibration", "current", "temperature", "battery", "charger"):
        assert f",{SIMULATED}" in identities[role]
        with pytest.raises(InstrumentFault, match=f"^{role}: simulated, by the serial numbers"):
            require_real({**REAL, role: identities[role]})


def test_a_real_one_is_taken() -> None:
    require_real(REAL)
    require_real({"battery": ""})
