"""PyMeasure's drivers, unmodified, against the twin's real sockets and pseudo-terminals.

They were written by others for the real instruments, so what they take for granted the simulated ones must do.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pymeasure.instruments.keithley import KeithleyDAQ6510, KeithleyDMM6500


def opened(driver: Any, address: str, **options: Any) -> Any:
    """A PyMeasure driver on a raw socket, as its documentation says to open one."""
    return driver(address, visa_library="@py", read_termination="\n", write_termination="\n", timeout=5000, **options)


@pytest.fixture
def meter(stranger_twin: dict[str, str]) -> Iterator[KeithleyDMM6500]:
    instrument = opened(KeithleyDMM6500, stranger_twin["vibration"])
    instrument.reset()
    instrument.clear()
    yield instrument
    assert instrument.check_errors() == []
    instrument.close()


@pytest.fixture
def logger(stranger_twin: dict[str, str]) -> Iterator[KeithleyDAQ6510]:
    instrument = opened(KeithleyDAQ6510, stranger_twin["temperature"])
    instrument.reset()
    yield instrument
    assert instrument.check_errors() == []
    instrument.adapter.close()


def eventually(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether a condition comes true within some wall time; asked once more each time, never after it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
    return False


MODES = list(KeithleyDMM6500.MODES)


def test_dmm6500_identity_and_command_set(meter):
    assert "DMM6500" in meter.id
    assert meter.command_set == "SCPI"
    assert meter.line_frequency == 50
    assert meter.terminals_used in ("FRONT", "REAR")


@pytest.mark.parametrize("mode", MODES)
def test_dmm6500_every_mode_reads(meter, mode):
    meter.mode = mode
    assert meter.mode == mode
    assert meter.check_errors() == []
    assert isinstance(meter.voltage, float)


@pytest.mark.parametrize("mode", ["voltage", "current", "resistance", "resistance 4W", "diode", "temperature"])
def test_dmm6500_integration_autozero_filter_and_relative(meter, mode):
    meter.mode = mode
    for cycles in (0.0005, 2, 12):
        meter.nplc = cycles
        assert meter.nplc == cycles
    meter.aperture = 16e-3
    assert meter.aperture == 16e-3
    meter.aperture = "MIN"
    assert meter.aperture == pytest.approx(8.33e-6, rel=1e-3)
    for enabled in (True, False):
        meter.autozero_enabled = enabled
        assert meter.autozero_enabled is enabled
    meter.trigger_single_autozero()
    assert meter.autozero_enabled is False
    assert meter.enable_filter(type="repeat", count=3) == "1"
    assert meter.disable_filter() == "0"
    meter.relative = 0.25
    meter.relative_enabled = True
    assert meter.relative == 0.25
    assert meter.relative_enabled is True
    meter.digits = 5
    assert meter.digits == 5


@pytest.mark.parametrize("mode", KeithleyDMM6500.MODES_HAVE_AUTORANGE)
def test_dmm6500_ranges(meter, mode):
    meter.mode = mode
    assert meter.autorange_enabled is True
    meter.range = "MIN"
    assert meter.autorange_enabled is False
    smallest = meter.range
    meter.range = "MAX"
    assert meter.range > smallest
    meter.auto_range()
    assert meter.auto_range_status() is True


def test_dmm6500_convenience_measurements(meter):
    meter.measure_voltage(10)
    assert meter.voltage_range == 10
    meter.voltage_nplc = 1
    assert abs(meter.voltage) < 30
    meter.measure_current(0.01, ac=True)
    assert meter.current_ac_range == 0.01
    meter.current_ac_bandwidth = 30
    assert meter.current_ac_bandwidth == 30
    meter.measure_frequency()
    meter.frequency_threshold_auto_enabled = False
    meter.measure_temperature()
    meter.temperature_digits = 4
    meter.measure_diode()
    meter.diode_bias = 1e-4
    assert meter.diode_bias == 1e-4


def test_dmm6500_screens_texts_clock_and_beep(meter):
    for screen in ("HOME", "SWIPE_USER", "PROC"):
        meter.display_screen = screen
    meter.displayed_text("Hello; World", "it's 5 o'clock")
    meter.displayed_text()
    meter.beep(700, 0.5)
    meter.system_time = "2025, 1, 6, 12, 0, 0"
    assert "2025" in str(meter.system_time)


def test_dmm6500_buffer_and_format(meter):
    meter.buffer_size = 100
    assert meter.buffer_size == 100
    meter.mode = "voltage"
    for _ in range(3):
        assert isinstance(meter.voltage, float)
    assert int(meter.points_in_buffer) == 3
    for data_format in ("REAL", "SRE", "ASC"):
        meter.data_format = data_format
        assert meter.data_format == data_format


def test_dmm6500_channels_and_scan(meter):
    assert "2000" in str(meter.scan_id)
    assert (meter.scan_vch_start, meter.scan_vch_end) == (1, 10)
    meter.scan_modes = "voltage"
    assert meter.scan_modes[3] == "voltage"
    channel = meter.channels[3]
    assert channel.enable_filter(count=2) == "1"
    assert channel.disable_filter() == "0"
    meter.scan_channels = "1:3"
    assert meter.scan_channels_list == [1, 2, 3]
    meter.scan_channels_list = [4, 5, 6]
    meter.scan_count = 2
    meter.scan_interval = 1
    meter.scan_start()
    data = meter.scanned_data()
    assert np.array(data).shape == (3, 2), "by channel, then by scan"
    meter.scan_start(block_communication=False)
    assert eventually(lambda: meter.scan_iscomplete)
    meter.scan_stop()


def test_dmm6500_error_is_reported(meter):
    meter.write(":FOO:BAR 1")
    (error,) = meter.check_errors()
    assert error[0] == -113
    assert "Undefined header" in error[1]


def test_daq6510(logger):
    assert "DAQ6510" in logger.id
    logger.measure_voltage(nplc=0.1, voltage=10, auto_range=False)
    assert logger.voltage_range == 10
    assert logger.voltage_nplc == 0.1
    logger.close_channel(110)
    assert logger.voltage == pytest.approx(5.0, abs=1e-3), "the lid's interlock loop"
    logger.open_channels([110])
    logger.measure_current(auto_range=False, current=0.1)
    assert logger.current_range == 0.1
    assert isinstance(logger.current, float)
    logger.measure_resistance()
    assert logger.resistance == 9.9e37
    logger.offset_compensated = "ON"
    assert logger.offset_compensated == "ON"
    logger.beep(500, 0.1)


def test_daq6510_sense_mode_answers_what_the_real_one_does(logger):
    """PyMeasure's own map expects a short `VOLT`; the instrument says `VOLT:DC`, as the DMM6500 driver knows."""
    logger.sense_mode = "voltage"
    assert logger.ask(":SENS:FUNC?").strip() == "VOLT:DC"
