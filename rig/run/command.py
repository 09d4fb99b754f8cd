"""`rig test`: the twin started early, pytest in a process of its own with nothing but what a run needs."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from rig.bench.guard.process import GuardProcess
from rig.errors import ConfigError, RigError, UsageError
from rig.measure import Verdict
from rig.plain import safe
from rig.product import Product
from rig.run.finish import exit_status
from rig.run.observer import Observer, Summary
from rig.run.options import RunOptions, mended
from rig.run.own_process import Tell, can_fork, in_own_process
from rig.run.prepare import Prepared, product_of, twin_of
from rig.run.progress import Progress

CONFIGURATION = Path(__file__).with_name("pytest.ini")
PLUGINS = ("allure_pytest.plugin", "rig.run.plugin", "reports.allure_hooks")
DEAF_TO = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")  # a unit is tested as its command says
HOOK = "pytest_"  # how pytest knows them
INTERRUPTED = 2  # pytest's own
# pytest looks through each of its plug-ins at the start of a session, and some take part in every test
UNUSED = (
    *("cacheprovider", "faulthandler", "junitxml", "pastebin", "doctest", "terminal", "terminalprogress"),
    *("debugging", "legacypath", "logging", "pytester_assertions", "recwarn", "setuponly", "setupplan", "stepwise"),
    *("subtests", "unittest", "warnings"),
    *("unraisableexception", "threadexception"),  # they search the whole heap for garbage, five times
)


def run(
    options: RunOptions,
    observers: Sequence[object],
    *,
    early_guard: bool = True,
    product: Product | None = None,
    line: Sequence[str] | None = None,
) -> int:
    """Run a plan and return pytest's exit status; observers see what happens.

    A guard that is started early saves the time of its imports; a product loaded before (`product_of`), that of its
    files. `line` is pytest's command line where it isn't `arguments`. 0, 1 and 2 are the run's own;
    4 says that it couldn't begin.
    """
    if product is None:
        product = product_of(options)
    options = mended(options, product.serial_pattern, product.first_serial)  # nothing is started for a wrong serial
    twin = twin_of(options) if options.station is None else None
    guard = GuardProcess() if early_guard else None
    try:
        # while the twin boots
        import pytest

        # as modules: by name, pytest would look through every installed distribution for each of them
        modules = [*map(import_module, PLUGINS), gathered_fixtures()]
        for name in DEAF_TO:
            os.environ.pop(name, None)
        gc.freeze()  # what is imported stays: looking through it for garbage again and again costs a fifth of a run
        asked = arguments(options) if line is None else list(line)
        return int(pytest.main(asked, plugins=[*modules, *observers, Prepared(product, twin, guard)]))
    finally:
        if guard is not None:
            guard.close()
        if twin is not None:
            twin.close()


def arguments(options: RunOptions, shown: Sequence[str] = ()) -> list[str]:
    """Return pytest's command line for a run; `shown` names plug-ins of pytest's own that show it."""
    given: list[tuple[str, object]] = [
        ("--serial", options.scanned or options.serial),
        ("--plan", options.plan),
        ("--data", options.data),
        ("--slot", options.slot),
        ("--station", options.station),
        ("--operator", options.operator),
        ("--pad", options.pad),
        ("--product", options.product),
        ("--acknowledge", options.acknowledge),
        ("--again", options.again),
    ]
    if options.station is None:
        given += [("--seed", options.seed), ("--pace", options.pace)]
        given += [("--defect", defect) for defect in options.defects]
    line = ["-c", str(CONFIGURATION), "--rootdir", str(options.plan_path.parent.parent)]
    # plans measure instead of asserting: nothing to rewrite
    line += ["--disable-plugin-autoload", "--capture=sys", "--assert=plain"]
    for name in UNUSED:
        line += [] if name in shown else ["-p", f"no:{name}"]
    line += [f"{name}={value}" for name, value in given if value is not None]
    line += ["--wait-cool"] if options.wait_cool else []
    return [*line, str(options.plan_path)]


def gathered_fixtures() -> ModuleType:
    """Return every fixture and hook in one plug-in, since no conftest names their modules where the rig is installed.

    One that holds nothing else: pytest would look at every name in each of the modules.
    """
    import pytest

    kind = type(pytest.fixture(lambda: None))
    gathered = ModuleType("gathered fixtures")
    for name in fixture_modules():
        found = vars(import_module(name)).items()
        vars(gathered).update({name: value for name, value in found if type(value) is kind or name.startswith(HOOK)})
    return gathered


def fixture_modules() -> list[str]:
    """Name every module of fixtures."""
    spec = find_spec("fixtures")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return [f"fixtures.{module.name}" for module in iter_modules(places)]


class Watcher(Observer):
    """Keeps what the command has to answer."""

    speaks = True

    def __init__(self) -> None:
        self.summary: Summary | None = None
        self.refusal: RigError | None = None

    def refused(self, message: str, *, usage: bool) -> None:
        """Keep why the run couldn't begin."""
        self.refusal = UsageError(message) if usage else ConfigError(message)

    def ended(self, summary: Summary) -> None:
        """Keep the finished run."""
        self.summary = summary


def test_unit(options: RunOptions, answer: Callable[[object], None]) -> int:
    """Run a unit in a process of its own, show it, build its page; returns the exit status of the command.

    Raises UsageError or ConfigError when the run couldn't begin, or left no judgement; KeyboardInterrupt when it was
    stopped before. Stopped after its verdict, while the page is made, the verdict stands as it is recorded, without a
    page.
    """
    if can_fork():
        status, found = in_own_process(lambda tell: _tested(options, tell), f"plan {options.plan}")
    else:
        told: list[tuple[int, Mapping[str, object]]] = []
        _tested(options, lambda status, found: told.append((status, found)))
        status, found = told[-1]
    answer(found)
    return status


def _tested(options: RunOptions, tell: Tell) -> None:
    """Run the unit and tell status and answer as soon as it is judged, and again with its page."""
    watcher, progress = Watcher(), Progress(sys.stdout)
    progress.opening(options.serial)
    status = run(options, [progress, watcher])
    if watcher.refusal is not None:
        raise watcher.refusal
    summary = watcher.summary
    if summary is None and status == INTERRUPTED:
        raise KeyboardInterrupt  # before the run began: whoever called says so
    if summary is None:
        what = f"pytest ended with status {status} before a run began or was judged"
        raise ConfigError(f"plan {options.plan}: {what}; see its messages and the plan's conftests")
    status = exit_status(summary)  # whatever pytest itself came to after that
    found = _found(summary)
    tell(status, found)
    if sys.stdout.isatty() and sys.stdout is not sys.stderr:  # with --json, stdout is for the answer
        _page_later(summary)  # whoever stands at the terminal scans the next unit meanwhile
        return
    try:
        tell(status, found | {"report": _page(summary)})
    except KeyboardInterrupt:
        left = f"interrupted while its page was made; `{_again(summary)}` makes it"
        print(safe(left))
        tell(INTERRUPTED, found | {"report": None, "interrupted": left})


def _found(summary: Summary) -> dict[str, object]:
    return {
        "run": summary.run_id,
        "serial": summary.serial,
        "plan": summary.plan,
        "verdict": str(summary.verdict),
        "attempt": summary.attempt,
        "measurements": len(summary.measurements),
        "failed": [one.expected.id for one in summary.measurements if one.decision.verdict is not Verdict.PASS],
        "reasons": list(summary.reasons),
        "report": None,
        "unit_status": None if summary.unit is None else str(summary.unit.standing),
        "unit_reason": None if summary.unit is None else summary.unit.reason,
        "simulated": summary.simulated,
        "trial": summary.trial,
        "data": str(summary.record),
        "wall_s": round(summary.wall_s, 3),
        "bench_s": round(summary.bench_s, 6),
        "fsync_s": round(summary.fsync_s, 6),
    }


def build_page(data: Path, serial: str) -> Path:
    """Make the page; here, so that its heavy imports come after the verdict."""
    from reports.allure import build_page as build

    return build(data, serial)


def _again(summary: Summary) -> str:
    place = f" --data {summary.record}" if summary.trial is not None else ""
    return f"rig report {summary.serial}{place}"


def _page_later(summary: Summary) -> None:
    """Say where the unit's page is going to be, and let a process of its own make it."""
    from reports.files import page_path

    print(f"page, in a few seconds: {safe(str(page_path(summary.record, summary.serial)))}")
    command = [sys.executable, "-I", "-m", "rig.cli", "report", summary.serial, "--data", str(summary.record)]
    subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C at the terminal is for the next unit
    )


def _page(summary: Summary) -> str | None:
    """Build the unit's page; without one the verdict stands all the same."""
    try:
        page = str(build_page(summary.record, summary.serial))
    except Exception as error:  # a page decides nothing, whatever is wrong with it
        print(safe(f"no page yet: {error}; `{_again(summary)}` makes it later"))
        return None
    print(page)
    return page
