"""`python -m rig.twin`: one simulated unit on one simulated bench, served until end of input or SIGTERM."""

import argparse
import datetime
import json
import math
import os
import secrets
import selectors
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from rig.twin.control import Control
from rig.twin.kernel import Kernel
from rig.twin.links import Instrument, PrivateLink, TcpLink
from rig.twin.port import DebugPort
from rig.twin.serial_links import PtyLink, SerialLink, SocketSerialLink
from rig.twin.server import Server
from rig.twin.station_file import station_toml

SCPI_ROLES = ("vibration", "current", "temperature", "battery", "charger")
SERIAL_ROLES = ("fault_box", "power_box", "scale", "unit")
HOT_CELSIUS = 38.0  # `ambient_hot`
POWER_UP_NS = 10_000_000  # after the supplies have settled in their reset state


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and the contract's exit status for a wrong call."""
        self.exit(64, f"rig twin: {message}\n")


def parse_defect(text: str) -> tuple[str, float]:
    """`ID` or `ID=SEVERITY`, severity 0..2."""
    from rig.twin.unit.defects import CATALOGUE

    name, _, severity_text = text.partition("=")
    if name not in CATALOGUE:
        raise argparse.ArgumentTypeError(f"unknown defect {name!r}; known: {', '.join(CATALOGUE)}")
    try:
        severity = float(severity_text or "1")
    except ValueError:
        severity = math.nan
    if not 0.0 <= severity <= 2.0:
        raise argparse.ArgumentTypeError(f"severity of {name} must be 0..2, not {severity_text!r}")
    return name, severity


def parse_pace(text: str) -> float:
    """A positive number, or 0 for as fast as it can be computed."""
    try:
        pace = float(text)
    except ValueError:
        pace = math.nan
    if not 0.0 <= pace < math.inf:
        raise argparse.ArgumentTypeError(f"pace must be a number of bench seconds a wall second, not {text!r}")
    return pace


def main(arguments: list[str] | None = None) -> int:
    """Serve one twin; the first line on standard output is a JSON object with the addresses."""
    parser = _Parser(prog="rig twin", description=__doc__)
    parser.add_argument("--serial", default="VS1-2026-000001", help="the unit's serial")
    parser.add_argument("--seed", type=int, default=1, help="which individual, and which noise")
    parser.add_argument("--pad", default="FLAT", help="the pad fitted in the nest")
    parser.add_argument("--defect", action="append", type=parse_defect, default=[], metavar="ID[=S]")
    parser.add_argument("--ambient", type=float, default=23.0, metavar="CELSIUS")
    parser.add_argument(
        "--pace",
        type=parse_pace,
        default=1.0,
        metavar="X",
        help="bench seconds a wall second; 0: as fast as it goes",
    )
    parser.add_argument("--driven", action="store_true", help="bench time stands while nobody who takes part waits")
    parser.add_argument("--powered", action="store_true", help="the battery on from the start, for a console")
    parser.add_argument("--links", choices=("pty", "socket"), default="pty" if hasattr(os, "openpty") else "socket")
    parser.add_argument("--catalogue", action="store_true", help="print the defect catalogue as JSON and leave")
    parser.add_argument("--nursery", action="store_true", help="serve many twins, asked for on standard input")
    options = parser.parse_args(arguments)
    if options.nursery:
        return _nursery()
    if options.catalogue:
        print(json.dumps(_catalogue()))
        return 0
    directory = Path(tempfile.mkdtemp(prefix="vibrosculpt-twin-"))
    try:
        _serve(options, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _nursery() -> int:
    import gc
    from importlib import import_module

    from rig.twin.nursery import Nursery

    for name in ("rig.twin.bench", "rig.twin.wiring", "rig.twin.station_file"):
        import_module(name)  # loaded once, for every twin that is forked
    gc.freeze()
    return Nursery(lambda arguments: main(list(arguments))).run()


def _catalogue() -> list[dict[str, object]]:
    from rig.twin.unit.defects import CATALOGUE

    return [
        {
            "id": one.id,
            "class": one.kind,
            "where": one.where,
            "caught_by": list(one.caught_by),
            "text": one.text,
        }
        for one in CATALOGUE.values()
    ]


def _serve(options: argparse.Namespace, directory: Path) -> None:
    # numpy comes with these: only who serves pays for it
    from rig.twin.bench import simulated_bench
    from rig.twin.instruments.k8090 import K8090
    from rig.twin.unit.unit import Unit
    from rig.twin.wiring import Nest

    kernel = Kernel()
    server = Server(kernel, options.pace or None, lone=not options.driven)
    defects = dict(options.defect)
    port = DebugPort()
    unit = Unit(
        kernel,
        seed=options.seed,
        serial=options.serial,
        pad=options.pad,
        defects=defects,
        send=port.send,
    )
    port.receiver = unit.receive
    nest = Nest(kernel, unit, options.seed, defects)
    ambient = HOT_CELSIUS if defects.get("ambient_hot", 0.0) else options.ambient
    unit.set_environment(ambient_celsius=ambient, start_celsius=ambient)
    if options.powered:
        kernel.after(POWER_UP_NS, nest.power_up)
    instruments: dict[str, Instrument] = {
        **simulated_bench(kernel, nest, options.seed, defects),
        "unit": port,
    }
    tcp = {role: TcpLink(server, instruments[role]) for role in SCPI_ROLES}
    serial: dict[str, SerialLink] = {}
    for role in SERIAL_ROLES:
        if options.links == "pty":
            serial[role] = PtyLink(server, instruments[role], directory / role)
        else:
            serial[role] = SocketSerialLink(server, instruments[role])
    token = secrets.token_urlsafe(32)
    boards = [board for board in instruments.values() if isinstance(board, K8090)]
    clock = PrivateLink(server, server.keeper, token)
    control = PrivateLink(server, Control(nest, port, boards, server.follow_wall), token)
    server.keeper.serve(tcp.values(), serial.values())
    addresses = {role: f"TCPIP0::127.0.0.1::{link.port}::SOCKET" for role, link in tcp.items()}
    addresses |= {role: link.endpoint for role, link in serial.items()}
    addresses |= {"clock": f"127.0.0.1:{clock.port}", "control": f"127.0.0.1:{control.port}", "token": token}
    station = directory / "station.toml"
    today = datetime.datetime.now(datetime.UTC).date()  # calibration dates are wall dates, never bench time
    station.write_text(station_toml(addresses, nest.emulator, today), encoding="utf-8")
    addresses["station"] = str(station)
    signals = _leave_on_end(server)
    print(json.dumps(addresses), flush=True)
    server.run()
    for link in (*tcp.values(), *serial.values(), clock, control):
        link.close()
    signal.set_wakeup_fd(-1)
    for end in signals:
        end.close()


def _leave_on_end(server: Server) -> tuple[socket.socket, socket.socket]:
    """Stop at end of input, at a signal or when the terminal is closed; the sockets that wake the loop stay open."""
    wake_end, signal_end = socket.socketpair()
    signal_end.setblocking(False)
    signal.set_wakeup_fd(signal_end.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        signal.signal(number, lambda _number, _frame: server.stop())

    def woken(_events: int) -> None:
        wake_end.recv(64)

    def input_moved(_events: int) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            server.stop()

    server.watch(wake_end, selectors.EVENT_READ, woken)
    try:
        server.watch(sys.stdin.fileno(), selectors.EVENT_READ, input_moved)
    except (PermissionError, ValueError, OSError):
        server.stop()  # a file or /dev/null as input: it has ended already
    return wake_end, signal_end


if __name__ == "__main__":
    sys.exit(main())
