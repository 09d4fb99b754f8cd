"""Every driver over its real transport against the simulated bench, which was written from the same documents alone."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from drivers.battery_2281s import Battery2281S
from drivers.charger_e36312a import ChargerE36312A
from drivers.daq6510 import Daq6510
from drivers.dmm6500 import Dmm6500
from drivers.k8090 import RelayBoard
from drivers.massager import Massager
from drivers.mt_sics import Scale
from drivers.scpi import ScpiSession
from drivers.serial_line import SerialLine
from rig.bench_clock import BenchClock
from rig.errors import InstrumentFault, Refused

BYPASS, CONTACTOR = 5, 8


@pytest.fixture(scope="module")
def bench():
    command = [sys.executable, "-m", "rig.twin", "--serial", "VS1-2026-000001", "--seed", "1", "--pace", "0"]
    twin = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    at = json.loads(twin.stdout.readline())
    clock = BenchClock(at["clock"], at["token"])

    def session(role, model):
        return ScpiSession(at[role], clock, role=role, model=model)

    def line(role, baud):
        return SerialLine(at[role], baud, clock, role=role)

    bench = SimpleNamespace(
        clock=clock,
        power_box=RelayBoard(line("power_box", 19200), clock),
        battery=Battery2281S(session("battery", "2281S"), clock),
        charger=ChargerE36312A(session("charger", "E36312A")),
        volts=Dmm6500(session("vibration", "DMM6500"), clock),
        amperes=Dmm6500(session("current", "DMM6500"), clock),
        logger=Daq6510(session("temperature", "DAQ6510")),
        scale=Scale(line("scale", 9600), clock),
        unit=Massager(line("unit", 115200), clock, "VS1FACTORY"),
    )
    bench.power_box.set(BYPASS)
    bench.power_box.start_timer((CONTACTOR,), 600)
    bench.battery.simulator_mode()
    bench.battery.set(7.4, 5.0)
    bench.battery.set_internal_resistance(0.04)
    bench.battery.energise()
    bench.unit.await_boot()
    bench.unit.unlock()
    yield bench
    for device in (bench.unit, bench.battery, bench.charger, bench.power_box):
        device.close()
    for device in (bench.volts, bench.amperes, bench.logger, bench.scale):
        device.close()
    clock.close()
    twin.stdin.close()
    twin.wait(timeout=10)
    twin.stdout.close()


def test_battery(bench):
    volts, amperes = bench.battery.measure()
    assert volts == pytest.approx(7.4, abs=0.01)
    assert 0.002 < amperes < 0.05
    bench.battery.set(7.0, 5.0)  # while on
    assert bench.battery.measure()[0] == pytest.approx(7.0, abs=0.01)
    bench.battery.set(7.4, 5.0)


def test_charger(bench):
    bench.charger.set(5.0, 1.5)
    bench.charger.energise()
    assert bench.charger.measured_volts() == pytest.approx(5.0, abs=0.01)
    bench.charger.make_safe()
    with pytest.raises(InstrumentFault, match=r":VOLT 9.*-222"):
        bench.charger.set(9.0, 1.0)


def test_temperatures_and_force(bench):
    bench.logger.configure_thermocouples((101, 105))
    bench.logger.power_line_cycles((101, 105), "TEMP", 1.0)
    readings = bench.logger.read_many((101, 105))
    assert list(readings) == [101, 105]
    assert all(15 < celsius < 35 for celsius in readings.values())
    assert bench.logger.read(105) == pytest.approx(readings[105], abs=0.5)
    bench.scale.zero()
    assert abs(bench.scale.force_newtons()) < 0.1


def test_a_triggered_pair_of_records(bench):
    bench.unit.level(3)
    bench.clock.sleep(1.0)
    bench.volts.close_channel(1)
    bench.volts.digitize_volts(1.0, 10_000, 5000)
    bench.amperes.digitize_amperes(3.0, 10_000, 5000)
    bench.power_box.clear(BYPASS)
    bench.amperes.arm_digitize_on_external_trigger(5000)
    bench.volts.start_digitize_and_notify(5000)
    acceleration = bench.volts.digitized(5000, 10_000)
    supply = bench.amperes.digitized(5000, 10_000)
    assert 0.1 < supply.mean() < 0.6
    strongest = np.abs(np.fft.rfft(acceleration - acceleration.mean())).argmax() * 10_000 / 5000
    assert strongest == pytest.approx(50.0, abs=2.0)
    bench.amperes.configure_amperes(0.01)
    with pytest.raises(InstrumentFault, match="overload"):
        bench.amperes.read()
    bench.unit.stop()
    bench.power_box.set(BYPASS)


def test_unit(bench):
    unit = bench.unit
    assert unit.identity().serial == "VS1-2026-000001"
    with pytest.raises(Refused, match="ERR 4 RANGE"):
        unit.level(9)
    unit.telemetry(20)
    bench.clock.sleep(1.0)
    assert 17 <= len(unit.take_events("TELE")) <= 21
    unit.telemetry(0)
    unit.set_eeprom("cal_ntc1", 0.125)
    unit.commit()
    assert float(unit.eeprom("cal_ntc1")) == 0.125
    unit.watchdog()
    assert unit.await_boot().fields["reason"] == "WDT"
    assert unit.status().reset == "WDT"
    first = unit.log(0)
    assert first.intact
    assert unit.log(first.count - 1).code == "F16"
