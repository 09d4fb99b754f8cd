"""The `rig` command: parses, calls, prints; no logic. Each command loads what it needs when it is called."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import click

from rig.answers import answers
from rig.asked import Commands, record_at, station_file
from rig.errors import RigError, UsageError
from rig.isolation import own_module, require_own_modules
from rig.plain import safe
from rig.streams import install

OK, FAILED, TROUBLE, USAGE = 0, 1, 2, 64
ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))

data_option = click.option(
    "--data",
    envvar="RIG_DATA",
    metavar="DIR",
    help="The record; default RIG_DATA, else the station's, else ./rig-data.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, the rest on stderr.")
product_option = click.option("--product", metavar="NAME or DIR", help="Product definition; default the VS-1's.")
station_option = click.option(
    "--station", callback=station_file, metavar="FILE", help="Station file; without it, the built-in twin."
)
whose_option = click.option("--station", callback=station_file, metavar="FILE", help="Whose record it is.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="vibrosculpt-rig", message="%(version)s")
def cli() -> None:
    """Test VibroSculpt massagers: one unit at a time, on a bench or on the simulated one.

    Exit status: 0 the unit stands passed, or ok; 1 FAIL, or not whole; 2 ERROR, INTERRUPTED or INCOMPLETE; 3 this
    attempt passed, but the unit hasn't (retest needed, blocked, another plan missing); 64 wrong usage.
    """
    require_own_modules()


@cli.command()
@click.argument("serial", required=False)
@click.option("--plan", metavar="NAME or PATH", help="Plan to run, or the directory of one's own; default production.")
@product_option
@station_option
@click.option("--slot", type=int, default=1, help="Slot of the bench, from 1.")
@click.option("--operator", metavar="NAME", help="Who runs it; default the station's.")
@click.option("--pad", help="Pad fitted in the nest; default the product's.")
@click.option("--defect", "defects", multiple=True, metavar="ID[=S]", help="Give the twin's unit a defect.")
@click.option("--seed", type=int, help="Which individual the twin simulates; default the serial's number.")
@click.option("--again", metavar="REASON", help="Why a unit that has passed, or failed for good, is tested again.")
@click.option("--wait-cool", is_flag=True, help="Wait until a warm unit is cool, instead of refusing it.")
@click.option("--pace", type=float, metavar="X", help="Bench seconds a wall second; default full speed.")
@click.option("--acknowledge", metavar="FILE", help="Append a line of JSON for each measurement once it is durable.")
@data_option
@json_option
def test(serial: str | None, data: str | None, as_json: bool, **options: Any) -> int:
    """Run one unit through a plan and judge it.

    Exit status 0 only when the unit stands passed, by all its attempts and every plan that releases it.
    """
    unbegun = {"run": None, "serial": serial, "plan": options["plan"], "verdict": "INTERRUPTED"}
    with answers(as_json, unbegun) as answer:
        from rig.run.command import test_unit
        from rig.run.options import make_options

        return test_unit(make_options(serial=serial, data=data, **options), answer)


@cli.command()
@click.argument("serial", required=False)
@click.option("--budget", metavar="ID", help="Show what the uncertainty of this measurement is made of, line by line.")
@click.option("--critical-path", is_flag=True, help="Show where the latest run's bench time went, test by test.")
@whose_option
@data_option
@json_option
def show(
    serial: str | None, budget: str | None, critical_path: bool, station: str | None, data: str | None, as_json: bool
) -> int:
    """Show a unit's attempts and measurements, the uncertainty budget of one of them, or a run's critical path.

    Without a SERIAL: every unit with its status, and the first-pass yield.
    """
    from reports.views import view

    with answers(as_json) as answer:
        found, lines = view(record_at(data, station), serial, budget, critical_path=critical_path)
        for line in () if as_json else lines:
            click.echo(safe(line))
        answer(found)
    return OK


@cli.command()
@click.argument("serial")
@click.option("--reason", required=True, metavar="TEXT", help="Why it may be tested again.")
@click.option("--by", required=True, metavar="NAME", help="Who decides: an engineer of the station file's [operators].")
@product_option
@station_option
@data_option
@json_option
def disposition(
    serial: str,
    reason: str,
    by: str,
    product: str | None,
    station: str | None,
    data: str | None,
    as_json: bool,
) -> int:
    """Open a unit again that a failed safety measurement has blocked."""
    from rig.product.place import find_product
    from rig.run.disposition import dispose

    with answers(as_json) as answer:
        place = None if station is None else Path(station)
        definition = None if product is None else find_product(product)
        decided = dispose(record_at(data, station), serial, reason=reason, by=by, station=place, product=definition)
        click.echo(safe(f"{serial}: {decided['unit_status']}: {decided['unit_reason']}"), err=as_json)
        answer(decided)
    return OK


@cli.command()
@click.option("--rebuild", is_flag=True, help="Make tables that are missing or differ anew from the journal.")
@click.option(
    "--against",
    multiple=True,
    metavar="FILE",
    help="Signed heads kept elsewhere, to be found in this chain.",
)
@click.option("--heads-to", metavar="FILE", help="Add the chain's signed heads to a file, where all is whole.")
@click.option("--key", "keys", multiple=True, metavar="HEX", help="Public key that may sign besides this user's own.")
@whose_option
@data_option
@json_option
def verify(data: str | None, station: str | None, as_json: bool, **options: Any) -> int:
    """Check the journal's chain and signatures, the tables made from it, and every stored file."""
    from rig.record.audit import verify_record

    with answers(as_json) as answer:
        found = verify_record(record_at(data, station), **options)
        for line in found.lines():
            click.echo(safe(line), err=as_json)
        answer(found.as_json())
    return OK if found.ok else FAILED


@cli.command()
@product_option
@station_option
@click.option("--begin-record", "begin", is_flag=True, help="Begin the station's record, where the bench is ready.")
@json_option
def check(station: str | None, product: str | None, begin: bool, as_json: bool) -> int:
    """Check the bench: identity of every instrument, its channels, its calibration date."""
    from rig.product.place import find_product
    from rig.run.check import check_bench

    with answers(as_json) as answer:
        definition = None if product is None else find_product(product)
        report = check_bench(None if station is None else Path(station), definition, begin=begin)
        for line in report.lines():
            click.echo(safe(line), err=as_json)
        answer(report.as_json())
    return OK if report.ok else TROUBLE


@cli.command()
@click.argument("sensor", type=click.Choice(["accelerometer", "thermocouples"]))
@station_option
@click.option("--certificate", metavar="NUMBER", help="Of the new entry; default IN-HOUSE and the day.")
@json_option
def calibrate(sensor: str, station: str | None, certificate: str | None, as_json: bool) -> int:
    """Calibrate a sensor of the bench against the station's reference, and write the new entry into its file."""
    from importlib import import_module

    procedure = import_module(f"rig.calibrate.{sensor}")
    with answers(as_json) as answer:
        session, found = procedure.calibrate(None if station is None else Path(station), certificate)
        for line in session.lines(found):
            click.echo(safe(line), err=as_json)
        answer(session.answer(found))
    return OK


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def twin(arguments: tuple[str, ...]) -> None:
    """Serve the simulated unit and bench until end of input (`rig twin --help` for its options).

    The first line of output is a JSON object with the addresses.
    """
    # the same process, so that signals and end of input reach the twin itself
    os.execv(sys.executable, own_module("rig.twin", *arguments))  # noqa: S606 - our own module


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
        return OK if reply["ok"] else TROUBLE  # a refusal is nobody's FAIL


@cli.command()
@click.argument("serial")
@click.option("--output", metavar="DIR", help="Where the page goes; default below the record.")
@whose_option
@data_option
@json_option
def report(serial: str, output: str | None, station: str | None, data: str | None, as_json: bool) -> int:
    """Make a unit's Allure page again, from the record."""
    from reports.allure import build_page

    with answers(as_json) as answer:
        page = build_page(record_at(data, station), serial, None if output is None else Path(output))
        click.echo(page, err=as_json)
        answer({"report": str(page)})
    return OK


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def prove(arguments: tuple[str, ...]) -> int:
    """Send a virtual lot through the real plan and say what it catches (`rig prove --help`)."""
    from rig.prove import lot

    return lot.main(list(arguments))


def terminated(number: int, frame: FrameType | None) -> None:
    """Make SIGTERM and a closed terminal what Ctrl-C is, an orderly end; once, so that it isn't cut short itself."""
    for one in ENDING:
        signal.signal(one, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    """Entry point of the `rig` command."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` asks
            signal.signal(number, terminated)
    install()
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
    except Exception as error:
        # a fault of ours must not look like the exit status of a FAIL
        import traceback

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
