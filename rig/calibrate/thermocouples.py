"""`rig calibrate thermocouples`: all of them in a bath, at two temperatures, against a reference thermometer."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixtures.hands import Hands
from rig.bench import Bench
from rig.calibrate.session import Found, Session, needed
from rig.errors import BenchError
from rig.station import Station
from rig.station.certified import Thermometer

DIGITS = 5


def calibrate(station_path: Path | None, certificate: str | None) -> tuple[Session, Found]:
    """Walk a person through, and write the new entry.

    Raises CalibrationDue when thermometer or logger are out of date; BenchError when a thermocouple is too far off or
    the two temperatures are too near to each other; ConfigError without a thermometer in the station file.
    """
    session = Session(station_path, "thermocouples", certificate)
    try:
        station = session.station
        thermometer = needed(station, "thermometer", station.references.thermometer)
        session.require("instruments.temperature", "references.thermometer")
        with Bench(_uncorrected(station)) as bench:
            hands = session.hands(bench)
            try:
                points = [
                    _point(bench, hands, thermometer, celsius)
                    for celsius in (thermometer.low_celsius, thermometer.high_celsius)
                ]
            finally:
                hands.do("put the thermocouples back onto the unit", {"op": "bath", "celsius": None})
        found = evaluate(points, thermometer, station)
        session.write(found)
        return session, found
    finally:
        session.close()


def _uncorrected(station: Station) -> Station:
    """Give the station without what was found last time: the logger's own certificate still counts."""
    thermocouples = station.sensors.thermocouples.model_copy(update={"corrections": {}})
    sensors = station.sensors.model_copy(update={"thermocouples": thermocouples})
    return station.model_copy(update={"sensors": sensors})


def _point(bench: Bench, hands: Hands, thermometer: Thermometer, celsius: float) -> tuple[float, NDArray[np.float64]]:
    """Give what the reference shows in C, and what the thermocouples read, (readings, places)."""
    station = bench.station
    channels = tuple(station.wiring.temperature.thermocouples.values())
    true = hands.read(
        f"put all thermocouples into the bath at about {celsius:g} C, wait until it is steady, and read the reference "
        "thermometer in C",
        {"op": "bath", "celsius": celsius},
        "reference_celsius",
    )
    rows: list[list[float]] = []
    for _ in range(thermometer.readings):
        bench.clock.sleep(thermometer.settle_seconds / thermometer.readings)
        found = bench.logger.read_many(channels)
        rows.append([found[channel] for channel in channels])
    return true, np.array(rows, dtype=np.float64)


def evaluate(points: list[tuple[float, NDArray[np.float64]]], thermometer: Thermometer, station: Station) -> Found:
    """Give a straight line through both points for each place; its uncertainty holds between them.

    Points: what the reference shows in C, and what was read, (readings, places). The standard uncertainty in kelvin is
    the reference's, which errs alike at both points and all places, and what the mean of the readings scatters.

    Raises BenchError when a thermocouple is too far off or the two temperatures are too near to each other.
    """
    (low, cold), (high, warm) = points
    if high - low < 0.5 * (thermometer.high_celsius - thermometer.low_celsius):
        raise BenchError(f"the bath was at {low:g} and at {high:g} C: too near to each other to calibrate with")
    most = station.calibration.most_kelvin
    lines: list[str] = []
    entries: dict[tuple[str, ...], object] = {}
    for index, place in enumerate(station.wiring.temperature.thermocouples):
        read_low, read_high = float(np.mean(cold[:, index])), float(np.mean(warm[:, index]))
        for true, read in ((low, read_low), (high, read_high)):
            if abs(read - true) > most:
                raise BenchError(
                    f"the {place} thermocouple reads {read:.2f} C where the reference shows {true:.2f} C, more than "
                    f"{most:g} K apart: is it in the bath? If it is, replace it"
                )
        gain = (high - low) / (read_high - read_low)
        offset = low - gain * read_low
        repeated = max(float(np.std(rows[:, index], ddof=1)) for rows in (cold, warm)) / math.sqrt(thermometer.readings)
        u = math.hypot(thermometer.u_kelvin, repeated)
        lines.append(
            f"{place}: {low - read_low:+.3f} K at {low:.2f} C, {high - read_high:+.3f} K at {high:.2f} C, "
            f"±{2.0 * u:.3f} K"
        )
        entries["corrections", place] = {"gain": round(gain, 6), "offset": round(offset, DIGITS), "u": round(u, DIGITS)}
    corrections = {keys[1]: value for keys, value in entries.items()}
    return Found(tuple(lines), {"corrections": corrections}, entries)
