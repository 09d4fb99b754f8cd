"""The start of a run: options checked, product loaded, twin started, hooks registered."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from rig.durable import make_directories
from rig.errors import ConfigError, RecordError, RigError, UsageError
from rig.isolation import require_own_modules
from rig.record.recovery import RESULTS, RESULTS_PREFIX
from rig.run.acknowledgements import Acknowledgements
from rig.run.audience import Audience
from rig.run.body import Body
from rig.run.collection import Collection, part_asked_for, refuse
from rig.run.context import RUN, RunContext
from rig.run.life_cycle import LifeCycle
from rig.run.observer import Observer
from rig.run.options import RunOptions, make_options, mended
from rig.run.place import require_place
from rig.run.plans import directory_of
from rig.run.prepare import Prepared, product_of, twin_of
from rig.run.strangers import strangers

PARTS = ("rig-collection", "rig-body", "rig-life-cycle")


def start(config: pytest.Config) -> None:
    """Prepare a run as pytest's options say; its manifest and record come with the collection."""
    plugins = [plugin for _, plugin in config.pluginmanager.list_name_plugin()]
    audience = _audience(config)
    try:
        if getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"):
            raise UsageError("-n: a unit is tested by one process; leave it out")
        require_own_modules()
        options = options_of(config)
        part = part_asked_for(config)
        if part:
            options = options.as_trial(f"a part of plan {options.plan} ({part}); run all of it to judge the unit")
        prepared = next((plugin for plugin in plugins if isinstance(plugin, Prepared)), None)
        product = prepared.product if prepared is not None else product_of(options)
        options = mended(options, product.serial_pattern, product.first_serial)
        results = Path()
        twin = None
        acknowledgements = None if options.acknowledge is None else Acknowledgements(options.acknowledge)
        if not config.getoption("--collect-only"):
            require_place(options)
            results = _results(config, options.data)
            if options.station is None:
                twin = prepared.twin if prepared is not None else twin_of(options)
    except RigError as error:
        refuse(audience, error)
    if results != Path() and hasattr(config.option, "allure_report_dir"):
        from rig.run.allure_notes import AllureNotes

        notes = AllureNotes(product, audience.drop)
        config.pluginmanager.register(notes, "rig-allure-notes")
        audience.add(notes)
    if config.pluginmanager.hasplugin("terminal"):
        from rig.run.terminal import TerminalVerdict

        audience.add(TerminalVerdict(config.pluginmanager))
    context = RunContext(options, product, twin, audience, prepared.guard if prepared is not None else None)
    config.stash[RUN] = context
    collection = Collection(config, context, audience)
    parts = collection, Body(), LifeCycle(config, context, collection, audience, results, acknowledgements)
    for name, part in zip(PARTS, parts, strict=True):
        config.pluginmanager.register(part, name)


def require_life_cycle(config: pytest.Config) -> None:
    """Let nothing be tested without the hooks that record and judge it."""
    for name in PARTS:
        if not config.pluginmanager.hasplugin(name):
            what = "taken away by an option or a conftest; leave it in, nothing is judged without it"
            refuse(_audience(config), ConfigError(f"plug-in {name}: {what}"))
    others = strangers(config, config.stash[RUN].options.plan_path)
    if others:
        what = "a plan is run without plug-ins of others: leave out -p, or the conftest's pytest_plugins"
        refuse(_audience(config), UsageError(f"plug-in {', '.join(others)}: {what}"))


def _audience(config: pytest.Config) -> Audience:
    return Audience(plugin for _, plugin in config.pluginmanager.list_name_plugin() if isinstance(plugin, Observer))


def options_of(config: pytest.Config) -> RunOptions:
    """Read pytest's options; a plan given as a path is named by its directory. Raises UsageError."""
    chosen: Any = config.option
    places = {Path(argument.partition("::")[0]).absolute() for argument in config.args}
    directories = {directory_of(place) for place in places}
    plan_path: Path | None = None
    if config.args_source is not pytest.Config.ArgsSource.ARGS and chosen.plan is not None:
        pass  # nobody asked for the directories that pytest looks into by itself
    elif len(directories) == 1:
        plan_path = directories.pop()
    elif chosen.plan is None:
        raise UsageError("one plan at a time: " + ", ".join(sorted(path.name for path in directories)))
    return make_options(
        serial=chosen.serial,
        plan=chosen.plan,
        plan_path=plan_path,
        data=os.environ.get("RIG_DATA") or None if chosen.data is None else chosen.data,
        station=chosen.station,
        slot=chosen.slot,
        operator=chosen.operator,
        pad=chosen.pad,
        seed=chosen.seed,
        pace=chosen.pace,
        defects=tuple(dict.fromkeys(chosen.defect)),
        product=chosen.product,
        acknowledge=chosen.acknowledge,
        again=chosen.again,
        wait_cool=chosen.wait_cool,
    )


def _results(config: pytest.Config, data: Path) -> Path:
    """Make the directory for the reporter's files, and send Allure there unless it was told otherwise."""
    chosen: str | None = config.getoption("allure_report_dir", None)
    if chosen:
        return Path(chosen)
    try:
        parent = data / RESULTS
        make_directories(parent)
        results = Path(tempfile.mkdtemp(prefix=RESULTS_PREFIX, dir=parent))
    except OSError as error:
        raise RecordError(f"record {data}: {error.strerror}; make it writable, or name another with --data") from error
    if hasattr(config.option, "allure_report_dir"):
        config.option.allure_report_dir = str(results)
    return results
