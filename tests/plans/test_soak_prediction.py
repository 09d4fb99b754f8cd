"""A soak that predicts its end: never in a compliance plan."""

from types import SimpleNamespace
from typing import cast

import pytest

from fixtures.soak import Soaking
from rig.errors import ConfigError


def test_a_compliance_plan_predicts_nothing():
    settings = SimpleNamespace(soak=None)
    run = SimpleNamespace(options=SimpleNamespace(plan="compliance"), product=SimpleNamespace(settings=settings))
    absent = cast("object", None)
    soaking = Soaking(SimpleNamespace(station=None), run, absent, absent, absent)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, match="waits for the steady state"):
        soaking.run_until_certain("HIGH")
