"""A person at a unit's debug port: one command, or a console with time stamps and decoded events."""

import math
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from drivers.debug_port import DebugPort, SeenEvent
from drivers.serial_line import SerialLine
from rig.clock import WallClock
from rig.errors import ConnectionLost, NoReply, Rebooted, Refused, UnitError, UsageError

BAUD = 115200
LEAVE = ("quit", "exit")
LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 2.0  # a person wants to know what became of a command, not when
UNITS = {
    **dict.fromkeys(("i_m", "i_h"), "A"),
    **dict.fromkeys(("ntc1", "ntc2", "ntc3", "ntc4"), "C"),
    **dict.fromkeys(("t_ms", "up_ms", "coast_ms", "ms"), "ms"),
    **dict.fromkeys(("rpm", "start_rpm"), "rpm"),
    "vbat": "V",
}

Show = Callable[[str, str], None]  # text, style


def send(url: str, words: Sequence[str]) -> dict[str, Any]:
    """Send one command and return `seq`, `ok`, `late` and either `reply` (the fields) or `error`, `number`, `name`.

    Raises NoReply, Rebooted, ConnectionLost, UsageError (the command can't be sent).
    """
    line = SerialLine(url, BAUD, WallClock())
    try:
        return _exchange(_port(line), " ".join(words))
    finally:
        line.close()


def spelled(answer: Mapping[str, Any]) -> str:
    """Spell what `send` returned, for people: fields with their units."""
    said = " ".join(("OK", _fields(answer["reply"]))).strip() if answer["ok"] else str(answer["error"])
    return f"{said} (the reply came late: check cable and adapter)" if answer["late"] else said


def console(url: str, ask: Callable[[str], str] = input, show: Show | None = None) -> int:
    """Let a person type commands until end of input, Ctrl-C, `quit` or `exit`; returns the exit status 0.

    `ask` reads one line and raises EOFError at the end. Raises ConnectionLost when the port stays lost.
    """
    line = SerialLine(url, BAUD, WallClock())
    show = show or _printer()
    port = _port(line)
    turn = threading.Lock()
    leaving = threading.Event()
    watcher = threading.Thread(target=_watch, args=(port, turn, leaving, show), name="events", daemon=True)
    watcher.start()
    show(f"{url}: type a command, for example STAT?; Ctrl-D leaves", "dim")
    try:
        while (command := ask("> ").strip()) not in LEAVE:
            if command:
                with turn:
                    _type(port, command, show)
    except (EOFError, KeyboardInterrupt):
        show("", "")
    finally:
        leaving.set()
        watcher.join(timeout=2 * LOOK_SECONDS)
        line.close()
    return 0


def _port(line: SerialLine) -> DebugPort:
    """A port for a person, who measures nothing: a late reply is told, but is a reply."""
    return DebugPort(line, prompt_seconds=math.inf, patience_seconds=PATIENCE_SECONDS)


def _exchange(port: DebugPort, command: str) -> dict[str, Any]:
    try:
        fields = port.send(command)
    except Refused as refusal:
        error = f"ERR {refusal.number} {refusal.name}"
        return {
            "seq": port.sequence,
            "ok": False,
            "late": port.late,
            "error": error,
            "number": refusal.number,
            "name": refusal.name,
        }
    except NoReply as silence:
        if command.endswith("?"):
            raise
        raise NoReply(f"{silence}; it isn't known whether the unit carried it out: ask STAT?") from silence
    return {"seq": port.sequence, "ok": True, "late": port.late, "reply": dict(fields)}


def _type(port: DebugPort, command: str, show: Show) -> None:
    try:
        answer = _exchange(port, command)
    except (UnitError, UsageError) as error:
        show(f"{_stamp()}   {error}", "bold red")
    except ConnectionLost as error:
        show(f"{_stamp()}   {error}", "bold red")
        port.reopen()
        show(f"{_stamp()}   opened again; {_since(port)}", "yellow")
    else:
        show(f"{_stamp()} < {spelled(answer)}", "green" if answer["ok"] else "red")


def _since(port: DebugPort) -> str:
    """Ask for what may have been missed while the port was closed, and say it."""
    try:
        running = int(port.send("STAT?")["up_ms"]) / 1000.0
    except Rebooted as error:
        return str(error)
    except (UnitError, ConnectionLost, KeyError, ValueError) as error:
        return f"events may have been missed, and the unit doesn't say since when it runs: {error}"
    return f"events may have been missed; the unit has been running for {running:.1f} s"


def _watch(port: DebugPort, turn: threading.Lock, leaving: threading.Event, show: Show) -> None:
    seen = -1
    while not leaving.is_set():
        before = seen
        port.clock.wait_until(lambda: port.line.received_bytes != before, LOOK_SECONDS)  # noqa: B023
        seen = port.line.received_bytes
        try:
            with turn:
                events = port.take_events()
        except UnitError as error:
            show(f"{_stamp()}   {error}", "bold red")
        except ConnectionLost:
            leaving.wait(LOOK_SECONDS)  # the next command says so, and opens the port again
        else:
            for event in events:
                show(f"{_stamp()} # {_spelled_event(event)}", "cyan" if event.kind != "FAULT" else "bold red")


def _spelled_event(event: SeenEvent) -> str:
    return f"{event.kind} {_fields(event.fields)} (at {event.unit_seconds:.3f} s)"


def _fields(fields: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}{_unit(key)}" for key, value in fields.items())


def _unit(key: str) -> str:
    return f" {UNITS[key]}" if key in UNITS else ""


def _stamp() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")[11:23]


def _printer() -> Show:
    if not sys.stdout.isatty():
        return lambda text, style: print(text, flush=True)
    from rich.console import Console

    screen = Console(highlight=False)
    return lambda text, style: screen.print(text, style=style or None, markup=False, soft_wrap=True)
