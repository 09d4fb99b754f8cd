"""No supply is set to, or left on for, more than its envelope; what is no longer as it was set ends the energy."""

import math
import socket
from pathlib import Path

import pytest

from rig.bench import Bench
from rig.bench.guard import Budget, GuardSettings
from rig.bench.guard.envelope import UTMOST, SourceEnvelope, require_within
from rig.bench.lease import BenchLease
from rig.errors import ConfigError, LeaseLost, UsageError
from rig.product import load_product
from rig.station import load_station
from tests.bench.conftest import Twin  # pyright: ignore[reportMissingImports]
from tests.bench.test_guard import energised


def told(twin: Twin, role: str, commands: str) -> None:
    """Do at a supply what somebody at its panel could do."""
    host, port = twin.addresses[role].split("::")[1:3]
    with socket.create_connection((host, int(port)), timeout=5) as panel:
        panel.sendall(commands.encode() + b";*OPC?\n")
        assert panel.makefile().readline().strip().endswith("1")


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 9.1, True, "9", None])
def test_only_a_number_in_the_range_is_one(value: object) -> None:
    require_within("volts", 9.0, 0.0, 9.0, "V")
    with pytest.raises(UsageError, match=r"guard: volts .*: must be from 0 to 9 V"):
        require_within("volts", value, 0.0, 9.0, "V")


def test_no_envelope_is_wider_than_the_constants() -> None:
    assert UTMOST.within(SourceEnvelope(1e9, 1e9, 1e9, 1e9)) == UTMOST
    assert UTMOST.within(SourceEnvelope(1.0, 1e9, 2.0, 1e9)) == SourceEnvelope(1.0, 6.0, 2.0, 90.0)


def test_a_supply_is_set_to_nothing_outside(twin: Twin) -> None:
    product = load_product()
    lease = BenchLease(twin.station, "a test", envelopes=product.envelopes("production"))
    bench = Bench(twin.station, lease=lease)
    for volts, amperes in ((18.0, 5.0), (7.4, 6.1), (8.6, 1.0), (math.nan, 1.0), (-1.0, 1.0)):
        with pytest.raises(UsageError, match="guard: battery "):
            bench.battery.set(volts, amperes)
    with pytest.raises(UsageError, match=r"guard: charger volts 5\.6: must be from 0 to 5 V"):
        bench.charger.set(5.6, 1.0)
    bench.battery.simulator_mode()
    with pytest.raises(UsageError, match="volts, full"):
        bench.battery.set_battery(6.0, 18.0)
    with pytest.raises(UsageError, match="internal resistance"):
        bench.battery.set_internal_resistance(math.inf)
    for seconds, celsius in ((1e9, 60.0), (100.0, 1e9), (math.nan, 60.0)):
        with pytest.raises(UsageError, match="guard: battery allowance"):
            bench.battery.energise(Budget(seconds, celsius))
    assert not twin.live
    bench.close()


def test_the_supplies_themselves_refuse_more(twin: Twin) -> None:
    lease = BenchLease(twin.station, "a test", envelopes=load_product().envelopes("production"))
    bench = Bench(twin.station, lease=lease)
    found: dict[str, str] = {}
    for role, query in (("battery", ":VOLT:LIM?"), ("battery", ":VOLT:PROT?"), ("charger", ":VOLT:PROT? (@1)")):
        host, port = twin.addresses[role].split("::")[1:3]
        with socket.create_connection((host, int(port)), timeout=5) as panel:
            panel.sendall(query.encode() + b"\n")
            found[f"{role} {query}"] = panel.makefile().readline()
    assert [float(value) for value in found.values()] == pytest.approx([8.4, 8.82, 5.25])
    bench.close()


@pytest.mark.parametrize(
    ("figure", "said"),
    [("beat_seconds = 31.0", "beat_seconds"), ("max_celsius = 91.0", "max_celsius"), ("watchdog_seconds = 6", "watch")],
)
def test_no_station_file_exceeds_the_constants(twin: Twin, tmp_path: Path, figure: str, said: str) -> None:
    text = Path(twin.addresses["station"]).read_text()
    changed = tmp_path / "station.toml"
    changed.write_text(text.replace("beat_seconds = 20.0", figure))
    with pytest.raises(ConfigError, match=rf"guard\.{said}.* isn't plausible: .* to "):
        load_station(changed)


def test_the_guard_believes_no_settings_either(twin: Twin) -> None:
    found = GuardSettings.of(twin.station).as_json() | {"max_celsius": 1e9}
    with pytest.raises(ConfigError, match=r"max_celsius 1000000000\.0: must be from 0 to 90 degC"):
        GuardSettings.from_json(found).require_sane()


@pytest.mark.parametrize("commands", [":OUTP OFF", ":VOLT:PROT 5", ":VOLT 6", ":CURR 0.5"])
def test_an_output_that_is_not_what_was_set_ends_the_energy(twin: Twin, commands: str) -> None:
    bench = energised(twin)
    told(twin, "battery", commands)
    bench.clock.sleep(1.2)
    with pytest.raises(LeaseLost, match=r"battery .* it has tripped, or somebody changed it: see its panel"):
        bench.battery.measure()
    assert not twin.live
    bench.disconnect()


def test_a_unit_that_draws_into_the_limit_is_no_trip(twin: Twin) -> None:
    bench = Bench(twin.station, "a test")
    bench.battery.power_mode()
    bench.battery.set(7.4, 0.005)
    bench.battery.energise(Budget(100.0, 60.0))
    bench.clock.sleep(5.0)
    assert bench.battery.measure()[0] < 7.0
    bench.require_lease()
    bench.close()
