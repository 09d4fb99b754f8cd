"""What a station file rules beside its wiring: guard, prompt answers, calibration, its record."""

from typing import Annotated

from pydantic import Field

from rig.definitions import Within
from rig.station.values import Model, Positive, Text


class SupplyLimits(Model):
    """The most that a supply of this bench may be set to, whatever a plan or a product asks for."""

    volts: Annotated[float, Within(0.5, 9.0, "V")]
    amperes: Annotated[float, Within(0.01, 6.0, "A")]


class Guard(Model):
    """Limits of the guard: the longest silence of a run, the longest energising, and the hottest anything may get.

    Seconds of silence are wall time; the watchdog is the contactor's own timer, in whole seconds, of which 0.6 s may be
    missing; the guard stays for `linger_seconds` of wall time after its last client has gone. No file exceeds what
    the guard's own constants allow.
    """

    beat_seconds: Annotated[float, Within(0.05, 30.0, "s")] = 1.0
    watchdog_seconds: Annotated[int, Within(2, 5, "s")] = 2
    max_celsius: Annotated[float, Within(30.0, 90.0, "degC")] = 90.0
    max_seconds: Annotated[float, Within(1.0, 14400.0, "s")] = 14400.0
    linger_seconds: Annotated[float, Within(0.0, 3600.0, "s")] = 0.0
    battery: SupplyLimits = SupplyLimits(volts=9.0, amperes=6.0)
    charger: SupplyLimits = SupplyLimits(volts=5.5, amperes=5.0)


class Prompt(Model):
    """How soon, in bench time, a command must be acknowledged whose moment a measurement hangs on.

    Later ones end the run as an ERROR. The unit's: the interface document's reply time; the relays': their frames at
    19200 baud and their contacts; the records': a meter's round trip. A relay board isn't written to for
    `relay_gap_seconds` after the end of a frame: it takes frames that come close together for one, and ignores them.
    """

    unit_seconds: Annotated[float, Within(0.001, 1.0, "s")] = 0.05
    relay_seconds: Positive = 0.1
    relay_gap_seconds: Annotated[float, Field(ge=0.005, le=1.0)] = 0.01
    record_seconds: Annotated[float, Within(0.001, 1.0, "s")] = 0.05


class Data(Model):
    """Where the station's record is, and what becomes of it beyond its own directory.

    `directory` is the station's one record, relative to the station file; a real station that names none has
    `rig-data`. A run of a real station into any other record is a trial; a simulated one takes what `--data` or
    `RIG_DATA` names. `heads_to` is a file elsewhere, best where nobody at the bench can write anything else, to which
    each signed head of the journal is added when a run ends; `rig verify --against` takes it.
    """

    directory: Text | None = None
    heads_to: Text | None = None


class CalibrationRule(Model):
    """How many days before a due date the station starts to warn, and rules for what `rig calibrate` writes.

    An entry is good for `valid_days`; a sensor found further off its last entry than these is refused.
    """

    warn_days: Annotated[int, Field(ge=0)] = 30
    valid_days: Annotated[int, Field(gt=0)] = 365
    most_gain_change: Annotated[float, Within(0.001, 0.5)] = 0.20
    most_kelvin: Annotated[float, Within(0.01, 5.0, "K")] = 2.0
    answer_seconds: Annotated[float, Within(1.0, 86400.0, "s")] = 1800.0
