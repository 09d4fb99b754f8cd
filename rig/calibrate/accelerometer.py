"""`rig calibrate accelerometer`: each axis on a hand-held calibrator, over some mountings."""

import math
from pathlib import Path

import numpy as np

from fixtures.hands import Hands
from rig.analysis.findings import NoTone
from rig.analysis.tone import Tone, estimate_tone
from rig.bench import Bench
from rig.calibrate.session import Found, Session, needed
from rig.errors import BenchError
from rig.station import Station
from rig.station.calibration import AXES
from rig.station.certified import Accelerometer, Axis, Calibrator

STANDARD_GRAVITY = 9.80665  # m/s2, exact by definition (3rd CGPM, 1901)
MOST_FREQUENCY_ERROR = 0.02  # of the calibrator's: further off it isn't the calibrator that vibrates
DIGITS = 6


def calibrate(station_path: Path | None, certificate: str | None) -> tuple[Session, Found]:
    """Walk a person through, and write the new entry.

    Raises CalibrationDue when calibrator or vibration meter are out of date; BenchError when what vibrates isn't the
    calibrator, or the sensitivity is too far off the last one to be the sensor's; ConfigError without a calibrator in
    the station file.
    """
    session = Session(station_path, "accelerometer", certificate)
    try:
        station = session.station
        calibrator = needed(station, "calibrator", station.references.calibrator)
        session.require("instruments.vibration", "references.calibrator")
        with Bench(station) as bench:
            measured = _measured(bench, session.hands(bench), calibrator)
        found = _found(measured, calibrator, station)
        session.write(found)
        return session, found
    finally:
        session.close()


def _measured(bench: Bench, hands: Hands, calibrator: Calibrator) -> dict[Axis, list[float]]:
    """Give volts per g of each axis over its mountings."""
    found: dict[Axis, list[float]] = {axis: [] for axis in AXES}
    try:
        for axis in AXES:
            for mounting in range(1, calibrator.mountings + 1):
                hands.do(
                    f"mount the calibrator on the accelerometer's {axis} axis (mounting {mounting} of "
                    f"{calibrator.mountings}) and switch it on",
                    {"op": "calibrator", "axis": axis},
                )
                tone = _tone(bench, calibrator, axis)
                g = calibrator.metres_per_second_squared / STANDARD_GRAVITY
                found[axis].append(tone.amplitude / math.sqrt(2.0) / g)
    finally:
        hands.do("put the accelerometer back onto the nest", {"op": "calibrator", "axis": None})
    return found


def _tone(bench: Bench, calibrator: Calibrator, axis: Axis) -> Tone:
    wiring, meter = bench.station.wiring.vibration, bench.vibration_meter
    count = round(calibrator.seconds * calibrator.rate_hz)
    meter.close_channel({"x": wiring.x, "y": wiring.y, "z": wiring.z}[axis])
    meter.digitize_volts(calibrator.range_volts, calibrator.rate_hz, count)
    meter.start_digitize(count)
    bench.clock.sleep(calibrator.seconds)
    try:
        tone = estimate_tone(meter.digitized(count, calibrator.rate_hz), calibrator.rate_hz)
    except NoTone as error:
        raise BenchError(f"the {axis} axis doesn't vibrate ({error}): is the calibrator on?") from error
    if tone.ambiguous:
        raise BenchError(
            f"the {axis} axis also vibrates at {tone.rivals_hz[0]:.2f} Hz, about as strongly as at "
            f"{tone.frequency_hz:.2f} Hz: stop what shakes the calibrator"
        )
    if abs(tone.frequency_hz / calibrator.hertz - 1.0) > MOST_FREQUENCY_ERROR:
        raise BenchError(
            f"the {axis} axis vibrates at {tone.frequency_hz:.2f} Hz, not at the calibrator's {calibrator.hertz:g} Hz: "
            "is it switched on, and on this axis?"
        )
    return tone


def _found(measured: dict[Axis, list[float]], calibrator: Calibrator, station: Station) -> Found:
    """Give sensitivities and their common uncertainty: the calibrator's, mounting, and the meter's calibration."""
    before = station.sensors.accelerometer
    volts_per_g: dict[Axis, float] = {axis: float(np.mean(values)) for axis, values in measured.items()}
    for axis, value in volts_per_g.items():
        _plausible(axis, value, before, station.calibration.most_gain_change)
    shares = [value / volts_per_g[axis] - 1.0 for axis, values in measured.items() for value in values]
    freedom = len(shares) - len(volts_per_g)
    mounting = math.sqrt(sum(share * share for share in shares) / freedom / calibrator.mountings)
    largest = max(volts_per_g.values()) * calibrator.metres_per_second_squared / STANDARD_GRAVITY
    meter = station.instruments["vibration"].correction("volts").u_of(largest) / largest
    relative_u = math.hypot(calibrator.relative_u, mounting, meter)
    lines = tuple(
        f"{axis}: {value:.5f} V/g ±{2.0 * relative_u * value:.5f} (was {before.sensitivity(axis):.5f}, "
        f"{value / before.sensitivity(axis) - 1.0:+.2%})"
        for axis, value in volts_per_g.items()
    )
    names: dict[Axis, str] = {"x": "volts_per_g", "y": "volts_per_g_y", "z": "volts_per_g_z"}
    entries: dict[tuple[str, ...], object] = {
        (names[axis],): round(value, DIGITS) for axis, value in volts_per_g.items()
    }
    entries["relative_u",] = round(relative_u, DIGITS)
    return Found(lines, {"volts_per_g": volts_per_g, "relative_u": relative_u}, entries)


def _plausible(axis: Axis, value: float, before: Accelerometer, most_change: float) -> None:
    change = value / before.sensitivity(axis) - 1.0
    if abs(change) > most_change:
        raise BenchError(
            f"the {axis} axis gives {value:.4f} V/g, {change:+.0%} off its last entry, more than {most_change:.0%}: "
            "check axis and gain of the conditioner, or replace the sensor"
        )
