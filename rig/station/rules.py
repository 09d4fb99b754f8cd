"""What a station file rules beside its wiring: guard, prompt answers, calibration, its record."""

from typing import Annotated

from pydantic import Field

from rig.station.values import Model, Positive, Text


class Guard(Model):
    """Limits of the guard: the longest silence of a run, and the hottest anything may get.

    Seconds of silence are wall time; the watchdog is the contactor's own timer, in whole seconds, of which 0.6 s may be
    missing; the guard stays for `linger_seconds` of wall time after its last client has gone.
    """

    beat_seconds: Positive = 1.0
    watchdog_seconds: Annotated[int, Field(ge=2, le=60)] = 2
    max_celsius: float = 90.0
    linger_seconds: Annotated[float, Field(ge=0)] = 0.0


class Prompt(Model):
    """How soon, in bench time, a command must be acknowledged whose moment a measurement hangs on.

    Later ones end the run as an ERROR. The unit's: the interface document's reply time; the relays': their frames at
    19200 baud and their contacts; the records': a meter's round trip. A relay board isn't written to for
    `relay_gap_seconds` after the end of a frame: it takes frames that come close together for one, and ignores them.
    """

    unit_seconds: Positive = 0.05
    relay_seconds: Positive = 0.1
    relay_gap_seconds: Annotated[float, Field(ge=0.005, le=1.0)] = 0.01
    record_seconds: Positive = 0.05


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
    most_gain_change: Positive = 0.20
    most_kelvin: Positive = 2.0
    answer_seconds: Positive = 1800.0
