"""The reference bath that all thermocouples may be put into: one temperature, shown by a reference thermometer."""

from rig.twin.noise import Noise

BATH_U_KELVIN = 0.05  # of what the reference thermometer shows, the bath's evenness included
EVENNESS_KELVIN = 0.01  # from place to place within the bath
COLDEST_CELSIUS, HOTTEST_CELSIUS = 0.0, 95.0  # water


class Bath:
    """Stirred water and the reference thermometer in it."""

    def __init__(self, seed: int) -> None:
        self._noise = Noise(seed, "bath")
        self._error_kelvin = BATH_U_KELVIN * self._noise.normal()  # as its certificate states it
        self._celsius: float | None = None

    def set(self, celsius: float | None) -> float | None:
        """Put the thermocouples into the bath at about that temperature, or take them out; what the reference shows."""
        if celsius is None:
            self._celsius = None
            return None
        if not COLDEST_CELSIUS <= celsius <= HOTTEST_CELSIUS:
            raise ValueError(f"a bath of {celsius:g} C: water goes from {COLDEST_CELSIUS:g} to {HOTTEST_CELSIUS:g} C")
        self._celsius = celsius + 0.3 * self._noise.normal()  # a thermostat's setting is no measurement
        return self._celsius + self._error_kelvin

    def celsius(self) -> float | None:
        """What a thermocouple in it sees; None where they are on the unit."""
        return None if self._celsius is None else self._celsius + EVENNESS_KELVIN * self._noise.normal()
