import math

import pytest

from rig.errors import ConfigError
from rig.measure import Limit, condition_text


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"one_of": ()},
        {"low": 1.0, "one_of": ("a",)},
        {"low": 2.0, "high": 1.0},
        {"low": math.nan},
        {"high": math.inf},
    ],
)
def test_a_limit_that_says_nothing_or_nonsense_is_refused(what: dict[str, object]):
    with pytest.raises(ConfigError, match=r"limit supply\.volts, level 3: "):
        Limit("supply.volts", {"level": 3}, "V", **what)  # type: ignore[arg-type]


def test_low_may_equal_high():
    assert Limit("stall.retries", unit="count", low=1, high=1).low == 1


def test_its_name_carries_its_conditions():
    assert Limit("a.b", {"level": 3, "pad": "FLAT"}, "V", low=0).name == "a.b, level 3, pad FLAT"
    assert Limit("a.b", unit="V", low=0).name == "a.b"
    assert condition_text({}) == ""
