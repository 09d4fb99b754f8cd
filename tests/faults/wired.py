"""A twin behind the fault proxy."""

from drivers.k8090 import BAUD as RELAY_BAUD
from drivers.k8090 import RelayBoard
from drivers.massager import Massager
from drivers.scpi import ScpiSession
from drivers.serial_line import SerialLine
from rig.bench_clock import BenchClock
from tests.doors import asked
from tests.faults.proxy import Proxy

PATIENCE_SECONDS = 0.25  # for a reply of an instrument, wall time


class Wired:
    """A twin behind the proxy, and how to get a driver that is connected soundly."""

    def __init__(self, at: dict[str, str], proxy: Proxy) -> None:
        self.at = at
        self.proxy = proxy
        self.clock = BenchClock(proxy.addresses["clock"], at["token"])
        self.line: SerialLine | None = None

    def session(self, role: str, model: str) -> ScpiSession:
        return ScpiSession(
            self.proxy.addresses[role], self.clock, role=role, model=model, timeout_seconds=PATIENCE_SECONDS
        )

    def serial(self, role: str, baud: int) -> SerialLine:
        self.line = SerialLine(self.proxy.addresses[role], baud, self.clock, role=role)
        return self.line

    def control(self, **request: object) -> dict[str, object]:
        return asked(self.at, request)

    def relays(self) -> RelayBoard:
        return RelayBoard(self.serial("fault_box", RELAY_BAUD), self.clock)

    def unit(self) -> Massager:
        driver = Massager(self.serial("unit", 115200), self.clock, "VS1FACTORY")
        driver.unlock()
        return driver
