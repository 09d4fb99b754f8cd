"""What a run was asked for, checked before anything is started."""

import math
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rig.errors import UsageError
from rig.given import given
from rig.product.place import BUILT_IN, find_product
from rig.product.serials import counted, first_serial
from rig.run.allowed import require_operator, require_slot
from rig.run.place import TRIALS, place_of
from rig.run.plans import DEFAULT_PLAN, find_plan, name_of

if TYPE_CHECKING:
    from rig.station import Station

SHOWN_CHARACTERS = 60  # of a wrong serial: a scanner can send anything
_DEFECT = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(?:=(?P<severity>[0-9.]+))?")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """One run: which unit, which plan, on which bench, into which record.

    Without a station file the built-in twin is the bench; `seed`, `pace` and `defects` speak to it alone. `simulated`
    says that the unit is a twin's. `trial` says why the run counts for nothing; `data` is then the record of trials.
    `scanned` is what a scanner sent, where the serial had to be mended.
    """

    serial: str
    plan: str
    plan_path: Path
    data: Path
    station: Path | None
    slot: int
    operator: str | None
    pad: str | None
    seed: int
    pace: float | None
    defects: tuple[str, ...]
    product: Path | None
    acknowledge: Path | None = None
    again: str | None = None
    wait_cool: bool = False
    simulated: bool = True
    trial: str | None = None
    scanned: str | None = None
    asked_at: float = field(default_factory=time.monotonic)  # wall time is counted from here

    def noted(self) -> dict[str, object]:
        """What the run's first event says of how it was asked for."""
        noted: dict[str, object] = {"defects": list(self.defects), "pace": self.pace}
        for name, value in (("trial", self.trial), ("scanned", self.scanned), ("again", self.again)):
            noted |= {} if value is None else {name: value}
        return noted

    def to_be_said(self) -> Iterator[str]:
        """Yield what a person must know before the first reading, in lines."""
        if self.scanned is not None:
            yield f"scanned {self.scanned!r}: read as {self.serial}"
        if self.trial is not None:
            yield f"TRIAL, it counts for nothing: {self.trial}; recorded in {self.data}"

    def as_trial(self, reason: str) -> "RunOptions":
        """Return the same run as a trial, which goes to a record of its own; `reason` is one line of why."""
        if self.trial is not None:
            return replace(self, trial=f"{self.trial}; {reason}")
        return replace(self, data=self.data / TRIALS, trial=reason)


def make_options(
    *,
    serial: str | None,
    plan: str | None,
    data: str | None,
    plan_path: Path | None = None,
    station: str | None = None,
    slot: int = 1,
    operator: str | None = None,
    pad: str | None = None,
    seed: int | None = None,
    pace: float | None = None,
    defects: Sequence[str] = (),
    product: str | None = None,
    acknowledge: str | None = None,
    again: str | None = None,
    wait_cool: bool = False,
) -> RunOptions:
    """Check what can be checked without the product, and fill in what was left open.

    Without a serial, the built-in twin's unit is a new one: the first number that the record doesn't know; no other
    bench has a unit that nobody named. The seed of a unit of the twin is the last number in its serial, unless it is
    given. Raises UsageError with one line, ConfigError for a station file that can't be used.
    """
    for name, value in (
        ("--plan", plan),
        ("--data", data),
        ("--station", station),
        ("--operator", operator),
        ("--pad", pad),
        ("--product", product),
        ("--acknowledge", acknowledge),
        ("--again", again),
    ):
        if value is not None:
            given(name, value)
    if station is not None:
        twins = [
            name
            for name, value in (("--seed", seed), ("--pace", pace), ("--defect", defects or None))
            if value is not None
        ]
        if twins:
            raise UsageError(f"{twins[0]}: works on the built-in twin only; leave it out, or leave out --station")
        if not os.path.isfile(station):
            raise UsageError(f"--station {station!r}: no such file")
        if serial is None or not serial.strip():
            raise UsageError("serial: none was scanned; scan the unit's label (only the built-in twin has a default)")
    if pace is not None and not (math.isfinite(pace) and pace > 0):
        raise UsageError(f"--pace {pace:g}: must be above 0 (1 = wall time); leave it out for full speed")
    if seed is not None and seed < 0:
        raise UsageError(f"--seed {seed}: must be 0 or more")
    for defect in defects:
        check_defect(defect)
    definition = None if product is None else find_product(product)
    if plan_path is None:
        plan, plan_path = find_plan(plan or DEFAULT_PLAN, definition)
    else:
        plan = plan or name_of(plan_path, definition)
    bench = None if station is None else load(station)
    require_slot(slot, bench)
    require_operator(operator, bench)
    place, trial = place_of(data, bench, None if station is None else Path(station))
    if serial is None:
        serial = new_serial(place, first_serial(definition or BUILT_IN))
    digits = re.findall(r"[0-9]{1,18}", "".join(serial.split()))
    return RunOptions(
        serial=serial,
        plan=plan,
        plan_path=plan_path,
        data=place,
        station=None if station is None else Path(station).absolute(),
        slot=slot,
        operator=operator,
        pad=pad,
        seed=seed if seed is not None else int(digits[-1]) if digits else 1,
        pace=pace,
        defects=tuple(defects),
        product=definition,
        acknowledge=None if acknowledge is None else Path(acknowledge).absolute(),
        again=None if again is None else again.strip(),
        wait_cool=wait_cool,
        simulated=bench is None or bench.simulated,
        trial=trial,
    )


def load(station: str) -> "Station":
    """Load a station file; raises ConfigError. Late, as the built-in twin writes its own while we are busy."""
    from rig.station import load_station

    return load_station(Path(station))


def new_serial(data: Path, first: str) -> str:
    """Return the first serial, counted from that one, that this record has no attempt of.

    Raises RecordError when the record can't be read.
    """
    if not (data / "record.sqlite").is_file():
        return first
    from rig.record import Record

    with Record.read(data) as record:
        known = set(record.serials())
    return next(serial for serial in counted(first) if serial not in known)


def check_defect(defect: str) -> None:
    """Raise UsageError unless it reads ID or ID=SEVERITY with a severity of 0 to 2."""
    match = _DEFECT.fullmatch(defect)
    severity = match["severity"] if match else None
    try:
        in_range = severity is None or 0 <= float(severity) <= 2
    except ValueError:
        in_range = False
    if match is None or not in_range:
        raise UsageError(f"--defect {defect!r}: write ID or ID=SEVERITY with a severity of 0 to 2")


def mended(options: RunOptions, pattern: str, example: str) -> RunOptions:
    """Return the run with its serial as the product spells it: without a scanner's blanks, in capitals.

    Raises UsageError where it doesn't match the product's pattern even so.
    """
    serial = options.serial
    if re.fullmatch(pattern, serial, re.ASCII):
        return options
    tidy = "".join(serial.split()).upper() if serial.isascii() else serial
    if not re.fullmatch(pattern, tidy, re.ASCII):
        shown = repr(serial if len(serial) <= SHOWN_CHARACTERS else f"{serial[:SHOWN_CHARACTERS]}...")
        raise UsageError(f"serial {shown}: must match {pattern} (for example {example})")
    return replace(options, serial=tidy, scanned=serial)
