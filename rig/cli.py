"""The `rig` command: parses, calls, prints; no logic. Each command loads what it needs when it is called."""

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import click

from rig.errors import RigError, UsageError
from rig.plain import safe

OK, FAILED, TROUBLE, USAGE = 0, 1, 2, 64

data_option = click.option(
    "--data",
    envvar="RIG_DATA",
    default="rig-data",
    metavar="DIR",
    help="The record; default RIG_DATA, else ./rig-data.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, the rest on stderr.")
station_option = click.option("--station", metavar="FILE", help="Station file; without it, the built-in twin.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="vibrosculpt-rig", message="%(version)s")
def cli() -> None:
    """Test VibroSculpt massagers: one unit at a time, on a bench or on the simulated one.

    Exit status: 0 PASS or ok, 1 FAIL, 2 ERROR, INTERRUPTED or INCOMPLETE, 64 wrong usage.
    """


@cli.command()
@click.argument("serial", required=False)
@click.option("--plan", metavar="NAME", help="Plan to run; default production.")
@station_option
@click.option("--slot", type=int, default=1, help="Slot of the bench, from 1.")
@click.option("--operator", metavar="NAME", help="Who runs it; default the station's.")
@click.option("--pad", help="Pad fitted in the nest; default the product's.")
@click.option("--defect", "defects", multiple=True, metavar="ID[=S]", help="Give the twin's unit a defect.")
@click.option("--seed", type=int, help="Which individual the twin simulates; default the serial's number.")
@click.option("--pace", type=float, metavar="X", help="Bench seconds a wall second; default full speed.")
@data_option
@json_option
def test(serial: str | None, data: str, as_json: bool, **options: Any) -> int:
    """Run one unit through a plan and judge it."""
    from rig.run.command import test_unit
    from rig.run.options import make_options

    with answers(as_json) as answer:
        return test_unit(make_options(serial=serial, data=data, **options), answer)


@cli.command()
@click.argument("serial")
@data_option
@json_option
def show(serial: str, data: str, as_json: bool) -> int:
    """Show a unit's attempts and measurements."""
    from reports.attempts import attempts_of, lines_of

    with answers(as_json) as answer:
        shown = attempts_of(existing(data), serial)
        for line in () if as_json else lines_of(shown):
            click.echo(safe(line))
        answer({"serial": serial, "attempts": shown})
    return OK


@cli.command()
@data_option
@json_option
def verify(data: str, as_json: bool) -> int:
    """Check the journal's chain, the tables made from it, and every stored file."""
    from rig.record import Record

    with answers(as_json) as answer, Record.open(existing(data)) as record:
        found = record.verify()
        state = "whole" if found.ok else f"broken at event {found.broken_at}: {found.reason}"
        click.echo(safe(f"{found.events} events, {found.runs} runs: {state}"), err=as_json)
        answer(
            {
                "ok": found.ok,
                "events": found.events,
                "runs": found.runs,
                "broken_at": found.broken_at,
                "reason": found.reason,
            }
        )
    return OK if found.ok else FAILED


@cli.command()
@station_option
@json_option
def check(station: str | None, as_json: bool) -> int:
    """Check the bench: identity of every instrument, its channels, its calibration date."""
    from rig.run.check import check_bench

    with answers(as_json) as answer:
        report = check_bench(None if station is None else Path(station))
        for line in report.lines():
            click.echo(safe(line), err=as_json)
        answer(report.as_json())
    return OK if report.ok else TROUBLE


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def twin(arguments: tuple[str, ...]) -> None:
    """Serve the simulated unit and bench until end of input (`rig twin --help` for its options).

    The first line of output is a JSON object with the addresses.
    """
    # the same process, so that signals and end of input reach the twin itself
    os.execv(sys.executable, [sys.executable, "-m", "rig.twin", *arguments])  # noqa: S606 - our own module


@cli.command()
@click.argument("port")
@click.argument("command", nargs=-1)
@json_option
def unit(port: str, command: tuple[str, ...], as_json: bool) -> int:
    """Send one command to a unit's debug port (any pyserial URL); without a command, a console."""
    from drivers import unit_port

    with answers(as_json) as answer:
        if not command:
            if as_json:
                raise UsageError("rig unit --json needs a command")
            return unit_port.console(port)
        reply = unit_port.send(port, list(command))
        click.echo(safe(unit_port.spelled(reply)), err=as_json)
        answer(reply)
        return OK if reply["ok"] else FAILED


@cli.command()
@click.argument("serial")
@data_option
@json_option
def report(serial: str, data: str, as_json: bool) -> int:
    """Make a unit's Allure page again, from the record."""
    from reports.allure import build_page

    with answers(as_json) as answer:
        page = build_page(existing(data), serial)
        click.echo(page, err=as_json)
        answer({"report": str(page)})
    return OK


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def prove(arguments: tuple[str, ...]) -> int:
    """Send a virtual lot through the real plan and say what it catches (`rig prove --help`)."""
    from rig.prove import lot

    return lot.main(list(arguments))


def existing(data: str) -> Path:
    """Return the record's directory; raises UsageError where there is no record to read."""
    directory = Path(data).absolute()
    if not directory.is_dir():
        raise UsageError(f"--data {data!r}: no record there; run `rig test` first, or name another directory")
    return directory


@contextlib.contextmanager
def answers(as_json: bool) -> Generator[Callable[[object], None]]:
    """Yield a function for the one JSON object; with --json everything else that is printed goes to stderr.

    File descriptor 1 itself is moved, so that no library and no child can spoil the answer.
    """
    if not as_json:
        yield lambda _answer: None
        return
    given: list[object] = []
    sys.stdout.flush()
    real = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield given.append
    except RigError as error:
        given[:] = [{"ok": False, "error": str(error)}]
        raise
    finally:
        os.dup2(real, 1)
        os.close(real)
        if given:
            sys.stdout.write(json.dumps(given[-1]) + "\n")
            sys.stdout.flush()


def main() -> None:
    """Entry point of the `rig` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(status_of(cli))


def status_of(command: click.Command, arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; whatever goes wrong is one line on stderr."""
    try:
        return int(command.main(arguments, prog_name="rig", standalone_mode=False) or OK)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        click.echo(f"rig: {safe(error.format_message())}", err=True)
        return USAGE
    except UsageError as error:
        complain(error)
        return USAGE
    except RigError as error:
        complain(error)
        return TROUBLE
    except (click.Abort, KeyboardInterrupt):
        click.echo("rig: interrupted", err=True)
        return TROUBLE
    except BrokenPipeError:
        # nobody reads any more; the interpreter must not try again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return TROUBLE
    except Exception as error:
        # a fault of ours must not look like the exit status of a FAIL
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        click.echo(f"rig: internal error: {safe(repr(error))} at {place}; please report it", err=True)
        return TROUBLE


def complain(error: RigError) -> None:
    """Print a named trouble, one line for each of its faults."""
    for line in str(error).splitlines():
        click.echo(f"rig: {safe(line)}", err=True)


if __name__ == "__main__":
    main()
