"""Is the unit cool enough to be judged? Asked before every run, whatever has become of the unit before."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rig.errors import BenchError, RetestRefused
from rig.product.retest import Cool

if TYPE_CHECKING:
    from rig.record import Record
    from rig.run.context import RunContext

COOL = "unit.cool"  # the event that says how cool the unit was


def wait_for_cool(context: "RunContext", record: "Record", hook: Any) -> Mapping[str, float]:
    """Look how warm the unit is, and wait where that was asked for; how far each place is from the ambient then, K.

    Empty where nobody looked: the bench is in trouble, or none is used. It then insists on a look by itself. Raises
    RetestRefused, which the journal keeps, for a warm unit.
    """
    rule = context.product.retest.cool
    looks: Iterator[Mapping[str, float]] | None = hook.pytest_rig_warmth(run=context)
    if looks is None:
        return {}
    left = math.floor(rule.most_seconds / rule.every_seconds) if context.options.wait_cool else 0
    try:
        for kelvin in looks:
            if not rule.warm(kelvin):
                return kelvin
            if left == 0:
                how = "it doesn't cool" if context.options.wait_cool else "give --wait-cool, or come back then"
                refusal = f"serial {context.serial}: {warm_text(kelvin, rule)}; {how}"
                record.refused(context.serial, context.options.plan, refusal)
                raise RetestRefused(refusal)
            context.note(f"{warm_text(kelvin, rule)}: waiting")
            context.checkpoint()
            left -= 1
    except BenchError:
        context.give_lease_back()  # the run will meet the same, and is the place to say so
    return {}


def warm_text(kelvin: Mapping[str, float], rule: Cool) -> str:
    """Say what is warm, by how much, and how long it takes to cool."""
    place, worst = max(kelvin.items(), key=lambda one: abs(one[1]))
    side = "above" if worst > 0.0 else "below"
    seconds = math.ceil(rule.wait_seconds(kelvin))
    return (
        f"not cool: its {PLACES.get(place, place)} is {abs(worst):.1f} K {side} the ambient, a test begins within "
        f"{rule.within_kelvin:g} K, in about {seconds} s"
    )


PLACES = {"plate": "pad's plate", "face": "pad's face", "motor": "motor case"}
