"""The twin's station file: what a person would write for a real bench, with this twin's addresses."""

import datetime
from collections.abc import Mapping

from rig.twin.bath import BATH_U_KELVIN
from rig.twin.calibrator import CALIBRATOR_HERTZ, CALIBRATOR_METRES_PER_SECOND_SQUARED, CALIBRATOR_RELATIVE_U
from rig.twin.emulator import Emulator
from rig.twin.wiring import VOLTS_PER_G

DRIVERS = {
    "vibration": "dmm6500",
    "current": "dmm6500",
    "temperature": "daq6510",
    "battery": "2281s",
    "charger": "e36312a",
    "fault_box": "k8090",
    "power_box": "k8090",
    "scale": "mt_sics",
}
PEOPLE = {"operator-1": "operator", "technician-1": "technician", "engineer-1": "engineer", "quality-1": "quality"}
UNCERTIFIED = ("k8090",)  # relays measure nothing
STATION_KEY = "VS1FACTORY"
SUPPLY_PATH_OHM = 0.05
THERMOCOUPLE_U_KELVIN = 0.12  # the daily check leaves 0.10 K (rig.twin.wiring) and has 0.06 K itself


def station_toml(addresses: Mapping[str, str], emulator: Emulator, today: datetime.date) -> str:
    """The file's text; every instrument was calibrated in the year before `today`."""
    certificate = (
        f'calibration = {{ certificate = "TWIN-{today.year}", date = {today - datetime.timedelta(days=60)}, '
        f"due = {today + datetime.timedelta(days=305)} }}"
    )
    lines = ['name = "twin"', "simulated = true", ""]
    for role, driver in DRIVERS.items():
        lines += [f"[instruments.{role}]", f'driver = "{driver}"', f'address = "{addresses[role]}"']
        lines += [] if driver in UNCERTIFIED else [certificate]
        lines += [""]
    lines += ["[operators]", *(f'{name} = {{ role = "{role}" }}' for name, role in PEOPLE.items()), ""]
    emulator_ohm = ", ".join(f"{emulator.ohm(code):.2f}" for code in range(16))
    lines += [
        "[unit]",
        f'url = "{addresses["unit"]}"',
        f'station_key = "{STATION_KEY}"',
        "",
        "[clock]",
        f'address = "{addresses["clock"]}"',
        f'token = "{addresses["token"]}"',
        "",
        "[control]",
        f'address = "{addresses["control"]}"',
        f'token = "{addresses["token"]}"',
        "",
        "[guard]",
        "beat_seconds = 20.0",  # wall time: the machine of a twin may stall, and computes long records for seconds
        "",
        "[wiring]",
        f"supply_path_ohm = {SUPPLY_PATH_OHM}",
        "",
        "[wiring.fault_box]",
        f"emulator_ohm = [{emulator_ohm}]",
        f"emulator_{certificate}",
        "",
        "[sensors.accelerometer]",
        f"volts_per_g = {VOLTS_PER_G}",
        certificate,
        "",
        "[sensors.thermocouples]",
        'type = "T"',
        f"u_kelvin = {THERMOCOUPLE_U_KELVIN}",
        certificate,
        "",
        "[references.calibrator]",
        f"hertz = {CALIBRATOR_HERTZ}",
        f"metres_per_second_squared = {CALIBRATOR_METRES_PER_SECOND_SQUARED}",
        f"relative_u = {CALIBRATOR_RELATIVE_U}",
        certificate,
        "",
        "[references.thermometer]",
        f"u_kelvin = {BATH_U_KELVIN}",
        certificate,
        "",
    ]
    return "\n".join(lines)
