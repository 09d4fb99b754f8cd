"""settings.toml for the sampled plan: the warm soak, the pads in turn, the body-area programs."""

from typing import Annotated

from pydantic import Field

from rig.definitions import Within
from rig.product.model import Model, Positive

Share = Annotated[float, Field(gt=0, le=1)]


class Soak(Model):
    """The long warm soak, and the cooling between two of them."""

    seconds: Positive
    covered_seconds: Positive
    every_seconds: Positive
    final_seconds: Positive
    look_every_seconds: Positive
    least_regulated_seconds: Positive
    prediction_error_rate: Annotated[float, Within(1e-6, 0.2)]
    warm_within_kelvin: Annotated[float, Within(0.1, 5.0, "K")]
    least_face_share: Share
    most_covered_share: Share
    most_ambient_celsius: Annotated[float, Within(10.0, 45.0, "degC")]
    cool_within_kelvin: Annotated[float, Within(0.1, 5.0, "K")]
    cool_every_seconds: Positive
    cool_most_seconds: Positive
    auto_off_every_seconds: Positive
    auto_off_most_seconds: Positive


class Pads(Model):
    """Each pad fitted in turn."""

    level: int
    heat_seconds: Positive
    reference_celsius: float


class HandArm(Model):
    """The vibration that the hand meets, along three axes, one at a time."""

    contact_newtons: Positive
    seconds: Positive
    rate_hz: Positive


class Programs(Model):
    """Running body-area programs under contact force.

    A program runs with its timer accelerated as far as it still lasts `least_seconds`, so that each level is seen and
    the plate has settled.
    """

    contact_newtons: Positive
    every_seconds: Positive
    record_seconds: Positive
    rate_hz: Positive
    range_volts: Positive
    window_seconds: Positive
    hop_seconds: Positive
    least_strength_g: Positive
    settled_share: Share
    profile_periods: Positive
    start_seconds: Positive
    least_seconds: Positive
    start_below_kelvin: Positive
    least_plate_kelvin: Positive
    manual_settle_seconds: Positive
    end_from_share: Share
    end_to_share: Positive
    end_rate_hz: Positive
    end_hold_seconds: Positive
    running_amperes: Positive
