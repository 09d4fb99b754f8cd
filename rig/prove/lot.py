"""`rig prove`: a virtual lot through the real plan."""

import json
import secrets
import sys
import time
from pathlib import Path

import click

from rig.errors import UsageError
from rig.product import load_product
from rig.product.own_plan import with_plan
from rig.product.place import BUILT_IN, find_product
from rig.product.serials import first_serial
from rig.prove.catalogue import chosen, load_catalogue
from rig.prove.line import run_units
from rig.prove.report import LotReport, markdown, report_on
from rig.prove.unit import Outcome, VirtualUnit
from rig.run.plans import DEFAULT_PLAN, find_plan

SEEDS = 1_000_000


@click.command("prove")
@click.option("--plan", default=DEFAULT_PLAN, show_default=True, metavar="NAME or PATH", help="The plan to prove.")
@click.option("--product", metavar="NAME or DIR", help="Product definition; default the VS-1's.")
@click.option("--lot", type=click.IntRange(0), default=20, show_default=True, help="Healthy units.")
@click.option("--defect", "defects", multiple=True, metavar="ID[=S]", help="A defect to look for; `all` for every one.")
@click.option("--each", type=click.IntRange(1), default=3, show_default=True, help="Units of each defect.")
@click.option("--seed", type=click.IntRange(0), help="The first unit's seed; drawn and printed when not given.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="Also write the table as Markdown here.")
@click.option("--values", type=click.Path(dir_okay=False, path_type=Path), help="Also write outcomes, as JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.pass_context
def command(
    context: click.Context,
    plan: str,
    product: str | None,
    lot: int,
    defects: tuple[str, ...],
    each: int,
    seed: int | None,
    page: Path | None,
    values: Path | None,
    as_json: bool,
) -> None:
    """Send healthy and defective virtual units through a plan: false fails, escapes, what caught what."""
    definition = None if product is None else find_product(product)
    name, directory = find_plan(plan, definition)
    with_plan(load_product(definition), name, directory)
    catalogue = load_catalogue()
    names = chosen(catalogue, defects)
    first = secrets.randbelow(SEEDS) if seed is None else seed % SEEDS
    serial = first_serial(definition or BUILT_IN)
    units = [VirtualUnit((first + index) % SEEDS, "", serial) for index in range(lot)]
    units += [VirtualUnit((first + index) % SEEDS, name, serial) for name in names for index in range(each)]
    if not units:
        raise UsageError("rig prove: nothing to prove: give --lot of at least 1, or a --defect")
    words = ["rig prove", f"--plan {plan}", f"--lot {lot}", f"--seed {first}"]
    words += [f"--product {product}"] if product is not None else []
    words += [f"--each {each}", *(f"--defect {name}" for name in defects)] if defects else []
    shown = sys.stderr
    print(f"{len(units)} units, seeds {first} to {(first + max(lot, each) - 1) % SEEDS}", file=shown, flush=True)
    started = time.monotonic()
    outcomes: list[Outcome] = []
    if values is not None:
        values.write_text("", encoding="utf-8")
    for outcome in run_units(units, plan, definition):
        outcomes.append(outcome)
        if values is not None:
            with values.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(outcome.as_json()) + "\n")
        _show(outcome, len(outcomes), len(units), time.monotonic() - started)
    # in the order in which they were asked for: whoever ended first says nothing
    place = {(unit.seed, unit.defect): index for index, unit in enumerate(units)}
    outcomes.sort(key=lambda one: place[one.seed, one.defect])
    report = report_on(outcomes, catalogue, time.monotonic() - started)
    table = markdown(report, " ".join(words))
    if page is not None:
        page.write_text(table, encoding="utf-8")
    print(table, file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print(json.dumps({"seed": first, **report.as_json()}))
    context.exit(0 if _good(report) else 1)


def main(arguments: list[str]) -> int:
    """Run the command; returns its exit status."""
    status: object = command.main(arguments, prog_name="rig prove", standalone_mode=False)
    return status if isinstance(status, int) else 0


def _good(report: LotReport) -> bool:
    return not (report.false_fails or report.escapes or report.blamed)


def _show(outcome: Outcome, done: int, all_units: int, seconds: float) -> None:
    left = seconds / done * (all_units - done)
    found = ", ".join(outcome.failed) or "; ".join(outcome.reasons[:1])
    print(
        f"[{done}/{all_units}, {left:.0f} s left] {outcome.seed:06d} {outcome.defect or 'healthy'}: "
        f"{outcome.verdict} {found}",
        file=sys.stderr,
        flush=True,
    )
