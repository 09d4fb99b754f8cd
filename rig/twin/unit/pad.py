"""Heat in the pad and the body: plate, face and the lagging sensor, winding, motor case and handle."""

import math

from rig.twin.unit import ntc
from rig.twin.unit.history import Pieces
from rig.twin.unit.nominal import NOMINAL, PADS, PadType
from rig.twin.unit.spread import Truth

_Matrix = tuple[float, float, float, float]


class Pad:
    """Two exact thermal nodes (plate, face) with the pad's thermistors, heater, bimetal and thermal link."""

    __slots__ = (
        "_bimetal_open",
        "_link_open",
        "_matrix",
        "_time_ns",
        "_truth",
        "ambient",
        "case",
        "face",
        "face_ambient",
        "handle",
        "name",
        "pieces",
        "plate",
        "sensor",
        "type",
        "winding",
    )

    def __init__(self, truth: Truth, name: str, ambient: float) -> None:
        self._truth = truth
        self._time_ns = 0
        self._matrix: dict[int, _Matrix] = {}
        self._bimetal_open = False
        self._link_open = False
        self.name = name
        self.type: PadType = PADS[name]
        self.ambient = ambient
        self.face_ambient = truth.face_ambient_kelvin_per_watt
        self.plate = self.face = self.sensor = self.winding = self.case = self.handle = ambient
        self.pieces = Pieces((ambient, ambient))

    def fit(self, name: str) -> None:
        """Another pad, as warm as the one before."""
        self.name = name
        self.type = PADS[name]
        self._link_open = False

    def start_at(self, celsius: float) -> None:
        """Every node at one temperature."""
        self.plate = self.face = self.sensor = self.winding = self.case = self.handle = celsius
        self._note()

    def couple(self, kelvin_per_watt: float) -> None:
        """What the face gives its heat to: air, skin or a blanket."""
        self.face_ambient = kelvin_per_watt
        self._matrix.clear()

    def heater_ohm(self) -> float:
        """Present resistance of the heater circuit, contact included; infinite when open or absent."""
        nominal = self._truth.heater_ohm if self._truth.heater_ohm is not None else self.type.heater_ohm
        open_circuit = self._truth.heater_open or self._bimetal_open or self._link_open
        if nominal is None or self.type.heater_ohm is None or open_circuit:
            return math.inf
        rise = self.plate - NOMINAL.reference_celsius
        ohm = nominal * self._truth.heater_factor * (1.0 + NOMINAL.heater_per_kelvin * rise)
        return ohm + self._truth.contact_ohm

    def heater_celsius_cut(self) -> bool:
        """Whether bimetal or link hold the heater open at present."""
        return self._bimetal_open or self._link_open

    def advance(self, time_ns: int, heater_watt: float, motor_watt: float) -> None:
        """Exact step of plate and face with constant power; the sensor follows the plate's straight line."""
        step_ns = time_ns - self._time_ns
        if step_ns <= 0:
            return
        self._time_ns = time_ns
        seconds = step_ns * 1e-9
        truth = self._truth
        matrix = self._matrix.get(step_ns)
        if matrix is None:
            matrix = self._exponential(seconds)
            if len(self._matrix) < 64:
                self._matrix[step_ns] = matrix
        body = truth.plate_body_kelvin_per_watt
        lower = truth.plate_face_kelvin_per_watt + self.face_ambient
        flow = heater_watt / (1.0 / body + 1.0 / lower)
        plate_end = self.ambient + flow
        face_end = self.ambient + flow * self.face_ambient / lower
        plate = self.plate - plate_end
        face = self.face - face_end
        before = self.plate
        self.plate = plate_end + matrix[0] * plate + matrix[1] * face
        self.face = face_end + matrix[2] * plate + matrix[3] * face
        lag = NOMINAL.ntc_lag_seconds
        slope = (self.plate - before) / seconds
        decay = math.exp(-seconds / lag)
        self.sensor = (self.plate - slope * lag) + (self.sensor - (before - slope * lag)) * decay
        self._warm_body(seconds, motor_watt)
        self._switch()
        self._note()

    def _warm_body(self, seconds: float, motor_watt: float) -> None:
        nominal = NOMINAL
        while seconds > 0.0:
            step = min(seconds, 2.0)
            seconds -= step
            inner = (self.winding - self.case) / nominal.winding_case_kelvin_per_watt
            outer = (self.case - self.handle) / nominal.case_handle_kelvin_per_watt
            pad = 0.1 * (self.plate - self.handle) / self._truth.plate_body_kelvin_per_watt
            air = (self.handle - self.ambient) / nominal.handle_ambient_kelvin_per_watt
            self.winding += step * (motor_watt - inner) / nominal.winding_joule_per_kelvin
            self.case += step * (inner - outer) / nominal.case_joule_per_kelvin
            self.handle += step * (outer + pad - air) / nominal.handle_joule_per_kelvin
            if seconds > 600.0 and motor_watt == 0.0:
                self.winding = self.case = self.handle = self.ambient
                return

    def _switch(self) -> None:
        if self._truth.bimetal:
            if self.plate >= NOMINAL.bimetal_opens_celsius:
                self._bimetal_open = True
            elif self.plate <= NOMINAL.bimetal_closes_celsius:
                self._bimetal_open = False
        if self.plate >= self._truth.link_celsius:
            self._link_open = True

    def sensor_celsius(self, number: int) -> float:
        """What thermistor 1..4 itself has: pad, pad, motor case, cell."""
        truth = self._truth
        place = {1: 3, 3: 1}.get(number, number) if truth.ntc_swapped else number
        place = {2: 4, 4: 2}.get(place, place) if truth.ntc2_swapped else place
        if place in (1, 2):
            share = truth.ntc_coupling if place == 1 else truth.ntc2_coupling
            return self.ambient + share * (self.sensor - self.ambient)
        return self.ambient if place == 4 else self.case

    def sensor_ohm(self, number: int) -> float:
        """Resistance of thermistor 1..4 with its tolerance and defects."""
        if number == 1 and self._truth.ntc_open:
            return math.inf
        if number == 1 and self._truth.ntc_short:
            return 0.0
        if number in (1, 2) and self.name == "NONE":
            return math.inf
        index = number - 1
        reference = NOMINAL.ntc_ohm * self._truth.ntc_factor[index]
        return ntc.ohm_at(self.sensor_celsius(number), reference, self._truth.ntc_beta[index])

    def _note(self) -> None:
        self.pieces.add(self._time_ns, (self.sensor_celsius(1), self.sensor_celsius(2)))

    def _exponential(self, seconds: float) -> _Matrix:
        """exp(A t) of the two nodes, in closed form (distinct real eigenvalues always, as heat flows)."""
        truth = self._truth
        across = 1.0 / truth.plate_face_kelvin_per_watt
        a = -(across + 1.0 / truth.plate_body_kelvin_per_watt) / truth.plate_joule_per_kelvin
        b = across / truth.plate_joule_per_kelvin
        c = across / truth.face_joule_per_kelvin
        d = -(across + 1.0 / self.face_ambient) / truth.face_joule_per_kelvin
        middle = 0.5 * (a + d)
        root = math.sqrt(0.25 * (a - d) ** 2 + b * c)
        fast, slow = middle - root, middle + root
        one, two = math.exp(fast * seconds), math.exp(slow * seconds)
        width = slow - fast
        identity = (slow * one - fast * two) / width
        linear = (two - one) / width
        return identity + linear * a, linear * b, linear * c, identity + linear * d
