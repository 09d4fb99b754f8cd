"""Every driver, every fault: the right value or the right error, soon, and never an answer to another question."""

import time
import zlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest

from drivers.battery_2281s import Battery2281S
from drivers.charger_e36312a import ChargerE36312A
from drivers.daq6510 import Daq6510
from drivers.dmm6500 import Dmm6500
from drivers.k8090 import RelayBoard
from drivers.massager import Massager
from drivers.mt_sics import Scale
from rig.errors import BenchError, ConnectionLost, UnitError
from tests.faults.fault import DIRECTIONS, KINDS, Fault
from tests.faults.wired import Wired

LONGEST_SECONDS = 3.0  # for one operation of a driver whatever happens, wall time
BIAS_CHANNEL, OPEN_CHANNEL, LID_CHANNEL, AMBIENT_CHANNEL = 6, 9, 110, 105


# Each makes a driver and returns what it measures: number of the question -> (answer, truth, how far apart they may be)
Question = Callable[[int], tuple[float, float, float]]


def battery(wired: Wired) -> tuple[Battery2281S, Question]:
    driver = Battery2281S(wired.session("battery", "2281S"), wired.clock)
    driver.set(3.0, 1.0)
    driver.energise()

    def ask(number: int) -> tuple[float, float, float]:
        truth = 3.0 + 0.5 * number
        driver.set(truth, 1.0)
        return driver.measure()[0], truth, 0.05

    return driver, ask


def charger(wired: Wired) -> tuple[ChargerE36312A, Question]:
    driver = ChargerE36312A(wired.session("charger", "E36312A"))
    driver.set(3.0, 1.0)
    driver.energise()

    def ask(number: int) -> tuple[float, float, float]:
        truth = 3.0 + 0.5 * number
        driver.set(truth, 1.0)
        return driver.measured_volts(), truth, 0.01

    return driver, ask


def meter(wired: Wired) -> tuple[Dmm6500, Question]:
    driver = Dmm6500(wired.session("vibration", "DMM6500"), wired.clock)
    driver.configure_volts(100.0, 0.1)

    def ask(number: int) -> tuple[float, float, float]:
        driver.close_channel(BIAS_CHANNEL if number % 2 == 0 else OPEN_CHANNEL)
        return driver.read(), 11.0 if number % 2 == 0 else 0.0, 0.05

    return driver, ask


def record(wired: Wired) -> tuple[Dmm6500, Question]:
    driver = Dmm6500(wired.session("vibration", "DMM6500"), wired.clock)

    def ask(number: int) -> tuple[float, float, float]:
        driver.close_channel(BIAS_CHANNEL if number % 2 == 0 else OPEN_CHANNEL)
        driver.digitize_volts(100.0, 10_000, 200)
        driver.start_digitize(200)
        samples = driver.digitized(200, 10_000)
        assert samples.shape == (200,)
        truth = 11.0 if number % 2 == 0 else 0.0
        return float(samples[np.argmax(np.abs(samples - truth))]), truth, 0.3

    return driver, ask


def logger(wired: Wired) -> tuple[Daq6510, Question]:
    driver = Daq6510(wired.session("temperature", "DAQ6510"))
    driver.configure_thermocouples((AMBIENT_CHANNEL,))
    driver.configure_volts((LID_CHANNEL,), 10.0)

    def ask(number: int) -> tuple[float, float, float]:
        channel, truth = (LID_CHANNEL, 5.0) if number % 2 == 0 else (AMBIENT_CHANNEL, 23.0)
        return driver.read(channel), truth, 0.8 if channel == AMBIENT_CHANNEL else 0.01

    return driver, ask


def relays(wired: Wired) -> tuple[RelayBoard, Question]:
    driver = wired.relays()

    def ask(number: int) -> tuple[float, float, float]:
        said = (driver.set if number % 2 == 0 else driver.clear)(7).on
        wired.clock.sleep(0.02)  # contacts take their time
        closed = wired.control(op="state")["fault_relays"]
        return float(said), float(sum(1 << relay - 1 for relay in closed)), 0.0

    return driver, ask


def scale(wired: Wired) -> tuple[Scale, Question]:
    driver = Scale(wired.serial("scale", 9600), wired.clock)

    def ask(number: int) -> tuple[float, float, float]:
        truth = 5.0 + 3.0 * number
        wired.control(op="environment", contact_newtons=truth)
        return driver.force_newtons(), truth, 0.3

    return driver, ask


def unit(wired: Wired) -> tuple[Massager, Question]:
    driver = wired.unit()

    def ask(number: int) -> tuple[float, float, float]:
        driver.set_eeprom("cal_ntc1", 0.25 * number)
        return float(driver.eeprom("cal_ntc1")), 0.25 * number, 0.0

    return driver, ask


DEVICES = {
    "battery": battery,
    "charger": charger,
    "vibration": meter,
    "vibration record": record,
    "temperature": logger,
    "fault_box": relays,
    "scale": scale,
    "unit": unit,
}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("device", DEVICES)
def test_right_value_or_right_error(wired, device, kind, direction):
    seed = zlib.crc32(f"{device} {kind} {direction}".encode())
    role = device.partition(" ")[0]
    wired.proxy.disarm()
    driver, ask = DEVICES[device](wired)
    fault = Fault(kind, direction, chunk=seed % 4, seed=seed)
    wired.proxy.arm(role, fault)
    errors = 0
    told: list[str] = []
    try:
        for number in range(4):
            started = time.monotonic()
            try:
                answer, truth, apart = ask(number)
            except (BenchError, UnitError) as error:
                errors += 1
                told.append(str(error))
                if isinstance(error, ConnectionLost) and wired.line is not None and wired.line.lost is not None:
                    wired.line.reopen()
            else:
                assert abs(answer - truth) <= apart, f"question {number}"
            assert time.monotonic() - started < LONGEST_SECONDS
            if kind == "silence" and fault.struck:
                wired.proxy.disarm()  # the cable is plugged in again
        assert fault.struck
        answer, truth, apart = ask(4)
        assert abs(answer - truth) <= apart, "after the fault"
        assert errors <= 2
        assert all("\n" not in text for text in told)
    finally:
        wired.proxy.disarm()
        wired.line = None
        with suppress(BenchError, UnitError):
            driver.disconnect() if hasattr(driver, "disconnect") else driver.close()


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("device", [name for name in DEVICES if name not in ("unit", "fault_box")])
def test_wrong_digits(wired, device, direction):
    """What has no checksum of its own: a digit becomes another one, a dozen times in a row."""
    wired.proxy.disarm()
    driver, ask = DEVICES[device](wired)
    try:
        for number in range(12):
            wired.proxy.arm(device.partition(" ")[0], Fault("corrupt", direction, chunk=number % 3, seed=number))
            with suppress(BenchError):
                answer, truth, apart = ask(number % 6)
                assert abs(answer - truth) <= apart, f"question {number}"
    finally:
        wired.proxy.disarm()
        with suppress(BenchError):
            driver.disconnect() if hasattr(driver, "disconnect") else driver.close()


@pytest.mark.parametrize(("gap_seconds", "loses"), [(0.009, False), (0.03, True)])
def test_a_relay_board_that_takes_close_frames_for_one(wired, gap_seconds, loses):
    """Our distance suits a board that needs less; one that needs more is an error, never a relay that didn't move."""
    wired.proxy.disarm()
    cable = wired.proxy.cables["fault_box"]
    driver, ask = relays(wired)
    cable.gap_seconds, cable.ignored = gap_seconds, 0
    errors = 0
    try:
        for number in range(6):
            try:
                answer, truth, _ = ask(number)
            except BenchError:
                errors += 1
            else:
                assert answer == truth
        assert (cable.ignored > 0, errors > 0) == (loses, loses)
    finally:
        cable.gap_seconds = 0.0
        driver.disconnect()
