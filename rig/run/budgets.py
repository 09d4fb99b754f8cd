"""The uncertainty budgets of a run: the product's lines, with this station's instruments and certificates in them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from rig.errors import ConfigError
from rig.measure import Budget, Contribution, Correlation
from rig.product import Product
from rig.product.budgets import BudgetEntry, Line
from rig.station import Station
from rig.station.accuracy import InstrumentAccuracy, accuracy_of
from rig.station.certified import Certificate, Place


@dataclass
class _Bench:
    """What the station says, looked up once."""

    station: Station
    read: dict[str, InstrumentAccuracy] = field(default_factory=dict[str, InstrumentAccuracy])

    def accuracy(self, role: str) -> InstrumentAccuracy:
        """Give the definition of the instrument in a role."""
        instrument = self.station.instruments.get(role)  # pyright: ignore[reportArgumentType]
        if instrument is None:
            raise ConfigError(f"no instrument {role!r} in the station file")
        if instrument.driver not in self.read:
            self.read[instrument.driver] = accuracy_of(instrument.driver)
        return self.read[instrument.driver]


def budgets_of(product: Product, station: Station, ids: Iterable[str]) -> dict[str, Budget]:
    """Make the budget of every number among these ids.

    Raises ConfigError, one line for each fault: a number without a budget, an instrument without that function.
    """
    bench = _Bench(station)
    budgets: dict[str, Budget] = {}
    faults: list[str] = []
    for id_ in dict.fromkeys(ids):
        unit = product.measurements[id_].unit
        if not unit:
            continue  # a text or a state
        entry = product.budgets.get(id_)
        if entry is None:
            faults.append(f"{id_}: a number without a budget in {product.source}/budgets.toml")
            continue
        try:
            budgets[id_] = _budget(id_, unit, entry, bench)
        except ConfigError as error:
            faults.append(f"budget of {id_}: {error}")
    if faults:
        raise ConfigError("\n".join(faults))
    return budgets


def _budget(id_: str, unit: str, entry: BudgetEntry, bench: _Bench) -> Budget:
    contributions = [one for line in entry.lines for one in _contributions(line, unit, bench)]
    return Budget(
        id_,
        unit,
        tuple(contributions),
        tuple(Correlation(one.between[0], one.between[1], one.coefficient) for one in entry.correlations),
        entry.estimator,
        entry.typical.value,
        entry.typical.share,
    )


def _contributions(line: Line, unit: str, bench: _Bench) -> Iterable[Contribution]:
    if line.instrument is not None:
        return _of_instrument(line, line.instrument, bench)
    if line.sensor is not None:
        return (_SENSORS[line.sensor](line, unit, bench.station),)
    width = (line.value or 0.0, line.share or 0.0)
    return (Contribution(line.name, *width, line.unit or unit, line.distribution, line.sensitivity, line.source),)


def _of_instrument(line: Line, role: str, bench: _Bench) -> Iterable[Contribution]:
    """Accuracy by the data sheet, half a step of the display, and the certificate where it states an uncertainty."""
    function, accuracy = bench.accuracy(role).on(line.function or "", line.range)
    calibration = bench.station.instruments[role].calibration  # pyright: ignore[reportArgumentType]

    def contribution(name: str, fixed: float, share: float, source: str) -> Contribution:
        # read at another place than the result, the input's width doesn't follow the result
        value, share = (fixed, share) if line.at is None else (fixed + share * abs(line.at), 0.0)
        return Contribution(name, value, share, function.unit, "rectangular", line.sensitivity, source)

    yield contribution(line.name, accuracy.fixed, accuracy.of_reading, function.source)
    if accuracy.step:
        yield contribution(f"{line.name}, resolution", 0.5 * accuracy.step, 0.0, f"{function.source}, smallest step")
    correction = None if calibration is None else calibration.of_unit(function.unit)
    if calibration is not None and correction is not None and correction.u_of(1.0) > 0.0:
        source = f"station file, certificate {calibration.certificate}"
        certified = contribution(f"{line.name}, calibration", correction.u, correction.relative_u, source)
        yield replace(certified, distribution="normal")


def _accelerometer(line: Line, unit: str, station: Station) -> Contribution:
    sensor = station.sensors.accelerometer
    source = f"station file, sensors.accelerometer.relative_u{_certificate(sensor.calibration)}"
    return Contribution(line.name, 0.0, sensor.relative_u, unit, "normal", line.sensitivity, source)


def _thermocouples(line: Line, _unit: str, station: Station) -> Contribution:
    sensor = station.sensors.thermocouples
    correction = sensor.correction(cast("Place", line.place))
    source = f"station file, sensors.thermocouples{_certificate(sensor.calibration)}"
    return Contribution(line.name, correction.u, 0.0, "K", "normal", line.sensitivity, source)


def _emulator(line: Line, _unit: str, station: Station) -> Contribution:
    relative_u = station.wiring.fault_box.emulator_relative_u
    calibration = station.wiring.fault_box.emulator_calibration
    source = f"station file, wiring.fault_box.emulator_relative_u{_certificate(calibration)}"
    return Contribution(line.name, relative_u, 0.0, "1", "normal", line.sensitivity, source)


def _certificate(calibration: Certificate | None) -> str:
    return "" if calibration is None else f", certificate {calibration.certificate}"


_SENSORS: dict[str, Callable[[Line, str, Station], Contribution]] = {
    "accelerometer": _accelerometer,
    "thermocouples": _thermocouples,
    "emulator": _emulator,
}
