"""The collection of a plan: everything that is written is run, and its manifest is known before the first stimulus."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from rig.errors import ConfigError, RigError, UsageError
from rig.product.own_plan import FILE
from rig.product.place import BUILT_IN
from rig.run.audience import Audience
from rig.run.chosen import Chosen, Direct
from rig.run.context import RunContext
from rig.run.manifest import Manifest, build_manifest, declaration, hash_sources
from rig.run.sources import depended_on, digests
from rig.run.written import left_out, sources, unfit


def refuse(audience: Audience, error: RigError) -> NoReturn:
    """Tell whoever watches why the run can't begin, and leave pytest."""
    audience.refused(error)
    # whoever was told will tell; otherwise pytest does
    raise pytest.UsageError(*([] if audience.somebody_speaks else str(error).splitlines())) from error


def part_asked_for(config: pytest.Config) -> str:
    """Say by which option the user has asked for a part of the plan, or for another order; empty for the whole."""
    chosen: Any = config.option
    options = (("keyword", "-k"), ("markexpr", "-m"), ("deselect", "--deselect"), ("maxfail", "-x or --maxfail"))
    options += (("lf", "--lf"), ("failedfirst", "--ff"), ("newfirst", "--nf"), ("stepwise", "--sw"))
    options += (("ignore", "--ignore"), ("ignore_glob", "--ignore-glob"))
    given = [name for key, name in options if getattr(chosen, key, None)]
    given += [one.said for one in chosen_parts(config)]
    return ", ".join(given)


def chosen_parts(config: pytest.Config) -> tuple[Chosen, ...]:
    """Return the files and tests that the user has named; none for the whole plan."""
    directs = (plugin for _, plugin in config.pluginmanager.list_name_plugin() if isinstance(plugin, Direct))
    return tuple(one for direct in directs for one in direct.chosen)


class Collection:
    """The hooks that collect a plan, and what they have found."""

    def __init__(self, config: pytest.Config, context: RunContext, audience: Audience) -> None:
        self.manifest: Manifest | None = None
        self.digests: dict[Path, str] = {}
        self._config = config
        self._context = context
        self._audience = audience
        self._part = part_asked_for(config)
        self._collected: dict[str, pytest.Item] = {}
        self._faults: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what couldn't be collected, or leaves itself out: a plan with a hole isn't run."""
        if not report.passed:
            text = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
            lines = text.strip().splitlines()
            self._faults.append(f"{report.nodeid}: {lines[-1] if lines else 'not collected'}")

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Keep every test of the plan, before any conftest can take it out again."""
        self._collected[item.nodeid] = item

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Make the manifest of everything collected, whatever was deselected."""
        options, collected = self._context.options, list(self._collected.values())
        self._faults += [*unfit(collected), *left_out(options.plan_path, collected)]
        if self._faults:
            refuse(self._audience, ConfigError("\n".join(dict.fromkeys(self._faults))))
        files = {item.path for item in collected} | set(sources(options.plan_path))
        rule = options.plan_path / FILE
        files |= {rule} if rule.is_file() else set()
        self.digests = digests([*files, *depended_on(self._config, options, options.product or BUILT_IN)])
        try:
            self.manifest = build_manifest(
                [declaration(item) for item in collected], self._context.product, options.plan, hash_sources(files)
            )
        except ConfigError as error:
            refuse(self._audience, error)
        planned = set(self.manifest.tests)
        chosen = chosen_parts(self._config)
        for one in chosen:
            if not any(one.has(item) for item in collected):
                refuse(self._audience, UsageError(f"{one.said}: no such test in plan {options.plan}"))
        if chosen:
            items[:] = [item for item in items if any(one.has(item) for one in chosen)]
        kept = {item.nodeid for item in items}
        self._context.deselected += [test for test in self.manifest.tests if test not in kept]
        items[:] = [item for item in items if item.nodeid in planned]

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Keep what was left out: the run can't be complete."""
        self._context.deselected += [item.nodeid for item in items]

    def require_whole(self, items: Sequence[pytest.Item]) -> Manifest:
        """Return the manifest if exactly its tests are to be run now, each once, in their order.

        Otherwise, unless the user has asked for a part, the run is refused.
        """
        if self.manifest is None:
            refuse(self._audience, ConfigError(f"plan {self._context.options.plan}: its collection was replaced"))
        planned, now = self.manifest.tests, [item.nodeid for item in items]
        faults = [
            f"{test}: would run {times} times; a unit is tested once"
            for test, times in Counter(now).items()
            if times > 1
        ]
        faults += [f"{test}: isn't a test of the plan, but would run" for test in now if test not in planned]
        if not self._part and not faults:
            faults = [
                f"{test}: taken out of the plan after it was collected, by a conftest"
                for test in planned
                if test not in now
            ]
            if not faults and list(planned) != now:
                faults = [f"{now[0]}: a conftest or plug-in has changed the order of the tests; leave it as written"]
        if faults:
            refuse(self._audience, ConfigError("\n".join(faults)))
        return self.manifest
