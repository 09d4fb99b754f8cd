"""PyMeasure's drivers of supplies and relays, unmodified, against the twin's sockets and pseudo-terminals."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymeasure.instruments.keithley import Keithley2281S
from pymeasure.instruments.keysight import KeysightE36312A
from pymeasure.instruments.velleman import VellemanK8090, VellemanK8090Switches


def opened(driver: Any, address: str, **options: Any) -> Any:
    """A PyMeasure driver on a raw socket, as its documentation says to open one."""
    return driver(address, visa_library="@py", read_termination="\n", write_termination="\n", timeout=5000, **options)


@pytest.fixture
def battery(stranger_twin: dict[str, str]) -> Iterator[Keithley2281S]:
    instrument = opened(Keithley2281S, stranger_twin["battery"])
    instrument.reset()
    yield instrument
    assert instrument.check_errors() == []
    instrument.adapter.close()


@pytest.fixture
def supply(stranger_twin: dict[str, str]) -> Iterator[KeysightE36312A]:
    instrument = opened(KeysightE36312A, stranger_twin["charger"])
    instrument.reset()
    yield instrument
    assert instrument.check_errors() == []
    instrument.adapter.close()


@pytest.fixture
def board(stranger_twin: dict[str, str]) -> Iterator[VellemanK8090]:
    instrument = VellemanK8090(f"ASRL{stranger_twin['fault_box']}::INSTR", visa_library="@py", timeout=1000)
    yield instrument
    instrument.adapter.close()


def eventually(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether a condition comes true within some wall time; asked once more each time, never after it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
    return False


def test_2281s_as_power_supply(battery):
    assert "2281S" in battery.id
    assert battery.function_mode == "POWER"
    battery.ps.voltage_limit = 5.0
    battery.ps.voltage_setpoint = 3.7
    battery.ps.current_limit = 1.5
    battery.ps.power_line_cycles = 1
    assert (battery.ps.voltage_setpoint, battery.ps.current_limit) == (3.7, 1.5)
    assert battery.reading_available is False
    assert len(battery.buffer_data) == 0
    battery.ps.output_enabled = True
    assert battery.ps.output_enabled is True
    assert battery.measurement_ongoing is True
    assert eventually(lambda: battery.reading_available)
    frame = battery.buffer_data
    assert frame["voltage"].iloc[-1] == pytest.approx(3.7, abs=0.01)
    battery.ps.output_enabled = False
    battery.buffer_points = 50
    assert battery.buffer_points == 50
    battery.display_text_data = "on the nest"


def test_2281s_as_battery(battery):
    battery.function_mode = "SIMULATOR"
    simulator = battery.bs
    simulator.select_model_internal = 1
    simulator.dynamic_soc = False
    simulator.voc_full, simulator.voc_empty = 4.2, 3.0
    simulator.capacity_limit = 2.0
    simulator.voc_setpoint = 3.6
    simulator.resistance_offset = 0.1
    simulator.current_limit = 5.0
    assert simulator.dynamic_soc is False
    assert simulator.soc_setpoint == pytest.approx(50.0)
    assert simulator.current_capacity == pytest.approx(1.0)
    simulator.output_enabled = True
    assert eventually(lambda: battery.reading_available)
    frame = battery.buffer_data
    assert list(frame.columns) == ["voltage", "current", "soc", "resistance", "time"]
    assert frame["resistance"].iloc[-1] == pytest.approx(0.1)
    simulator.output_enabled = False


def test_2281s_as_battery_tester(battery):
    battery.function_mode = "TEST"
    tester = battery.bt
    tester.charge_voltage_setpoint = 4.2
    tester.charge_voltage_limit = 4.2
    tester.charge_current_limit = 0.5
    tester.termination_current = 0.01
    tester.test_control = "START"
    tester.test_control = "STOP"
    tester.set_battery_model_range(3.0, 4.2)
    tester.save_model_internal = 2
    assert tester.output_enabled is False


def test_e36312a(supply):
    assert "E36312A" in supply.id
    supply.ch_1.voltage_setpoint = 5
    supply.ch_1.current_limit = 1
    supply.ch_2.voltage_setpoint = 12
    assert supply.ch_1.voltage_setpoint == 5
    assert supply.ch_2.voltage_setpoint == 12
    assert supply.ch_1.output_enabled is False
    supply.ch_1.output_enabled = True
    assert supply.ch_1.output_enabled is True
    assert supply.ch_2.output_enabled is False
    assert supply.ch_1.voltage == pytest.approx(5.0, abs=0.01)
    assert math.isfinite(supply.ch_1.current)
    supply.ch_1.output_enabled = False
    assert supply.complete == "1"


def test_k8090(board):
    switches = VellemanK8090Switches
    assert board.version == (10, 1)
    board.switch_on = switches.CH6 | switches.CH7
    before, now, timers = board.status
    assert (before, now, timers) == (switches.NONE, switches.CH6 | switches.CH7, switches.NONE)
    board.switch_on = [8]
    board.switch_off = [6, 7]
    assert board.status[1] == switches.CH8
    board.switch_off = [8]
    assert board.status[1] == switches.NONE
