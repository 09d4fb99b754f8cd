"""The simulated VS-1 as the nest holds it: terminals, port, buttons, surroundings."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rig.twin.kernel import Kernel, Timer
from rig.twin.signals import Signal
from rig.twin.unit.board import Board
from rig.twin.unit.contact import Contact
from rig.twin.unit.current import BatteryCurrent, RailCurrent
from rig.twin.unit.debug_port import DebugPort
from rig.twin.unit.defects import afflict
from rig.twin.unit.eeprom import fresh
from rig.twin.unit.firmware.buttons import POWER, TOGGLE_MS, Buttons
from rig.twin.unit.firmware.controller import Controller
from rig.twin.unit.line import LineVolts
from rig.twin.unit.nominal import NOMINAL
from rig.twin.unit.spread import Truth, draw
from rig.twin.unit.supply import Source
from rig.twin.unit.vibration import Acceleration

__all__ = ["Source", "Unit"]

BROWN_NS = 50_000_000  # a shorter loss of power counts as a brown-out
CHARGER_PRESENT_VOLTS = 4.0
VIBRATING_OMEGA = 20.0
_NONE: Mapping[str, float] = MappingProxyType({})


class Unit:
    """One individual: what it is comes from its seed and defects, what it does from the kernel's events."""

    def __init__(
        self,
        kernel: Kernel,
        *,
        seed: int,
        serial: str = "VS1-2026-000001",
        pad: str = "FLAT",
        defects: Mapping[str, float] = _NONE,
        send: Callable[[bytes], None],
    ) -> None:
        """Lie unpowered in the nest.

        `serial` is the label's; `defects` maps catalogue ids to severities; `send` takes debug port bytes to
        the host.
        """
        self._kernel = kernel
        self._seed = seed
        self._send = send
        self.truth: Truth = afflict(draw(seed), defects, seed, serial)
        self._board = Board(kernel, self.truth, seed, self.truth.pad or pad)
        self._contact = Contact(seed, self.truth.dropouts_per_second)
        self._memory = fresh(self.truth, serial, NOMINAL.hardware)
        self._mode = "DEAD"
        self._lost_ns = -BROWN_NS
        self._judging = False
        self._controller: Controller | None = None
        self._port: DebugPort | None = None
        self._buttons: Buttons | None = None
        self._wake_timer: Timer | None = None
        self._board.load_ohm = self.truth.dead_ohm
        self._board.on_volts = self._judge_power
        self.battery_amperes: Signal = BatteryCurrent(self._board, self._contact, seed)
        self.charger_amperes: Signal = RailCurrent(self._board, self._board.rail)

    # ---- wires
    def receive(self, data: bytes) -> None:
        """Debug port bytes from the host."""
        if self._port is not None:
            self._port.receive(data)

    def connect_battery(self, source: Source | None) -> None:
        """What the battery terminals are on from now; None is an open circuit."""
        self._board.advance()
        self._board.battery = source
        self._contact.connect(self._kernel.now_ns, source is not None)
        self._board.settle()

    def connect_charger(self, source: Source | None) -> None:
        """What the USB socket is on from now; None is nothing."""
        live = source if source is not None and source.volts(0.0) > CHARGER_PRESENT_VOLTS else None
        board = self._board
        board.advance()
        before, board.charger = board.charger, live
        if live is None:
            board.charge(0.0)
        board.settle()
        if (before is None) == (live is None):
            return
        if live is not None and self._mode in ("SLEEP", "SHIP"):
            self._boot("WAKE")
        elif self._controller is not None:
            self._controller.charger_changed()

    def set_ntc_line(self, sensor: int, ohm: float | None) -> None:
        """Hang on the line of NTC 1 or 2: its own thermistor (None), or ohms; inf is open, 0 a short."""
        self._board.set_line(sensor, ohm)

    def set_brake(self, on: bool) -> None:
        """The brake on the motor shaft."""
        self._board.brake(on)

    def press(self, button: int, down: bool) -> None:
        """A finger or solenoid on key 1..3."""
        chatter_ns = round(self.truth.chatter_seconds * 1e9)
        self._edge(button, down)
        if down and chatter_ns:
            self._kernel.after(round(0.4 * chatter_ns), lambda: self._edge(button, False))
            self._kernel.after(chatter_ns, lambda: self._edge(button, True))

    def set_wiggle(self, on: bool) -> None:
        """Wiggle the connector."""
        self._contact.wiggle(self._kernel.now_ns, on)

    def set_environment(
        self,
        ambient_celsius: float | None = None,
        contact_newtons: float | None = None,
        blanket: bool | None = None,
        start_celsius: float | None = None,
    ) -> None:
        """Surroundings from now on; what is None stays. A unit never powered takes on the ambient."""
        board = self._board
        board.advance()
        pad = board.pad
        if ambient_celsius is not None:
            pad.ambient = ambient_celsius
            if self._memory.boots == 0 and start_celsius is None:
                pad.start_at(ambient_celsius)
        if contact_newtons is not None:
            board.motor.contact_newtons = contact_newtons
            board.kick()
        if blanket is not None:
            free = self.truth.face_ambient_kelvin_per_watt
            pad.couple(NOMINAL.blanket_kelvin_per_watt if blanket else free)
        if start_celsius is not None:
            pad.start_at(start_celsius)

    def fit_pad(self, name: str) -> None:
        """Another massage pad."""
        self._board.advance()
        self._board.pad.fit(name)
        self._board.settle()

    # ---- what instruments see
    def acceleration(self, axis: str) -> Signal:
        """Acceleration along x, y or z in g, at the accelerometer."""
        return Acceleration(self._board, axis, self._seed)

    def ntc_volts(self, sensor: int) -> Signal:
        """Volts on the line of NTC 1 or 2."""
        return LineVolts(self._board, sensor, self._seed)

    def celsius(self, place: str) -> float:
        """Temperature now of face, plate, handle, motor or ambient."""
        self._board.advance()
        pad = self._board.pad
        places = {
            "face": pad.face,
            "plate": pad.plate,
            "handle": pad.handle,
            "motor": pad.case,
            "ambient": pad.ambient,
        }
        return places[place]

    @property
    def terminal_volts(self) -> float:
        """Volts at the battery terminals now."""
        self._board.advance()
        return self._board.volts if self._board.battery is not None else 0.0

    @property
    def vibrating(self) -> bool:
        """Whether the motor turns."""
        self._board.advance()
        return self._board.motor.omega > VIBRATING_OMEGA

    # ---- power
    def _judge_power(self) -> None:
        """Live or dead, by the volts at the terminals."""
        if self._judging:
            return
        self._judging = True
        volts = self._board.volts
        if self._mode != "DEAD" and volts < NOMINAL.dead_volts:
            self._stop_firmware()
            self._mode = "DEAD"
            self._lost_ns = self._kernel.now_ns
            self._board.charge(0.0)
            self._board.load_ohm = self.truth.dead_ohm
            self._board.draw(0.0)
            self._board.settle()
        elif self._mode == "DEAD" and volts >= NOMINAL.dead_volts and not self.truth.battery_reversed:
            brown = self._memory.boots > 0 and self._kernel.now_ns - self._lost_ns < BROWN_NS
            self._boot("BROWN" if brown else "POWER")
        self._judging = False

    def _boot(self, reason: str) -> None:
        self._stop_firmware()
        self._mode = "ON"
        self._memory.boots += 1
        board = self._board
        board.load_ohm = float("inf")
        board.draw(self.truth.awake_amperes)
        board.settle()
        port = DebugPort(self._kernel, self._send)
        controller = Controller(board, self._memory, self._seed, reason, port.emit, self._turn_off)
        buttons = Buttons(self._kernel, controller)
        port.attach(controller, buttons)
        self._port, self._controller, self._buttons = port, controller, buttons

    def _stop_firmware(self) -> None:
        if self._controller is not None:
            self._controller.die()
        if self._port is not None:
            self._port.close()
        self._controller = self._port = self._buttons = None

    def _turn_off(self, reason: str) -> None:
        """The firmware asked for sleep, ship mode or a reset."""
        if reason not in ("SLEEP", "SHIP"):
            self._boot(reason)
            return
        if self._board.charger is not None:
            self._boot("WAKE")
            return
        self._stop_firmware()
        self._mode = reason
        amperes = self.truth.standby_amperes if reason == "SLEEP" else self.truth.ship_amperes
        self._board.draw(amperes, NOMINAL.settle_amperes, NOMINAL.settle_seconds)
        self._board.settle()

    # ---- keys
    def _edge(self, button: int, down: bool) -> None:
        if self._buttons is not None:
            self._buttons.edge(button, down)
        elif self._mode == "SLEEP" and button == POWER:
            if self._wake_timer is not None:
                self._wake_timer.cancel()
                self._wake_timer = None
            if down:
                self._wake_timer = self._kernel.after(round(TOGGLE_MS * 1e6), self._wake)

    def _wake(self) -> None:
        self._wake_timer = None
        if self._mode == "SLEEP":
            self._boot("WAKE")
